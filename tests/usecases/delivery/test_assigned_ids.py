"""A server that says `updateCreate` false has each result once, under an id of its own, and the operator is told."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from service.adapters.database import tables as t
from service.adapters.database.tasks.board import DatabaseTasks
from service.adapters.fhir_server.client import HttpFhirServer, TimeLimits
from service.fhir.r4.types import Resource
from service.fhir.r4.unchecked_json import references_in
from service.ports.tasks import EscalationPolicy
from service.usecases.delivery.degrade import OWN_IDS, SINGLY
from service.usecases.delivery.deliver import deliver_next
from service.usecases.tasks.watch import TaskWatch, watch_next
from tests.faults.behaviours import answer, reset
from tests.support.building import context, scored, with_total
from tests.support.logging import Log
from tests.support.other_systems.assigning_server import SYSTEM, AssigningServer, assigning
from tests.support.other_systems.misbehaving import Exchange
from tests.support.rest import Clock, Rest
from tests.support.running.command_line import run_sural

URGENT = with_total("phq-9", 12, last=2)


@pytest.fixture
def there() -> Iterator[AssigningServer]:
    with assigning() as running:
        yield running


def client(there: AssigningServer, clock: Clock) -> HttpFhirServer:
    """A client that knows nothing yet, as after a start."""
    return HttpFhirServer(there.server.base, clock, TimeLimits(5, 5))


def deliver(rest: Rest, there: AssigningServer, clock: Clock, http: HttpFhirServer | None = None) -> list[str]:
    """Delivers all that is due; returns the states of the entries."""
    clock.forward(hours=2)
    http = http or client(there, clock)
    while deliver_next(rest.outbox, http, clock, lambda: 1.0, read_back=1):
        pass
    return [entry.state for entry in rest.outbox.list_entries()]


def by_our_id(there: AssigningServer) -> dict[str, Resource]:
    """The resources on the server, by our address. Fails if one is there twice."""
    found: dict[str, Resource] = {}
    for address, resource in there.server.stored.items():
        type_name = address.partition("/")[0]
        marks = resource.get("identifier", []) if type_name not in ("QuestionnaireResponse", "Provenance") else []
        codes = [each["value"] for each in marks if each["system"] == SYSTEM]
        codes += [each["code"] for each in resource.get("meta", {}).get("tag", []) if each["system"] == SYSTEM]
        for code in codes:
            assert f"{type_name}/{code}" not in found
            found[f"{type_name}/{code}"] = resource
    return found


def ours(rest: Rest) -> set[str]:
    """The addresses of the resources that are stored here."""
    with rest.database.read() as connection:
        stored = connection.execute(select(t.resource.c.type, t.resource.c.id).distinct())
        return {f"{row.type}/{row.id}" for row in stored}


def test_each_result_is_there_once_with_references_to_ids_of_the_server(
    rest: Rest, there: AssigningServer, clock: Clock
) -> None:
    rest.post(URGENT)
    assert deliver(rest, there, clock) == ["delivered"]
    found = by_our_id(there)
    assert found.keys() == ours(rest)
    assert all(resource["id"].isdigit() for resource in found.values())
    references = {text for resource in found.values() for text in references_in(resource) if text[0] != "#"}
    assert references <= there.server.stored.keys()
    (task,) = there.of_type("Task")
    (impression,) = there.of_type("ClinicalImpression")
    assert task["focus"] == {"reference": f"ClinicalImpression/{impression['id']}"}
    assert set(there.server.written.values()) == {1}


def test_it_is_recorded_shown_and_logged_once(rest: Rest, there: AssigningServer, clock: Clock, logged: Log) -> None:
    rest.post(scored("gad-7", [0] * 7))
    deliver(rest, there, clock)
    assert [line[::3] for line in logged.of("entry_degraded")] == [("warning", f"{SINGLY}; {OWN_IDS}")]
    if rest.database.is_sqlite:
        shown = run_sural("outbox", "show", "1", SURAL_DATABASE=f"sqlite:///{rest.database.path}")
        assert f"degraded\t{SINGLY}; {OWN_IDS}" in shown.stdout.splitlines()


def test_an_amendment_updates_what_is_there_on_its_condition(rest: Rest, there: AssigningServer, clock: Clock) -> None:
    assert rest.put({**scored("gad-7", [0] * 7), "id": "a-1"}).status_code == 201
    deliver(rest, there, clock)
    before = there.server.stored.keys() | set()
    assert rest.put({**scored("gad-7", [1] * 7), "id": "a-1", "status": "amended"}).status_code == 200
    there.server.received.clear()
    assert deliver(rest, there, clock) == ["delivered"] * 2
    (response,) = there.of_type("QuestionnaireResponse")
    assert (response["status"], response["meta"]["versionId"]) == ("amended", "2")
    puts = [each for each in there.server.received if each.method == "PUT" and "QuestionnaireResponse" in each.path]
    assert [each.headers.get("if-match") for each in puts] == ['W/"1"']
    assert puts[0].path == f"/base/QuestionnaireResponse/{response['id']}"
    assert {address for address in before if "Provenance" not in address} <= there.server.stored.keys()
    assert by_our_id(there).keys() == ours(rest)


@pytest.mark.parametrize("says_where", [True, False])
def test_after_a_failure_in_the_middle_and_a_restart_nothing_is_there_twice(
    rest: Rest, there: AssigningServer, clock: Clock, says_where: bool
) -> None:
    there.says_where = says_where
    rest.post(URGENT)
    writes = 0

    def fail_sometimes(exchange: Exchange) -> None:
        nonlocal writes
        writes += 1
        if writes % 4 == 0:
            reset(exchange)
        else:
            there.write(exchange)
            if writes % 4 == 2:
                exchange.reset()

    there.server.transaction = fail_sometimes
    for _ in range(12):
        if deliver(rest, there, clock) == ["delivered"]:
            break
    assert rest.outbox.count_entries()["delivered"] == 1
    assert by_our_id(there).keys() == ours(rest)
    assert set(there.server.written.values()) == {1}


def test_references_are_right_although_a_search_does_not_find_at_once_what_was_written(
    rest: Rest, there: AssigningServer, clock: Clock
) -> None:
    rest.post(scored("gad-7", [1] * 7))
    there.server.search = answer(200, {"resourceType": "Bundle", "type": "searchset"})
    clock.forward(hours=2)
    assert deliver_next(rest.outbox, client(there, clock), clock, read_back=0)
    assert rest.outbox.count_entries()["delivered"] == 1
    references = {text for each in there.server.stored.values() for text in references_in(each) if text[0] != "#"}
    assert {text.partition("/")[0] for text in references} >= {"Observation", "QuestionnaireResponse"}
    assert references <= there.server.stored.keys()


def test_a_client_that_has_just_started_reads_references_to_earlier_results(
    rest: Rest, there: AssigningServer, clock: Clock
) -> None:
    rest.post(scored("gad-7", [1] * 7))
    clock.forward(days=1)
    rest.post({**scored("gad-7", [2] * 7), "authored": "2026-11-22T09:00:00Z"})
    deliver(rest, there, clock)
    (later,) = [each for each in rest.found("ClinicalImpression?patient=p1") if "previous" in each]
    address = f"ClinicalImpression/{later['id']}"
    seen = client(there, clock).look_up([address], whole=True).found[address]
    assert seen["previous"] == later["previous"]


def test_a_task_on_which_a_person_works_is_left_alone_and_seen_by_the_watch(
    rest: Rest, there: AssigningServer, clock: Clock, logged: Log
) -> None:
    rest.post(URGENT)
    deliver(rest, there, clock)
    (task,) = there.of_type("Task")
    there.server.stored[f"Task/{task['id']}"] = {**task, "status": "accepted"}
    watch = TaskWatch(
        DatabaseTasks(rest.database), client(there, clock), EscalationPolicy(), context().knowledge, clock
    )
    watch_next(watch)
    assert rest.one("Task?patient=p1")["status"] == "accepted"
    assert logged.of("task_escalated") == []


def test_two_resources_with_one_id_of_ours_are_an_error_in_the_log(
    rest: Rest, there: AssigningServer, clock: Clock, logged: Log
) -> None:
    rest.post(URGENT)
    deliver(rest, there, clock)
    (task,) = there.of_type("Task")
    there.server.stored["Task/copy"] = {**task, "id": "copy"}
    seen = client(there, clock).look_up([f"Task/{task['identifier'][0]['value']}"])
    assert len(seen.found) == 1
    assert [line["event"] for line in logged.lines if line["level"] == "error"] == ["written_resources_doubled"]


def test_only_the_types_that_the_statement_names_get_other_ids(rest: Rest, clock: Clock) -> None:
    rest.post(URGENT)
    with assigning(("Observation",)) as there:
        assert deliver(rest, there, clock) == ["delivered"]
        assert all(each["id"].isdigit() for each in there.of_type("Observation"))
        (impression,) = there.of_type("ClinicalImpression")
        assert impression["id"] == rest.one("ClinicalImpression?patient=p1")["id"]
        references = {text for text in references_in(impression) if text.startswith("Observation/")}
        assert references
        assert references <= there.server.stored.keys()
        assert all("tag" not in each["meta"] for each in there.of_type("Provenance"))


def test_a_result_that_is_not_there_is_a_logical_reference(rest: Rest, there: AssigningServer, clock: Clock) -> None:
    """The impression before is in an entry that is parked."""
    rest.post(scored("gad-7", [1] * 7))
    entry = rest.outbox.lease(clock(), clock())
    assert entry is not None
    rest.outbox.park(entry, clock(), "refused")
    clock.forward(days=1)
    rest.post({**scored("gad-7", [2] * 7), "authored": "2026-11-22T09:00:00Z"})
    assert sorted(deliver(rest, there, clock)) == ["delivered", "parked"]
    (impression,) = there.of_type("ClinicalImpression")
    previous = impression["previous"]
    assert "reference" not in previous
    assert (previous["type"], previous["identifier"]["system"]) == ("ClinicalImpression", SYSTEM)


def test_a_server_without_conditional_updates_is_for_an_operator(
    rest: Rest, there: AssigningServer, clock: Clock
) -> None:
    rest.post(scored("gad-7", [1] * 7))
    there.server.transaction = answer(405)
    assert deliver(rest, there, clock) == ["parked"]
    assert json.dumps(there.server.stored).count("QuestionnaireResponse") == 0
