"""The quick test that an item has no fault: without it, the issues and the steps of work are the same."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from service.fhir.questionnaires.response_reader import parse_response
from service.fhir.r4.strict_json import load
from service.fhir.r4.structure import check_structure
from service.issues import Issue, Malformed
from service.screening.instruments.editions import OUR_FORM, SenderForm
from service.screening.instruments.instrument import Instrument
from service.screening.instruments.response import Response
from service.screening.validation import answers, response
from service.screening.validation.response import validate_response
from service.work import limit_work, steps_left
from tests.support.building import catalogue
from tests.support.generated import mutating
from tests.support.generated.generating import random_submission

STEPS = 1_000_000
FORMS = (OUR_FORM, SenderForm(lacks=frozenset({"/44260-8", "lp-alarm"}), always_shows=frozenset({"lp-details"})))


def changed_bodies(seeds: range) -> Iterator[Any]:
    for seed in seeds:
        random = Random(seed)
        tree = json.loads(json.dumps(random.choice(random_submission(random)[0]), default=str))
        for _ in range(random.randint(0, 3)):
            found = [place for place in mutating.places(tree) if place[1] not in ("questionnaire", "resourceType")]
            random.choice([mutating.answer, mutating.link, mutating.move, mutating.double])(
                random, tree, random.choice(found)
            )
        yield tree


def responses(seeds: range) -> Iterator[tuple[Response, Instrument]]:
    """Responses with changes that leave their structure valid."""
    for body in changed_bodies(seeds):
        try:
            resource = load(json.dumps(body).encode())
            check_structure(resource, "QuestionnaireResponse")
            read = parse_response(resource)
        except Malformed:
            continue
        form = catalogue().find(read.questionnaire)
        if form is not None:
            yield read, form.instrument


def judged(read: Response, instrument: Instrument, form: SenderForm) -> tuple[list[Issue], int | None]:
    limit_work(STEPS)
    issues = validate_response(read, instrument, form)
    left = steps_left.get()
    limit_work(None)
    return issues, left


def test_the_issues_are_those_of_all_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = list(responses(range(700)))
    quick = [judged(read, instrument, form) for read, instrument in drawn for form in FORMS]
    monkeypatch.setattr(response, "is_surely_right", lambda *_: False)
    assert [judged(read, instrument, form) for read, instrument in drawn for form in FORMS] == quick
    assert sum(bool(issues) for issues, _ in quick) > 200


def test_most_items_are_found_right_at_once() -> None:
    items = [
        (instrument.by_link_id.get(each.link_id), each) for r, instrument in responses(range(40)) for each in r.items
    ]
    right = [item is not None and answers.is_surely_right(item, [each]) for item, each in items]
    assert sum(right) > len(right) / 2
