"""The selection of the only response of a patient is the one that the search makes, and so is the order of several."""

from collections.abc import Iterator
from random import Random

import pytest

from service.fhir.results.submission import SourceResponse
from service.issues import Rejected
from service.ports.responses import PatientHistory
from service.screening.rules.response_selection import lead_of, select
from service.usecases.responses.assess import in_order, select_responses
from service.usecases.responses.prepare import check_submission
from service.usecases.responses.sources import ResponsePool, as_dated
from tests.support.building import NOW, context
from tests.support.generated.generating import random_submission

TEST = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]}
DATES = ("1900-01-01", "1999-12", "2026", "2026-11-21T09:00:00+14:00", "2026-11-22T11:59:59.999Z", None)
STATUSES = ("completed", "amended", "stopped", "in-progress")


def random_sources(random: Random) -> Iterator[SourceResponse]:
    """The responses of one patient, of any status and date, some of them tests."""
    for place, resource in enumerate(random_submission(random)[0]):
        made = {**resource, "id": f"r{place}", "status": random.choice(STATUSES), "authored": random.choice(DATES)}
        made = {name: value for name, value in made.items() if value is not None}
        try:
            yield check_submission(made | ({"meta": TEST} if random.random() < 0.3 else {}), context(), NOW)[0]
        except Rejected:
            continue


@pytest.mark.parametrize("seed", range(60))
def test_a_response_alone_is_selected_as_by_the_search(seed: int) -> None:
    for source in random_sources(Random(seed)):
        if not source.is_unfinished:
            pool = ResponsePool([source], None, context())
            searched = select([as_dated(source)], [], context().knowledge.rules.instruments, pool.state_of)
            assert select_responses([source], PatientHistory(), pool) == searched


@pytest.mark.parametrize("seed", range(60))
def test_the_last_response_in_order_is_the_lead(seed: int) -> None:
    sources = list(random_sources(Random(seed)))
    if sources:
        assert in_order(sources)[-1].id == lead_of([as_dated(source) for source in sources]).id
