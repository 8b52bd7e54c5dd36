"""The outbox: which entry is leased when, and an entry whose lease has expired."""

from datetime import timedelta

from sqlalchemy import update

from service.adapters.database import tables
from service.adapters.database.engine import Database
from service.adapters.database.outbox import DatabaseOutbox
from service.ports.outbox import ServerVersion
from service.usecases.delivery.deliver import LEASE
from tests.support.building import NOW, scored
from tests.support.rest import Clock, Rest


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
    rest.outbox.postpone(entry, NOW + timedelta(minutes=5), "later")
    assert lease(rest) is None
    assert lease(rest, timedelta(minutes=5)) == 1


def test_a_parked_entry_does_not(rest: Rest) -> None:
    fill(rest, "a", "a")
    entry = rest.outbox.lease(NOW, NOW + LEASE)
    assert entry is not None
    rest.outbox.park(entry, NOW, "refused")
    assert lease(rest) == 2
    assert [(line.id, line.state, line.reason) for line in rest.outbox.list_entries("parked")] == [
        (1, "parked", "refused")
    ]


def another(rest: Rest) -> DatabaseOutbox:
    """The outbox as another process sees it."""
    made = DatabaseOutbox(rest.database)
    made.owner = "another process"
    return made


def test_after_its_lease_an_entry_is_given_out_again(rest: Rest) -> None:
    fill(rest, "a")
    assert lease(rest) == 1
    other = another(rest)
    assert other.lease(NOW + LEASE, NOW + 2 * LEASE) is None
    later = NOW + LEASE + timedelta(seconds=1)
    again = other.lease(later, later + LEASE)
    assert again is not None
    # It may have been sent: the attempt is recorded with the lease.
    assert (again.id, again.attempts, again.failures) == (1, 1, 1)


def test_within_a_process_the_lease_is_aged_by_a_clock_that_nobody_sets(rest: Rest) -> None:
    """A step of the clock by a day, either way, gives nobody the entry that is being sent."""
    seconds = [0.0]
    rest.outbox = DatabaseOutbox(rest.database, lambda: seconds[0])
    fill(rest, "a")
    assert lease(rest) == 1
    assert lease(rest, timedelta(days=1)) is None
    assert lease(rest, -timedelta(days=1)) is None
    seconds[0] = LEASE.total_seconds() + 1
    assert lease(rest, timedelta(days=1)) == 1


def test_after_a_step_back_by_a_day_leases_and_due_times_do_not_last_a_day(rest: Rest) -> None:
    fill(rest, "a", "b")
    day = timedelta(days=1)
    first = rest.outbox.lease(NOW, NOW + LEASE)
    second = rest.outbox.lease(NOW, NOW + LEASE)
    assert first is not None
    assert second is not None
    rest.outbox.postpone(first, NOW + timedelta(hours=1), "later")
    other = another(rest)
    ids = {entry.id for _ in range(2) if (entry := other.lease(NOW - day, NOW - day + LEASE))}
    assert ids == {1, 2}


def test_a_lease_that_began_a_moment_later_is_not_taken_for_a_wrong_clock(rest: Rest) -> None:
    fill(rest, "a")
    assert lease(rest, timedelta(seconds=5)) == 1
    assert another(rest).lease(NOW, NOW + LEASE) is None


def test_a_new_entry_is_due_at_once_whatever_the_clock_of_the_writer(rest: Rest) -> None:
    fill(rest, "a")
    assert lease(rest, -timedelta(minutes=30)) == 1


def test_failures_are_counted_until_a_response_settles_the_entry(rest: Rest) -> None:
    fill(rest, "a")
    counts = []
    for settle in ("failure", "failure", "response", "none"):
        entry = rest.outbox.lease(NOW, NOW + LEASE)
        assert entry is not None
        counts.append((entry.attempts, entry.failures))
        if settle == "failure":
            rest.outbox.record_failure(entry, NOW, "failed" * 1000)
        elif settle == "response":
            rest.outbox.postpone(entry, NOW, "again")
        if settle == "failure":
            assert all(len(line.reason or "") <= 300 for line in rest.outbox.list_entries())
    assert counts == [(0, 0), (1, 1), (2, 2), (3, 0)]


def test_an_entry_that_is_not_readable_is_parked_and_the_next_one_leased(rest: Rest) -> None:
    fill(rest, "a", "b")
    with rest.database.write() as connection:
        connection.execute(update(tables.outbox).where(tables.outbox.c.id == 1).values(changed="{"))
    assert lease(rest) == 2
    assert [(entry.id, entry.reason) for entry in rest.outbox.list_entries("parked")] == [
        (1, "the stored entry is not readable")
    ]


def test_who_lost_the_lease_cannot_settle_any_more(rest: Rest, database: Database) -> None:
    fill(rest, "a")
    slow = rest.outbox.lease(NOW, NOW + LEASE)
    other = DatabaseOutbox(database)
    other.owner = "another process"
    taken = other.lease(NOW + 2 * LEASE, NOW + 3 * LEASE)
    assert slow is not None
    assert taken is not None
    rest.outbox.park(slow, NOW, "too late")
    other.mark_delivered(taken, NOW, {})
    assert rest.outbox.count_entries() == {"waiting": 0, "delivered": 1, "parked": 0}


def test_an_operator_can_send_an_entry_again(rest: Rest, clock: Clock) -> None:
    fill(rest, "a")
    entry = rest.outbox.lease(NOW, NOW + LEASE)
    assert entry is not None
    rest.outbox.mark_delivered(entry, NOW, {})
    assert rest.outbox.retry([1, 7], NOW) == [1]
    again = rest.outbox.lease(NOW, NOW + LEASE)
    assert again is not None
    assert again.attempts > 0


def test_what_the_server_holds_comes_with_the_next_entry(rest: Rest) -> None:
    response = {**scored("gad-7", [0] * 7), "id": "mine"}
    rest.put(response)
    rest.put({**response, "language": "en"}, version=1)
    first = rest.outbox.lease(NOW, NOW + LEASE)
    assert first is not None
    assert first.server_versions == {}
    url = "QuestionnaireResponse/mine"
    assert first.versions[url] == 1
    rest.outbox.mark_delivered(first, NOW, {url: ServerVersion(1, "7")})
    second = rest.outbox.lease(NOW, NOW + LEASE)
    assert second is not None
    assert (second.versions, second.server_versions) == ({url: 2}, {url: ServerVersion(1, "7")})


def test_who_lost_the_lease_changes_nothing_of_what_the_server_holds(rest: Rest) -> None:
    response = {**scored("gad-7", [0] * 7), "id": "mine"}
    rest.put(response)
    slow = rest.outbox.lease(NOW, NOW + LEASE)
    assert slow is not None
    rest.outbox.postpone(slow, NOW, "again")
    rest.outbox.mark_delivered(slow, NOW, {"QuestionnaireResponse/mine": ServerVersion(1, "7")})
    taken = rest.outbox.lease(NOW, NOW + LEASE)
    assert taken is not None
    assert taken.server_versions == {}
