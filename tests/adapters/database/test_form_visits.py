"""Visits of patients to the form in the database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.adapters.database.access.form_links import DatabaseLinks
from service.adapters.database.engine import Database
from service.adapters.database.form_visits import DatabaseVisits
from service.ports.access.form_links import FormLink
from service.ports.form_visits import Draft, FormSession, FormVisit, VisitConflict
from service.usecases.forms.unsent import AT_A_TIME, UnsentDrafts, delete_unsent
from tests.support.building import NOW
from tests.support.logging import Log
from tests.support.rest import Clock

SESSION = FormSession("Patient/p1", ("https://w3id.org/sural/Questionnaire/phq-9|1.0.0",), "link", "es", "link-1")
VISIT = FormVisit("v1", SESSION, ("r-1",), NOW)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


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


class TestUnsent:
    """Which visits are deleted that were not sent: `DRAFT` was opened 30 days ago, without a link."""

    DRAFT = replace(VISIT, id="old", session=replace(SESSION, link=None), opened=NOW - 30 * DAY)

    @pytest.fixture
    def visits(self, database: Database) -> DatabaseVisits:
        made = DatabaseVisits(database)
        made.save_new_visit(self.DRAFT)
        return made

    @pytest.mark.parametrize(("before", "deleted"), [(30, 0), (29, 1), (1, 1), (31, 0)])
    def test_a_draft_is_deleted_a_time_after_it_was_opened(
        self, visits: DatabaseVisits, before: int, deleted: int
    ) -> None:
        assert visits.delete_unsent(NOW - before * DAY, NOW, 10) == deleted
        assert (visits.read_current("old") is None) is bool(deleted)

    def test_what_was_sent_stays(self, visits: DatabaseVisits) -> None:
        visits.save_visit(replace(self.DRAFT, sent=NOW - 29 * DAY))
        assert visits.delete_unsent(NOW, NOW, 10) == 0

    def test_one_that_a_browser_works_on_stays_until_its_session_ends(self, visits: DatabaseVisits) -> None:
        visits.save_session("k1", self.DRAFT, NOW + HOUR, NOW)
        assert visits.delete_unsent(NOW, NOW + HOUR, 10) == 0
        assert visits.delete_unsent(NOW, NOW + HOUR + timedelta(seconds=1), 10) == 1

    def test_one_stays_while_its_link_is_valid(self, database: Database) -> None:
        visits, links = DatabaseVisits(database), DatabaseLinks(database)
        for number, until in enumerate([NOW, NOW - timedelta(seconds=1), NOW]):
            session = replace(SESSION, link=f"link-{number}")
            links.save_link(
                FormLink(f"link-{number}", session, "test", NOW - 14 * DAY, until, None), f"digest-{number}"
            )
            visits.save_new_visit(replace(self.DRAFT, id=f"v{number}", session=session))
        links.revoke_link("link-2", NOW)
        assert visits.delete_unsent(NOW, NOW, 10) == 2
        assert [visits.read_current(f"v{number}") is None for number in range(3)] == [False, True, True]

    def test_a_bounded_number_goes_at_a_time_and_the_oldest_first(self, visits: DatabaseVisits) -> None:
        visits.save_new_visit(replace(self.DRAFT, id="older", opened=NOW - 31 * DAY))
        assert [visits.delete_unsent(NOW, NOW, 1) for _ in range(3)] == [1, 1, 0]


def test_old_drafts_are_looked_for_once_an_hour_and_all_at_once(database: Database, clock: Clock, logged: Log) -> None:
    visits = DatabaseVisits(database)
    drafts = UnsentDrafts(visits, 30 * DAY, clock)
    assert not delete_unsent(drafts)
    session = replace(SESSION, link=None)
    for number in range(AT_A_TIME + 1):
        visits.save_new_visit(FormVisit(f"v{number}", session, (), clock.now - 31 * DAY))
    assert not delete_unsent(drafts)
    clock.forward(hours=1)
    assert [delete_unsent(drafts) for _ in range(2)] == [True, False]
    assert [line["count"] for line in logged.lines if line["event"] == "drafts_deleted"] == [AT_A_TIME, 1]
