"""The outbox: who gets which entry when, and what is left of an entry whose lease ran out."""

from datetime import timedelta

from service.adapters.database import Database
from service.adapters.outbox import DatabaseOutbox
from service.deliver import LEASE
from service.fhir.records import There
from tests.building import NOW, scored
from tests.conftest import Clock, Rest


def fill(rest: Rest, *patients: str) -> None:
    for patient in patients:
        assert rest.post(scored("gad-7", [0] * 7, patient=f"Patient/{patient}")).status_code == 201


def lease(rest: Rest, after: timedelta = timedelta()) -> int | None:
    entry = rest.outbox.lease(NOW + after, NOW + after + LEASE)
    return None if entry is None else entry.id


def test_entries_come_in_order_and_each_once(rest: Rest) -> None:
    fill(rest, "a", "b", "c")
    assert [lease(rest) for _ in range(4)] == [1, 2, 3, None]


def test_of_one_patient_only_the_first_is_in_flight(rest: Rest) -> None:
    fill(rest, "a", "a", "b")
    assert [lease(rest) for _ in range(3)] == [1, 3, None]


def test_a_waiting_entry_holds_back_later_ones_of_its_patient(rest: Rest) -> None:
    fill(rest, "a", "a")
    entry = rest.outbox.lease(NOW, NOW + LEASE)
    assert entry is not None
    rest.outbox.wait(entry, NOW + timedelta(minutes=5), "later")
    assert lease(rest) is None
    assert lease(rest, timedelta(minutes=5)) == 1


def test_a_parked_entry_does_not(rest: Rest) -> None:
    fill(rest, "a", "a")
    entry = rest.outbox.lease(NOW, NOW + LEASE)
    assert entry is not None
    rest.outbox.park(entry, NOW, "refused")
    assert lease(rest) == 2
    assert [(line.id, line.state, line.reason) for line in rest.outbox.lines("parked")] == [(1, "parked", "refused")]


def test_after_its_lease_an_entry_is_given_out_again(rest: Rest) -> None:
    fill(rest, "a")
    assert lease(rest) == 1
    assert lease(rest, LEASE) is None
    assert lease(rest, LEASE + timedelta(seconds=1)) == 1


def test_who_lost_the_lease_cannot_settle_any_more(rest: Rest, database: Database) -> None:
    fill(rest, "a")
    slow = rest.outbox.lease(NOW, NOW + LEASE)
    other = DatabaseOutbox(database)
    other.owner = "another process"
    taken = other.lease(NOW + 2 * LEASE, NOW + 3 * LEASE)
    assert slow is not None
    assert taken is not None
    rest.outbox.park(slow, NOW, "too late")
    other.delivered(taken, NOW, {})
    assert rest.outbox.counts() == {"waiting": 0, "delivered": 1, "parked": 0}


def test_an_operator_can_send_an_entry_again(rest: Rest, clock: Clock) -> None:
    fill(rest, "a")
    entry = rest.outbox.lease(NOW, NOW + LEASE)
    assert entry is not None
    rest.outbox.delivered(entry, NOW, {})
    assert rest.outbox.resend([1, 7], NOW) == 1
    again = rest.outbox.lease(NOW, NOW + LEASE)
    assert again is not None
    assert again.attempts > 0


def test_what_the_server_holds_comes_with_the_next_entry(rest: Rest) -> None:
    response = {**scored("gad-7", [0] * 7), "id": "mine"}
    rest.put(response)
    rest.put({**response, "language": "en"}, version=1)
    first = rest.outbox.lease(NOW, NOW + LEASE)
    assert first is not None
    assert first.there == {}
    url = "QuestionnaireResponse/mine"
    assert first.versions[url] == 1
    rest.outbox.delivered(first, NOW, {url: There(1, "7")})
    second = rest.outbox.lease(NOW, NOW + LEASE)
    assert second is not None
    assert (second.versions, second.there) == ({url: 2}, {url: There(1, "7")})


def test_who_lost_the_lease_changes_nothing_of_what_the_server_holds(rest: Rest) -> None:
    response = {**scored("gad-7", [0] * 7), "id": "mine"}
    rest.put(response)
    slow = rest.outbox.lease(NOW, NOW + LEASE)
    assert slow is not None
    rest.outbox.wait(slow, NOW, "again")
    rest.outbox.delivered(slow, NOW, {"QuestionnaireResponse/mine": There(1, "7")})
    taken = rest.outbox.lease(NOW, NOW + LEASE)
    assert taken is not None
    assert taken.there == {}
