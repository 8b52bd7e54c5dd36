"""The answers of a patient cannot be stored, or our own check refuses what the form has made of them.

A danger sign in them is told all the same.
"""

from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from service.adapters.database.engine import Database
from service.adapters.database.refusals import DatabaseRefusals
from service.fhir.questionnaires.patient_form.form_response import response_of_form
from service.fhir.r4.types import Resource
from service.issues import Unavailable
from service.usecases.forms import storing
from tests.support.logging import Log
from tests.support.patient_form.form_pages import FormPatient
from tests.support.rest import Clock, Rest
from tests.web.patient.conftest import ITEM_9, MOOD, context_with_numbers, site_on


def with_unknown_item(*arguments: Any, **named: Any) -> Resource:
    """The response of the form with an item that its questionnaire does not have."""
    made = response_of_form(*arguments, **named)
    return {**made, "item": [*made["item"], {"linkId": "no-such-item"}]}


def without_turn(*arguments: Any, **named: Any) -> NoReturn:
    """A database that others keep."""
    raise Unavailable("other requests keep the database")


def failing(*arguments: Any, **named: Any) -> NoReturn:
    """A fault of ours."""
    raise LookupError("no-such-item")


@pytest.mark.parametrize(
    ("name", "fails", "event", "status"),
    [
        ("response_of_form", with_unknown_item, "form_not_accepted", 503),
        ("run_transaction", without_turn, "service_unavailable", 503),
        ("run_transaction", failing, "request_failed", 500),
    ],
)
def test_the_operator_is_told_and_the_patient_may_go_on(
    database: Database,
    clock: Clock,
    logged: Log,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    fails: Callable[..., Any],
    event: str,
    status: int,
) -> None:
    site = site_on(database, clock)
    patient = patient_at_item_9(site)
    question = patient.path
    before = site.found("QuestionnaireResponse?patient=example-low-mood")
    monkeypatch.setattr(storing, name, fails)
    patient.answer({ITEM_9: ["Several days"]})
    assert (patient.status, patient.page.title.split(" ·")[0]) == (status, "This did not work")
    assert str(context_with_numbers().knowledge.contacts.emergency_number) in patient.page.text
    (refused,) = DatabaseRefusals(database).list_refusals()
    assert refused.has_sign
    assert "sural_safety_answers_refused_total 1.0" in site.client.get("/metrics").text
    assert [level for level, *_ in logged.of(event)] == ["error"]
    assert "no-such-item" not in logged.stream.getvalue()
    assert site.found("QuestionnaireResponse?patient=example-low-mood") == before
    monkeypatch.undo()
    patient.get(question)
    patient.answer({ITEM_9: ["Several days"]})
    assert patient.status == 200


def patient_at_item_9(site: Rest) -> FormPatient:
    """A patient who is asked about self-harm."""
    patient = FormPatient(site.app.test_client(), {question: ["Not at all"] for question in MOOD})
    patient.open("phq-9")
    while not any(control.legend.startswith(ITEM_9) for form in patient.page.forms for control in form.controls):
        patient.answer()
    return patient


def test_the_page_is_in_the_language_of_the_visit(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = FormPatient(site_on(database, clock).app.test_client())
    patient.open("phq-9", language="es")
    monkeypatch.setattr(storing, "run_transaction", failing)
    patient.answer()
    assert patient.status == 500
    assert '<html lang="es"' in patient.page.source
