"""The audit trail in the database: rows are only added, and each has the hash of the one before.

Whoever changes or removes a row must change all later ones too, and the last hash, which an operator keeps elsewhere.
"""

import hashlib
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from service.adapters.database.access.access_tables import audit
from service.adapters.database.one_connection import Transactions
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.issues import Unavailable
from service.ports.access.audit import AuditRecord

# The key of the lock in PostgreSQL: any number that nothing else uses.
AUDIT_LOCK = 5_127_003
FIRST = "0" * 64
ROWS_AT_A_TIME = 500


class DatabaseAudit:
    """The audit trail: an `AuditTrail` and an `AuditReader`."""

    def __init__(self, database: Transactions) -> None:
        self.database = database

    def append_events(self, events: Sequence[Resource]) -> None:
        """Keeps AuditEvents, in this order. Raises Unavailable if it cannot."""
        if events:
            with self.database.write() as connection:
                insert_events(connection, events)

    def records(self) -> Iterator[AuditRecord]:
        """All records, in order."""
        after = 0
        while True:
            page = select(audit).where(audit.c.sequence > after).order_by(audit.c.sequence).limit(ROWS_AT_A_TIME)
            with self.database.read() as connection:
                rows = connection.execute(page).all()
            yield from (AuditRecord(row.sequence, row.body, row.previous, row.hash) for row in rows)
            if len(rows) < ROWS_AT_A_TIME:
                return
            after = rows[-1].sequence


def insert_events(connection: Connection, events: Sequence[Resource]) -> None:
    """Inserts AuditEvents at the end of the chain. The last statement of its transaction: others wait for it.

    Raises Unavailable if the trail takes no more.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(AUDIT_LOCK)))
    try:
        extend_chain(connection, events)
    except IntegrityError as problem:
        raise Unavailable("the audit trail cannot be written") from problem


def extend_chain(connection: Connection, events: Sequence[Resource]) -> None:
    """Inserts AuditEvents, each with the hash of it and of the one before."""
    last = connection.execute(select(audit.c.sequence, audit.c.hash).order_by(audit.c.sequence.desc()).limit(1))
    sequence, previous = last.first() or (0, FIRST)
    for number, each in enumerate(events, sequence + 1):
        body = encode(each).decode()
        own = chain_hash(previous, number, body)
        connection.execute(insert(audit).values(sequence=number, body=body, previous=previous, hash=own))
        previous = own


def chain_hash(previous: str, sequence: int, body: str) -> str:
    """The hash of a record: of the hash before it, its number, and its text."""
    return hashlib.sha256(f"{previous}\n{sequence}\n{body}".encode()).hexdigest()
