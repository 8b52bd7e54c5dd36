"""What is kept of a refused response: when, of whom, why, and the safety answers; never the content."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
import structlog

from service.issues import Issue, Unavailable
from service.logs import configure
from service.ports.refusals import MAX_FAULTS, Refusal
from service.usecases.refusals.keep import RefusalKeeper, RefusedContent, keep_refused, safety_questions
from tests.support.building import NOW, catalogue

FAULT = Issue("not-found", "QuestionnaireResponse.questionnaire", "`questionnaire` is not known here.")
ITEM_9 = {"linkId": "44260-8", "answer": [{"valueCoding": {"system": "http://loinc.org", "code": "LA6570-1"}}]}
UNKNOWN = {"questionnaire": "http://example.org/q", "subject": {"reference": "Patient/p1"}, "item": [ITEM_9]}


class Kept:
    """A store in memory."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.rows: list[Refusal] = []
        self.problem = problem

    def save_refusals(self, refusals: Sequence[Refusal], now: datetime) -> Sequence[int]:
        if self.problem is not None:
            raise self.problem
        self.rows += refusals
        return list(range(1, len(refusals) + 1))


@pytest.fixture(autouse=True)
def _log_of_errors() -> None:
    configure("error")


def keep(resource: Any, store: Kept, *issues: Issue) -> list[Issue]:
    loaded = catalogue()
    questions = safety_questions(loaded.rules, {name: loaded.instrument(name) for name in loaded.rules.instruments})
    keeper = RefusalKeeper(store, questions, loaded, ("http://sural.example/fhir",), lambda: NOW)
    return keep_refused([RefusedContent(resource, issues or (FAULT,))], 422, "q-1", keeper)


def test_the_safety_questions_are_those_of_the_mappings() -> None:
    loaded = catalogue()
    questions = safety_questions(loaded.rules, {name: loaded.instrument(name) for name in loaded.rules.instruments})
    assert {each.item.link_id: each.name for each in questions} == {
        "/44260-8": "PHQ-9 item 9",
        "safe-now": "Able to stay safe",
        "lp-alarm": "Alarm sign",
    }


def test_an_unknown_questionnaire_with_item_9_above_zero_is_told() -> None:
    store = Kept()
    with structlog.testing.capture_logs() as logged:
        (issue,) = keep(UNKNOWN, store)
    assert (issue.code, issue.severity, issue.path) == (
        "business-rule",
        "error",
        "QuestionnaireResponse.item[0].answer[0]",
    )
    assert issue.text.startswith("PHQ-9 item 9 was read and is a danger sign")
    (row,) = store.rows
    assert (row.subject, row.fault_count) == ("Patient/p1", 1)
    assert row.faults == ("QuestionnaireResponse.questionnaire: `questionnaire` is not known here.",)
    assert [(each.question, each.options, each.is_sign) for each in row.answers] == [
        ("PHQ-9 item 9", ("More than half the days",), True)
    ]
    expected = {"reason": "refused, with a safety answer above zero", "refusal": 1, "request": "q-1"}
    assert logged == [{"event": "safety_answer_refused", "log_level": "error", **expected}]


def test_item_9_of_zero_is_kept_and_not_told() -> None:
    store = Kept()
    zero = {"linkId": "/44260-8", "answer": [{"valueInteger": 0}]}
    with structlog.testing.capture_logs() as logged:
        assert keep({**UNKNOWN, "item": [zero]}, store) == []
    assert [each.options for each in store.rows[0].answers] == [("Not at all",)]
    assert logged == []


@pytest.mark.parametrize(
    ("subject", "kept"),
    [
        ({"reference": "Patient/p1"}, "Patient/p1"),
        ({"reference": "http://sural.example/fhir/Patient/p1/_history/2"}, "Patient/p1"),
        ({"reference": "http://other.example/fhir/Patient/p1"}, None),
        ({"reference": "Patient/Müller Anna"}, None),
        ({"reference": 5}, None),
        ({"identifier": {"value": "1"}}, None),
        ("Patient/p1", None),
    ],
)
def test_the_patient_is_kept_if_it_is_one_of_this_site(subject: Any, kept: str | None) -> None:
    store = Kept()
    keep({**UNKNOWN, "subject": subject}, store)
    assert store.rows[0].subject == kept


def test_content_that_is_no_object_has_a_row_without_a_patient() -> None:
    store = Kept()
    assert keep(None, store) == []
    assert (store.rows[0].subject, store.rows[0].answers) == (None, ())


def test_of_many_faults_the_first_are_kept_and_all_are_counted() -> None:
    store = Kept()
    warning = Issue("incomplete", "", "Late.", severity="warning")
    keep(UNKNOWN, store, warning, *[FAULT] * 50)
    assert (len(store.rows[0].faults), store.rows[0].fault_count) == (MAX_FAULTS, 50)


def test_without_a_database_the_sender_and_the_log_are_told_all_the_same() -> None:
    with structlog.testing.capture_logs() as logged:
        assert len(keep(UNKNOWN, Kept(Unavailable("locked")))) == 1
    assert [line["event"] for line in logged] == ["refusal_not_kept", "safety_answer_refused"]
