"""A printed reason is an answer that the person gave; none is a blank, "None of these" or "No" (EX-75)."""

from collections.abc import Iterator
from random import Random

import pytest

from service.fhir.results.submission import Submission
from service.screening.rules.case import Reason
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import check_submission
from tests.support.building import NOW, context
from tests.support.generated.generating import random_submission

# The one "No" that raises a level: whether the person can stay safe is always said (knowledge 11.2).
SAID_ALWAYS = {"safe-now"}


def acts(seeds: range) -> Iterator[Submission]:
    for seed in seeds:
        resources, age = random_submission(Random(seed))
        parts = [check_submission(resource, context(), NOW)[0] for resource in resources]
        birth = None if age is None else f"{NOW.year - age}-01-01"
        yield assess_submission(parts, context(), NOW, birth_date=birth)


def reasons_of(act: Submission) -> Iterator[Reason]:
    for item in act.assessment.patterns.reported:
        yield from item.gate_reasons
        for entry in item.evidence:
            yield from entry.reasons
    for judged in act.assessment.responses.values():
        for flag in judged.flags.raised:
            yield from flag.reasons


def faults_of(reason: Reason, act: Submission) -> Iterator[str]:
    """What is wrong with an answer as a reason."""
    sheets = [source.sheet for source in act.sources.values() if source.sheet.instrument.name == reason.instrument]
    items = [sheet.instrument.by_link_id[reason.subject] for sheet in sheets]
    if not reason.values:
        yield "a blank"
    for code in reason.values:
        if not any(code in sheet.chosen.get(reason.subject, ()) for sheet in sheets):
            yield f"{code} was not chosen"
        if reason.subject not in SAID_ALWAYS and any(
            code in item.exclusive or item.option_of[code].display == "No" for item in items
        ):
            yield f"{code} says that there is nothing"


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_every_reason_is_an_answer_that_was_given(first: int) -> None:
    for act in acts(range(first, first + 100)):
        for reason in reasons_of(act):
            if reason.kind == "answer":
                assert list(faults_of(reason, act)) == [], reason


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_every_line_that_counts_and_every_flag_cites_a_fact(first: int) -> None:
    for act in acts(range(first, first + 100)):
        for item in act.assessment.patterns.reported:
            assert item.gate_reasons, item.pattern.id
            assert all(entry.facts for entry in item.evidence), item.pattern.id
            # a danger pattern may rest on red flags alone, which cite their own
            assert item.facts or item.evidence or item.pattern.danger, item.pattern.id
        for judged in act.assessment.responses.values():
            assert all(flag.facts for flag in judged.flags.raised)
