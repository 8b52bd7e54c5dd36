"""`sural outbox`: the list, one entry, and what an operator does with entries."""

import json
from datetime import timedelta
from pathlib import Path

from click.testing import Result

from service.adapters.database.engine import Database
from service.adapters.database.outbox import DatabaseOutbox
from service.fhir.r4.types import Resource
from service.ports.fhir_server import ServerResponse
from service.usecases.delivery.deliver import deliver_next
from tests.support.building import NOW, scored, with_total
from tests.support.rest import Clock, rest_on
from tests.support.running.command_line import run_sural
from tests.usecases.delivery.fake_server import FakeServer

HEADER = "number\tstate\turgency\tattempts\tcreated\tdue\treason"
CREATED = "2026-11-21T12:00:00.000Z"
# Item 9 above zero is an emergency; a total of 0 is no red flag.
ROUTINE, URGENT = scored("gad-7", [0] * 7), with_total("phq-9", 12, last=2)


def fill(tmp_path: Path, *responses: Resource) -> None:
    """Stores each response for a patient of its own: entries 1, 2, ... of Patient/p1, Patient/p2, ..."""
    database = Database(f"sqlite:///{tmp_path / 'sural.db'}")
    database.create()
    rest = rest_on(database, Clock())
    for number, response in enumerate(responses, 1):
        assert rest.post({**response, "subject": {"reference": f"Patient/p{number}"}}).status_code == 201
    database.close()


def attempt(tmp_path: Path, response: ServerResponse) -> None:
    """An attempt to deliver the first entry that is due."""
    database = Database(f"sqlite:///{tmp_path / 'sural.db'}")
    server = FakeServer(response, {"Patient/p1", "Patient/p2", "Patient/p3"})
    assert deliver_next(DatabaseOutbox(database), server, lambda: NOW + timedelta(hours=2), lambda: 1.0)
    database.close()


def outbox(tmp_path: Path, *arguments: str) -> Result:
    return run_sural("outbox", *arguments, SURAL_DATABASE=f"sqlite:///{tmp_path / 'sural.db'}")


def rows(tmp_path: Path, *arguments: str) -> list[list[str]]:
    """The columns of each line of the list, without the headings."""
    heading, *lines = outbox(tmp_path, "list", *arguments).stdout.splitlines()
    assert heading == HEADER
    return [line.split("\t") for line in lines]


def states(tmp_path: Path) -> dict[int, str]:
    return {int(row[0]): row[1] for row in rows(tmp_path)}


def test_without_a_database_it_says_so_and_makes_none(tmp_path: Path) -> None:
    result = run_sural("outbox", "list", SURAL_DATABASE=f"sqlite:///{tmp_path / 'none.db'}")
    assert result.exit_code == 1
    assert "no database" in result.stderr
    assert list(tmp_path.iterdir()) == []


class TestList:
    def test_an_empty_list_has_its_headings(self, tmp_path: Path) -> None:
        fill(tmp_path)
        assert outbox(tmp_path, "list").stdout == f"{HEADER}\n"
        assert outbox(tmp_path, "list", "--state", "parked").stdout == f"{HEADER}\n"

    def test_a_line_has_as_many_columns_as_the_heading(self, tmp_path: Path) -> None:
        fill(tmp_path, ROUTINE)
        assert rows(tmp_path) == [["1", "waiting", "-", "0", CREATED, CREATED, "-"]]

    def test_a_pause_of_the_queue_is_said_first(self, tmp_path: Path) -> None:
        fill(tmp_path, ROUTINE, ROUTINE)
        assert outbox(tmp_path, "list").stderr == ""
        attempt(tmp_path, ServerResponse(401))
        listed = outbox(tmp_path, "list", "--state", "delivered")
        assert listed.stderr.startswith("The queue is paused: the FHIR server denies access.")
        assert listed.stdout == f"{HEADER}\n"

    def test_urgent_entries_come_first_the_oldest_before_the_others(self, tmp_path: Path) -> None:
        fill(tmp_path, ROUTINE, URGENT, ROUTINE, URGENT)
        assert [(row[0], row[2]) for row in rows(tmp_path)] == [
            ("2", "emergency"),
            ("4", "emergency"),
            ("1", "-"),
            ("3", "-"),
        ]

    def test_a_parked_urgent_entry_stays_first_and_says_why(self, tmp_path: Path) -> None:
        fill(tmp_path, URGENT, ROUTINE)
        attempt(tmp_path, ServerResponse(422, "invalid"))
        (first, _) = rows(tmp_path)
        assert first[:4] == ["1", "parked", "emergency", "1"]
        assert first[5:] == ["-", "the FHIR server returned status 422 (invalid)"]

    def test_a_delivered_entry_is_urgent_no_more(self, tmp_path: Path) -> None:
        fill(tmp_path, URGENT)
        database = Database(f"sqlite:///{tmp_path / 'sural.db'}")
        entry = DatabaseOutbox(database).lease(NOW, NOW + timedelta(minutes=1))
        assert entry is not None
        DatabaseOutbox(database).mark_delivered(entry, NOW, {})
        database.close()
        assert [row[1:3] for row in rows(tmp_path)] == [["delivered", "-"]]

    def test_it_names_no_patient(self, tmp_path: Path) -> None:
        fill(tmp_path, URGENT)
        assert "Patient" not in outbox(tmp_path, "list").stdout


class TestShow:
    def test_it_names_patient_and_resources(self, tmp_path: Path) -> None:
        fill(tmp_path, URGENT)
        lines = [tuple(line.split("\t")) for line in outbox(tmp_path, "show", "1").stdout.splitlines()]
        shown = {line[0]: line[1] for line in lines}
        assert (shown["number"], shown["state"], shown["urgency"]) == ("1", "waiting", "emergency")
        assert (shown["patient"], shown["failures"], shown["sent-by"]) == ("Patient/p1", "0", "-")
        resources = [line[1] for line in lines if line[0] == "resource"]
        assert "QuestionnaireResponse/r-1 version 1" in resources
        assert sum(value.startswith("Task/") for value in resources) == 1

    def test_a_number_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        fill(tmp_path)
        result = outbox(tmp_path, "show", "7")
        assert result.exit_code == 1
        assert "There is no entry 7." in result.stderr


class TestRetryAndPark:
    def test_a_parked_entry_is_due_again(self, tmp_path: Path) -> None:
        fill(tmp_path, URGENT, ROUTINE)
        attempt(tmp_path, ServerResponse(422, "invalid"))
        result = outbox(tmp_path, "retry", "1")
        assert (result.exit_code, result.stderr) == (0, "1 entry is due again.\n")
        assert rows(tmp_path)[0][:2] == ["1", "waiting"]
        assert rows(tmp_path)[0][6] == "-"

    def test_all_entries_of_a_state_are_due_again_and_looked_up_first(self, tmp_path: Path) -> None:
        """After a restore: the FHIR server may have what waits here, and a person may have begun a Task."""
        fill(tmp_path, URGENT, ROUTINE)
        assert outbox(tmp_path, "retry", "--state", "waiting").stderr == "2 entries are due again.\n"
        assert [row[3] for row in rows(tmp_path)] == ["1", "1"]
        assert outbox(tmp_path, "retry", "--state", "parked").stderr == "0 entries are due again.\n"
        assert outbox(tmp_path, "retry").exit_code == 2

    def test_a_waiting_entry_is_parked_and_the_next_one_is_sent(self, tmp_path: Path) -> None:
        fill(tmp_path, ROUTINE, ROUTINE)
        assert outbox(tmp_path, "park", "1").stderr == "1 entry is parked.\n"
        attempt(tmp_path, ServerResponse(503))
        assert [(row[0], row[1], row[3], row[6]) for row in rows(tmp_path)] == [
            ("1", "parked", "0", "parked by an operator"),
            ("2", "waiting", "1", "the FHIR server returned status 503"),
        ]

    def test_what_is_parked_or_not_there_cannot_be_parked_and_the_rest_is(self, tmp_path: Path) -> None:
        fill(tmp_path, ROUTINE, ROUTINE)
        outbox(tmp_path, "park", "1")
        result = outbox(tmp_path, "park", "1", "2", "9")
        assert result.exit_code == 1
        assert "There is no waiting entry 1, 9." in result.stderr
        assert states(tmp_path) == {1: "parked", 2: "parked"}


class TestExport:
    def test_bundles_are_lines_in_the_order_of_the_numbers(self, tmp_path: Path) -> None:
        fill(tmp_path, ROUTINE, URGENT)
        bundles = [json.loads(line) for line in outbox(tmp_path, "export", "2", "1").stdout.splitlines()]
        assert [(bundle["resourceType"], bundle["type"]) for bundle in bundles] == [("Bundle", "transaction")] * 2
        assert [bundle["entry"][0]["resource"]["id"] for bundle in bundles] == ["r-2", "r-1"]

    def test_by_state_the_urgent_ones_come_first(self, tmp_path: Path) -> None:
        fill(tmp_path, ROUTINE, URGENT)
        bundles = [json.loads(line) for line in outbox(tmp_path, "export", "--state", "waiting").stdout.splitlines()]
        assert [bundle["entry"][0]["resource"]["id"] for bundle in bundles] == ["r-2", "r-1"]
        assert outbox(tmp_path, "export", "--state", "parked").stdout == ""

    def test_a_number_that_is_not_there_is_named_and_the_others_are_printed(self, tmp_path: Path) -> None:
        fill(tmp_path, ROUTINE)
        result = outbox(tmp_path, "export", "1", "5")
        assert result.exit_code == 1
        assert len(result.stdout.splitlines()) == 1
        assert "There is no readable entry 5." in result.stderr

    def test_it_must_be_told_which(self, tmp_path: Path) -> None:
        assert outbox(tmp_path, "export").exit_code == 2
        assert outbox(tmp_path, "export", "1", "--state", "parked").exit_code == 2
