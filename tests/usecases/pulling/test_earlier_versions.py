"""A response that changed twice between two readings: each version is assessed, in its order."""

from typing import Any

import pytest

from service.fhir.r4.types import Resource
from service.usecases.pulling import earlier_versions
from service.usecases.pulling.fetch import Puller
from service.usecases.pulling.pull import pull_next
from tests.support.building import with_total
from tests.support.logging import Log
from tests.support.other_systems.portal_server import PortalServer
from tests.support.rest import Rest
from tests.usecases.pulling.test_pick_up import deliver

ADDRESS = "QuestionnaireResponse/77"


def phq(total: int, last: int = 0, **elements: Any) -> Resource:
    safe = {"safe-now": ["yes"]} if last else {}
    return {**with_total("phq-9", total, last, answers=safe), "id": "77", **elements}


def pull(puller: Puller, server: PortalServer) -> None:
    server.clock.forward(minutes=2)
    while pull_next(puller):
        pass


def totals(rest: Rest) -> list[int]:
    """The totals of all versions, the oldest first."""
    (score,) = rest.found("Observation?code=http://loinc.org|44261-6")
    entries = rest.get(f"Observation/{score['id']}/_history").get_json()["entry"]
    return [entry["resource"]["valueQuantity"]["value"] for entry in reversed(entries)]


def test_the_danger_sign_of_a_version_in_the_middle_has_its_task(
    rest: Rest, puller: Puller, server: PortalServer
) -> None:
    server.write(phq(12))
    pull(puller, server)
    server.write(phq(12, 3, status="amended"))
    server.write(phq(9, status="amended"))
    pull(puller, server)
    assert totals(rest) in ([12, 12, 9], [12, 9])
    assert len(rest.found("Task?patient=p1")) == 1
    versions = rest.get("QuestionnaireResponse/77/_history").get_json()["entry"]
    assert len(versions) == 3


def test_so_have_those_before_the_first_reading(rest: Rest, puller: Puller, server: PortalServer) -> None:
    server.write(phq(12, 3))
    server.write(phq(9, status="amended"))
    pull(puller, server)
    assert len(rest.found("Task?patient=p1")) == 1
    assert totals(rest) == [12, 9]


def test_a_version_that_was_seen_is_not_read_again(rest: Rest, puller: Puller, server: PortalServer) -> None:
    server.write(phq(12))
    pull(puller, server)
    server.write(phq(9, status="amended"))
    pull(puller, server)
    assert totals(rest) == [12, 9]
    assert not [path for path in server.asked if "_history" in path]


def test_our_own_version_is_not_read_either(rest: Rest, puller: Puller, server: PortalServer) -> None:
    assert rest.put({**phq(12), "id": "a-77"}).status_code == 201
    server.clock.forward(minutes=1)
    deliver(rest, server)
    server.write(phq(9, id="a-77", status="amended"))
    pull(puller, server)
    assert totals(rest) == [12, 9]
    assert not [path for path in server.asked if "_history" in path]


def test_a_server_without_old_versions_gives_the_current_one_and_it_is_logged(
    rest: Rest, puller: Puller, server: PortalServer, logged: Log
) -> None:
    server.keeps_versions = False
    for total in (12, 10, 9):
        server.write(phq(total))
    pull(puller, server)
    assert totals(rest) == [9]
    lines = [line for line in logged.lines if line["event"] == "earlier_versions_not_read"]
    assert [(line["level"], line["count"], line["status"]) for line in lines] == [("warning", 2, 405)]


def test_a_version_that_was_deleted_is_left_out(rest: Rest, puller: Puller, server: PortalServer) -> None:
    for total in (12, 10, 9):
        server.write(phq(total))
    del server.versions[f"{ADDRESS}/_history/2"]
    pull(puller, server)
    assert totals(rest) == [12, 9]


def test_of_many_versions_the_latest_are_read(
    rest: Rest, puller: Puller, server: PortalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(earlier_versions, "MOST", 2)
    for total in (13, 12, 11, 10, 9):
        server.write(phq(total))
    pull(puller, server)
    assert totals(rest) == [11, 10, 9]


@pytest.mark.parametrize("version", ["a", "²", ""])
def test_versions_that_are_no_numbers_are_not_guessed(
    rest: Rest, puller: Puller, server: PortalServer, version: str
) -> None:
    server.write(phq(12))
    server.stored[ADDRESS]["meta"]["versionId"] = version
    pull(puller, server)
    assert totals(rest) == [12]
    assert not [path for path in server.asked if "_history" in path]
