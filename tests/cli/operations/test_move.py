"""`sural move` moves everything of one patient to another record of the same person, or nothing."""

import json
from contextlib import closing
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select, update

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.keeping.bodies import body_of, select_resources
from service.adapters.database.operations import moving
from service.adapters.database.operations.erasure import rows_of
from service.adapters.database.operations.moving import OWNERS
from service.adapters.database.operations.outbox_listing import read_bundles
from service.adapters.database.sending.outgoing import read_outgoing
from service.adapters.database.tasks.table import task
from service.fhir.r4.types import Resource
from tests.support.building import phq, scored
from tests.support.database.storing import keep_body
from tests.support.other_systems.fhir_server import StoringServer
from tests.support.other_systems.patients import PatientSite
from tests.support.rest import Clock, Rest, rest_on
from tests.support.running.command_line import run_sural
from tests.usecases.patients.test_replaced import patients_in, told

OLD, NEW = "Patient/p1", "Patient/kept"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def url(database: Database, clock: Clock) -> str:
    """A database with what two patients sent, before any delivery."""
    fill(rest_on(database, clock))
    database.close()
    return str(database.url.render_as_string(hide_password=False))


def fill(rest: Rest) -> None:
    for patient in (OLD, "Patient/other"):
        made = {**phq(last=1, patient=patient), "source": {"reference": patient}}
        assert rest.post(made, Idempotency_Key=f"key-of-{patient[-2:]}").status_code == 201
        assert rest.post(scored("gad-7", [1] * 7, patient=patient)).status_code == 201
        assert rest.post({**phq(patient=patient), "questionnaire": "http://example.org/unknown"}).status_code == 422


def move(url: str, old: str = OLD, new: str = NEW) -> Result:
    return run_sural("move", old, new, SURAL_DATABASE=url)


class Opened:
    """The service on the database after a command, with an empty FHIR server."""

    def __init__(self, url: str, clock: Clock, server: StoringServer | None = None) -> None:
        self.database = Database(url)
        rest = rest_on(self.database, clock, "n-")
        self.site = PatientSite(rest, clock, server or StoringServer())

    def __enter__(self) -> PatientSite:
        return self.site

    def __exit__(self, *_: object) -> None:
        self.database.close()


def rows(url: str) -> dict[str, list[Any]]:
    """Every row of every table, but for the search index, whose numbers change."""
    with closing(Database(url)) as database, database.read() as connection:
        tables = [table for table in t.metadata.sorted_tables if table is not t.search]
        return {table.name: [tuple(row) for row in connection.execute(select(table)).all()] for table in tables}


def entries(url: str) -> list[tuple[Resource, dict[str, int]]]:
    """Bundle, and version of each resource by address, of each entry of the outbox."""
    with closing(Database(url)) as database, database.read() as connection:
        found = connection.execute(select(t.outbox).order_by(t.outbox.c.id)).all()
        return [read_outgoing(connection, row) for row in found]


def test_everything_is_found_by_the_new_patient_and_nothing_by_the_old_one(url: str, clock: Clock) -> None:
    result = move(url)
    assert result.exit_code == 0, result.stderr
    assert {"act\t2", "response\t2", "outbox\t2", "task\t1", "refused\t1"} <= set(result.stdout.splitlines())
    with Opened(url, clock) as site:
        for name in ("QuestionnaireResponse", "Observation", "ClinicalImpression", "Task"):
            assert site.rest.found(f"{name}?patient={OLD}") == []
            assert site.rest.found(f"{name}?patient={NEW}")
        with site.rest.database.read() as connection:
            left = {str(each) for each in OWNERS if connection.execute(select(each).where(each == OLD)).first()}
        assert left == set()


def test_the_versions_before_stay(url: str, clock: Clock) -> None:
    move(url)
    with Opened(url, clock) as site:
        response = next(each for each in site.rest.found(f"QuestionnaireResponse?patient={NEW}") if "source" in each)
        assert (response["meta"]["versionId"], response["subject"]) == ("2", {"reference": NEW})
        before = site.rest.get(f"QuestionnaireResponse/{response['id']}/_history/1").get_json()
        assert (before["subject"], before["source"]) == ({"reference": OLD}, {"reference": OLD})


def test_what_waited_is_delivered_to_the_new_patient_alone(url: str, clock: Clock) -> None:
    move(url)
    with Opened(url, clock) as site:
        site.deliver()
        assert set(site.states()) == {"delivered"}
        assert patients_in(site) == {NEW, "Patient/other"}
        mine = [each for each in site.server.of_type("ClinicalImpression") if each["subject"]["reference"] == NEW]
        assert [len(told(each)) for each in mine] == [1, 1]
        assert len(site.server.of_type("Task")) == 2


def test_an_entry_that_waited_is_sent_again_with_the_new_patient(url: str, clock: Clock) -> None:
    move(url)
    with Opened(url, clock) as site:
        site.deliver()
        ((_, first),) = read_bundles(site.rest.database, [1])
        assert f'"reference":"{OLD}"' not in first
        site.rest.outbox.retry([1], clock.now)
        site.deliver()
        assert patients_in(site) == {NEW, "Patient/other"}


def test_no_entry_names_the_old_patient_any_more(url: str) -> None:
    move(url)
    assert [bundle for bundle, _ in entries(url) if f"'reference': '{OLD}'" in str(bundle)] == []


def test_a_closed_task_and_a_response_of_the_fhir_server_are_not_sent(url: str) -> None:
    with closing(Database(url)) as database, database.write() as connection:
        mine = connection.execute(select_resources().where(t.resource.c.type == "Task")).all()
        for row in mine:
            kept = keep_body(connection, row.act, {**json.loads(body_of(row)), "status": "completed"})
            connection.execute(update(t.resource).where(t.resource.c.id == row.id).values(kept))
        for id in connection.scalars(select(t.response.c.id)).all():
            values = {"id": id, "source": "http://fhir.example/base", "outcome": "accepted", "is_origin": True}
            connection.execute(t.fetched.insert().values(values))
    move(url)
    sent = [versions for _, versions in entries(url)[4:]]
    types = {address.partition("/")[0] for versions in sent for address in versions}
    assert len(sent) == 2
    assert types == {"Observation", "ClinicalImpression"}


def test_an_identifier_of_a_client_of_the_old_patient_is_one_of_the_new(url: str) -> None:
    with closing(Database(url)) as database, database.write() as connection:
        connection.execute(update(t.identity).values(system=OLD + " " + t.identity.c.system))
    move(url)
    systems = [row[0].partition(" ")[0] for row in rows(url)["identity"]]
    assert sorted(systems) == sorted([NEW, OLD])


def test_what_was_delivered_is_delivered_again_to_the_new_patient(url: str, clock: Clock) -> None:
    with Opened(url, clock) as site:
        server = site.server
        site.deliver()
        (mine,) = [each for each in server.of_type("Task") if each["for"]["reference"] == OLD]
        server.person_sets(mine["id"], status="in-progress")
    assert move(url).exit_code == 0
    with Opened(url, clock, server) as site:
        site.deliver(hours=1)
        assert set(site.states()) == {"delivered"}
        others = {url: each for url, each in server.stored.items() if url != f"Task/{mine['id']}"}
        assert not [url for url, each in others.items() if f'"{OLD}"' in json.dumps(each)]
        # A Task belongs to the person who works on it.
        assert server.stored[f"Task/{mine['id']}"]["status"] == "in-progress"


def test_the_two_histories_are_one(url: str, clock: Clock) -> None:
    """New answers are assessed with what was moved; a correction of a moved response is taken."""
    move(url, OLD, "Patient/other")
    with Opened(url, clock) as site:
        clock.forward(hours=1)
        sent = site.rest.post(scored("gad-7", [2] * 7, patient="Patient/other", authored="2026-11-21T12:30:00Z"))
        assert sent.status_code == 201
        stored = site.rest.found("QuestionnaireResponse?patient=Patient/other")
        assert len(stored) == 5
        moved = next(each for each in stored if each["meta"]["versionId"] == "2")
        amended = {key: value for key, value in moved.items() if key != "meta"}
        assert site.rest.put({**amended, "status": "amended"}, version=2).status_code == 200
        site.deliver()
        assert set(site.states()) == {"delivered"}


def test_a_resend_of_the_same_answers_is_still_known(url: str, clock: Clock) -> None:
    move(url)
    with Opened(url, clock) as site:
        again = {**phq(last=1, patient=OLD), "source": {"reference": OLD}}
        assert site.rest.post(again, Idempotency_Key=f"key-of-{OLD[-2:]}").status_code == 200


def test_it_can_be_moved_on(url: str, clock: Clock) -> None:
    move(url)
    assert move(url, NEW, "Patient/last").exit_code == 0
    with Opened(url, clock) as site:
        site.deliver()
        assert patients_in(site) == {"Patient/last", "Patient/other"}


def test_the_move_is_recorded(url: str) -> None:
    move(url)
    event = json.loads(rows(url)["audit"][-1][1])
    assert (event["action"], event["outcome"]) == ("U", "0")
    people = [each["what"].get("reference") for each in event["entity"]]
    assert people[-1] == OLD
    assert NEW in people


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("p1", NEW, "OLD and NEW must be references such as Patient/p1."),
        (OLD, "kept", "OLD and NEW must be references such as Patient/p1."),
        (OLD, "Patient/", "OLD and NEW must be references such as Patient/p1."),
        (OLD, "Group/kept", "OLD and NEW must be references such as Patient/p1."),
        (OLD, OLD, "OLD and NEW are the same patient."),
        ("Patient/p9", NEW, "Nothing of the patient OLD is stored."),
    ],
)
def test_it_is_refused_with_a_sentence(url: str, old: str, new: str, sentence: str) -> None:
    before = rows(url)
    result = move(url, old, new)
    assert (result.exit_code, result.stderr) == (1, f"Error: {sentence}\n")
    assert rows(url) == before


def test_a_failure_on_the_way_moves_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows(url)
    monkeypatch.setattr(moving, "insert_events", lambda *_: 1 / 0)
    assert move(url).exit_code != 0
    monkeypatch.undo()
    assert rows(url) == before


def test_each_column_that_says_whose_a_row_is_moves() -> None:
    """Tables that `sural erase` selects by the patient himself, apart from the table of the revision."""
    by_patient = {table for table, condition in rows_of(OLD).items() if OLD in condition.compile().params.values()}
    direct = {table for table in by_patient if {"patient", "subject"} & set(table.columns.keys())}
    assert {each.table for each in OWNERS} == direct - {t.patient, t.resource}
    assert {task, t.form_link} <= direct


def test_the_permission_to_fill_in_forms_moves_too(url: str) -> None:
    session = {"patient": OLD, "forms": []}
    with closing(Database(url)) as database, database.write() as connection:
        row = {"id": "v", "patient": OLD, "session": json.dumps(session), "responses": "[]", "draft": "{}"}
        values = {**row, "opened": "2026-11-21T12:00:00.000Z", "version": 1, "is_stored": False}
        connection.execute(t.form_visit.insert().values(values))
    assert "form_visit\t1" in move(url).stdout
    with closing(Database(url)) as database, database.read() as connection:
        visit = connection.execute(select(t.form_visit)).one()
    assert (visit.patient, json.loads(visit.session)["patient"]) == (NEW, NEW)
