"""Checks the chain of hashes of the audit trail."""

from collections.abc import Iterable

from service.adapters.database.access.audit_trail import FIRST, chain_hash
from service.ports.access.audit import AuditRecord, ChainReport


def check_chain(records: Iterable[AuditRecord], known: str | None = None) -> ChainReport:
    """What is broken: a record that was changed, or has another one before it than when it was written.

    ``known`` is a hash that was kept elsewhere: 0 is reported if no record has it, as after a cut of the end.
    """
    previous, expected, broken, found = FIRST, 1, [], known in (None, FIRST)
    for record in records:
        is_next = record.sequence == expected and record.previous == previous
        if not is_next or record.hash != chain_hash(record.previous, record.sequence, record.body):
            broken.append(record.sequence)
        found = found or record.hash == known
        previous, expected = record.hash, record.sequence + 1
    return ChainReport(expected - 1, previous, tuple(broken if found else [0, *broken]))
