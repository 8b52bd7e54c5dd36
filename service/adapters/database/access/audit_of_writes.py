"""The audit trail of a writing transaction: the AuditEvents of what it writes are its last rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from service.adapters.database.access.audit_trail import insert_events
from service.ports.access.audit import WriteAudit, Written
from service.ports.submissions import NewSubmission, ResponseRevision


@dataclass(frozen=True)
class AuditOfWrites:
    """Writes the AuditEvents of each write; within a transaction of several writes, at its end. Without ``audit`` none.

    PostgreSQL keeps the lock of the trail until the end of a transaction: nothing may wait for a lock after it.
    """

    audit: WriteAudit | None
    is_open: bool = False
    pending: list[Written] = field(default_factory=list)

    def of_transaction(self) -> "AuditOfWrites":
        """The audit of the writes of one transaction."""
        return AuditOfWrites(self.audit, is_open=True)

    def add(self, connection: Connection, written: Sequence[Written]) -> None:
        """Writes the AuditEvents of a write, or remembers it until the end of the transaction."""
        if self.is_open:
            self.pending.extend(written)
        elif self.audit is not None:
            insert_events(connection, self.audit.events_of(written))

    def settle(self, is_committed: bool) -> None:
        """Says whether the transaction was committed, or undone. Within a transaction its end says so."""
        if self.audit is not None and not self.is_open:
            self.audit.settle(is_committed)

    def write_pending(self, connection: Connection) -> None:
        """Writes the AuditEvents of a transaction."""
        if self.audit is not None and self.pending:
            insert_events(connection, self.audit.events_of(self.pending))


def written_by_submission(new: NewSubmission) -> list[Written]:
    """The responses that a submission creates. Its results are derived from them, and named by their Provenance."""
    return [
        Written("create", f"QuestionnaireResponse/{source.id}", source.response.patient)
        for source in new.submission.own_sources
    ]


def written_by_amendment(revision: ResponseRevision) -> list[Written]:
    """The response that an amendment updates."""
    source = revision.source
    return [Written("update", f"QuestionnaireResponse/{source.id}", source.response.patient)]
