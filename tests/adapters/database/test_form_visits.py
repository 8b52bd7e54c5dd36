"""Visits of patients to the form in the database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.adapters.database.engine import Database
from service.adapters.database.form_visits import DatabaseVisits
from service.ports.form_visits import Draft, FormSession, FormVisit, VisitConflict
from tests.support.building import NOW

SESSION = FormSession("Patient/p1", ("https://w3id.org/sural/Questionnaire/phq-9|1.0.0",), "link", "es", "link-1")
VISIT = FormVisit("v1", SESSION, ("r-1",), NOW)
HOUR = timedelta(hours=1)


def test_a_visit_comes_back_as_it_was_saved(database: Database) -> None:
    visits = DatabaseVisits(database)
    visits.save_new_visit(VISIT)
    answers = {SESSION.forms[0]: {"/44250-9": [{"valueCoding": {"code": "LA6568-5"}}]}}
    draft = Draft(answers, frozenset({0, 2}), "parent", ("self-harm",))
    visits.save_visit(replace(VISIT, draft=draft, is_stored=True))
    assert visits.find_visit_of_link("link-1") == replace(VISIT, draft=draft, is_stored=True, version=2)
    assert visits.find_visit_of_link("link-2") is None


def test_a_session_ends_and_may_be_extended(database: Database) -> None:
    visits = DatabaseVisits(database)
    visits.save_new_visit(VISIT)
    visits.save_session("k1", VISIT, NOW + HOUR, NOW)
    assert visits.find_visit("k1", NOW + HOUR) == VISIT
    assert visits.find_visit("k1", NOW + HOUR + timedelta(seconds=1)) is None
    visits.save_session("k1", VISIT, NOW + 2 * HOUR, NOW + HOUR)
    assert visits.find_visit("k1", NOW + 2 * HOUR) == VISIT
    visits.end_session("k1")
    assert visits.find_visit("k1", NOW) is None


def test_a_link_has_one_visit(database: Database) -> None:
    visits = DatabaseVisits(database)
    visits.save_new_visit(VISIT)
    with pytest.raises(VisitConflict):
        visits.save_new_visit(replace(VISIT, id="v2"))


def test_the_second_of_two_saves_of_the_same_version_is_refused(database: Database) -> None:
    visits = DatabaseVisits(database)
    visits.save_new_visit(VISIT)
    visits.save_visit(VISIT)
    with pytest.raises(VisitConflict):
        visits.save_visit(VISIT)


def test_a_visit_is_sent_once(database: Database) -> None:
    visits = DatabaseVisits(database)
    visits.save_new_visit(VISIT)
    visits.save_visit(replace(VISIT, sent=NOW))
    with pytest.raises(VisitConflict):
        visits.save_visit(replace(VISIT, version=2, draft=Draft(helper="parent")))
