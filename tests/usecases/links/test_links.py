"""Links to forms: opened by their token alone, in their time, until sent; what does not open them tells nothing."""

import json
import secrets
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from service.adapters.database import tables as t
from service.adapters.database.access.form_links import DatabaseLinks
from service.adapters.database.engine import Database
from service.adapters.database.form_visits import DatabaseVisits
from service.cli.main import main
from service.ports.form_visits import FormVisit
from service.usecases.links.links import (
    TOKEN_BYTES,
    LinkOrder,
    MadeLink,
    OpenedLink,
    find_valid_link,
    make_link,
    open_link,
    revoke_links,
)
from tests.support.building import NOW

BORN = date(1970, 3, 1)
ORDER = LinkOrder("Patient/p1", ("https://w3id.org/sural/Questionnaire/phq-9|1.0.0",), "ehr")
NOTHING = OpenedLink(None)


@pytest.fixture
def links(database: Database) -> DatabaseLinks:
    return DatabaseLinks(database)


def made(links: DatabaseLinks, id: str = "l-1", **changes: Any) -> MadeLink:
    return make_link(replace(ORDER, **changes), links, id, secrets.token_urlsafe(TOKEN_BYTES), NOW)


def sent(database: Database, link: MadeLink) -> None:
    """Sends the forms of a link, as the form does."""
    visits, visit = DatabaseVisits(database), FormVisit("v-1", link.link.session, ("r-1",), NOW)
    visits.save_new_visit(visit)
    visits.save_visit(replace(visit, sent=NOW))


def test_a_token_opens_its_link_as_often_as_needed_until_it_is_sent(links: DatabaseLinks, database: Database) -> None:
    link = made(links)
    for _ in range(3):
        assert open_link(link.token, None, links, NOW).session == link.link.session
    sent(database, link)
    assert open_link(link.token, None, links, NOW) == NOTHING


def test_looking_at_a_link_changes_nothing(links: DatabaseLinks, database: Database) -> None:
    link = made(links, birth_date=BORN)
    with database.read() as connection:
        before = connection.execute(select(t.form_link)).all()
    for _ in range(20):
        assert find_valid_link(link.token, links, NOW) is not None
    with database.read() as connection:
        assert connection.execute(select(t.form_link)).all() == before


def test_what_does_not_open_has_one_answer(links: DatabaseLinks, database: Database) -> None:
    expired, revoked, done = made(links, "l-1", time=timedelta(hours=1)), made(links, "l-2"), made(links, "l-3")
    other = made(links, "l-4")
    assert revoke_links(["l-2", "none"], links, NOW) == ["none"]
    sent(database, done)
    later = NOW + timedelta(hours=1)
    tokens = [expired.token, revoked.token, done.token, other.token[:-1], other.token + "A", other.token.swapcase(), ""]
    assert [open_link(token, None, links, later) for token in tokens] == [NOTHING] * len(tokens)
    assert open_link(other.token, None, links, later).session is not None


def test_the_time_is_three_days_and_never_more_than_fourteen(links: DatabaseLinks) -> None:
    usual, long = made(links, "l-1"), made(links, "l-2", time=timedelta(days=400))
    for link, span in ((usual, timedelta(hours=72)), (long, timedelta(days=14))):
        assert open_link(link.token, None, links, NOW + span - timedelta(seconds=1)).session is not None
        assert open_link(link.token, None, links, NOW + span) == NOTHING


class TestBirthDate:
    def test_the_right_date_opens(self, links: DatabaseLinks) -> None:
        link = made(links, birth_date=BORN)
        assert open_link(link.token, BORN, links, NOW).session == link.link.session

    def test_five_wrong_dates_in_the_life_of_a_link_lock_it(self, links: DatabaseLinks) -> None:
        link = made(links, birth_date=BORN)
        wrong = [date(1970, 1, 3), None, date(1971, 3, 1), date(1, 1, 1)]
        for given in wrong:
            answer = open_link(link.token, given, links, NOW)
            assert (answer.session, answer.asks_again) == (None, True)
        assert open_link(link.token, BORN, links, NOW).session is not None
        assert open_link(link.token, wrong[0], links, NOW).asks_again is False
        assert open_link(link.token, BORN, links, NOW) == NOTHING

    def test_a_date_is_not_asked_of_who_has_no_token(self, links: DatabaseLinks) -> None:
        made(links, birth_date=BORN)
        assert open_link("x" * 43, BORN, links, NOW) == NOTHING


def test_neither_token_nor_birth_date_is_stored(links: DatabaseLinks, database: Database) -> None:
    link = made(links, birth_date=BORN)
    with database.read() as connection:
        row = str(connection.execute(select(t.form_link)).all())
    assert link.token not in row
    assert "1970" not in row.replace(NOW.isoformat()[:4], "")
    assert len(link.token) == 43


def test_no_guess_opens_anything(links: DatabaseLinks) -> None:
    made(links)
    assert all(open_link(secrets.token_urlsafe(TOKEN_BYTES), None, links, NOW) == NOTHING for _ in range(300))


def test_a_revoked_link_ends_the_browsers_that_work_with_it(links: DatabaseLinks, database: Database) -> None:
    link, visits = made(links), DatabaseVisits(database)
    visit = FormVisit("v-1", link.link.session, ("r-1",), NOW)
    visits.save_new_visit(visit)
    visits.save_session("key", visit, NOW + timedelta(hours=1), NOW)
    assert visits.find_visit("key", NOW) == visit
    links.revoke_link("l-1", NOW)
    assert visits.find_visit("key", NOW) is None


class TestCommand:
    @pytest.fixture
    def run(self, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
        monkeypatch.setenv("SURAL_DATABASE", f"sqlite:///{tmp_path / 'own.db'}")
        monkeypatch.setenv("SURAL_BASE_URL", "https://sural.example/fhir")
        return lambda *arguments: CliRunner().invoke(main, ["link", *arguments])

    def test_a_link_is_made_listed_and_revoked(self, run: Any, tmp_path: Any) -> None:
        result = run("create", "--patient", "p1", "--form", "phq-9", "--form", "gad-7")
        assert result.exit_code == 0, result.output
        address, token = result.stdout.strip().rsplit("/", 1)
        assert (address, len(token)) == ("https://sural.example/forms/link", 43)
        id, *_, state, forms = run("list").stdout.strip().split("\t")
        assert (state, forms) == ("new", "2")
        assert token not in run("list").output
        assert run("revoke", id).exit_code == 0
        assert run("list").stdout.split("\t")[3] == "revoked"

    def test_what_is_wrong_is_said(self, run: Any) -> None:
        for arguments, text in (
            (("create", "--patient", "p/1", "--form", "phq-9"), "--patient must be"),
            (("create", "--patient", "p1", "--form", "zebra"), "There is no form zebra"),
            (("create", "--patient", "p1", "--form", "phq-9", "--hours", "400"), "336"),
            (("revoke", "none"), "There is no link none"),
        ):
            result = run(*arguments)
            assert result.exit_code != 0
            assert text in result.output


def test_the_session_of_a_link_is_one_of_the_form(links: DatabaseLinks) -> None:
    link = made(links, language="es")
    found = open_link(link.token, None, links, NOW).session
    assert found is not None
    assert (found.patient, found.mode, found.language, found.link) == ("Patient/p1", "link", "es", "l-1")
    assert json.loads(json.dumps(found.forms)) == list(ORDER.forms)
