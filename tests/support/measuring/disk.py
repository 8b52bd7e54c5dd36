"""The bytes on disk for each byte received, with all indexes, before and after delivery, on SQLite and PostgreSQL.

PostgreSQL is vacuumed on the way, as it does by itself in service. Its log and that of SQLite are not counted: they do
not grow with what is stored.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta

from service.adapters.database.engine import Database
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.ports.outbox import ServerVersion
from tests.support.building import response, with_total
from tests.support.measuring.accepting import empty_site
from tests.support.measuring.figures import Figure
from tests.support.measuring.stages import ANSWERS
from tests.support.rest import Clock, Rest, rest_on

UNTIL_VACUUM = 500
APART = timedelta(milliseconds=7)
LEASE = timedelta(seconds=150)
# Patients are not met in the order of their names.
STEP, PATIENTS = 7_919, 100_003
SIZE = """SELECT sum(pg_total_relation_size(oid)) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""
# How many acts of each form: so many that the first pages of forty tables and indexes weigh little.
FORMS: dict[str, tuple[int, Callable[[str], Resource]]] = {
    "PHQ-9": (6_000, lambda patient: with_total("phq-9", 12, patient=patient)),
    "leg pain": (2_000, lambda patient: response("leg-pain", ANSWERS, patient=patient)),
}


def measure_disk(name: str) -> Iterator[Figure]:
    """The rows of each form."""
    for form, (acts, build) in FORMS.items():
        with ExitStack() as stack:
            site = stack.enter_context(empty_site(name))
            database = stack.enter_context(closing(Database(site.url)))
            database.create()
            clock = Clock()
            rest, empty = rest_on(database, clock), bytes_of(database)
            received = sum(post_one(rest, clock, build(patient_name(number))) for number in range(acts))
            waiting = bytes_of(database) - empty
            assert deliver_all(rest, database, clock) == acts
            delivered = bytes_of(database) - empty
        yield Figure(f"{name}, {form}: received for each act", received / acts, "bytes")
        yield Figure(f"{name}, {form}: on disk for each byte received, not delivered", waiting / received, "bytes")
        yield Figure(f"{name}, {form}: on disk for each byte received, delivered", delivered / received, "bytes")


def patient_name(number: int) -> str:
    """The reference to a patient."""
    return f"Patient/p-{number * STEP % PATIENTS}"


def post_one(rest: Rest, clock: Clock, resource: Resource) -> int:
    """Posts a response that was written now. Returns its bytes."""
    clock.now += APART
    body = encode({**resource, "authored": format_instant(clock.now)})
    answer = rest.post(body)
    assert answer.status_code == 201, answer.data
    return len(body)


def deliver_all(rest: Rest, database: Database, clock: Clock) -> int:
    """Marks each entry as delivered to a server that gives each resource a version. Returns their number."""
    count = 0
    while (entry := rest.outbox.lease(clock.now, clock.now + LEASE)) is not None:
        landed = {address: ServerVersion(number, "1") for address, number in entry.versions.items()}
        rest.outbox.mark_delivered(entry, clock.now, landed)
        count += 1
        if not count % UNTIL_VACUUM:
            bytes_of(database)
    return count


def bytes_of(database: Database) -> int:
    """The bytes of all tables and indexes, after the database has tidied up."""
    if database.is_sqlite:
        with closing(database.writer.raw_connection()) as raw, closing(raw.cursor()) as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return database.path.stat().st_size
    with database.writer.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM")
    with database.read() as connection:
        return int(connection.exec_driver_sql(SIZE).scalar_one())
