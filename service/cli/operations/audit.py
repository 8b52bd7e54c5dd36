"""`sural audit`: verify and export the audit trail."""

import click

from service.adapters.database.access.audit_chain import check_chain
from service.adapters.database.access.audit_trail import DatabaseAudit
from service.adapters.database.engine import Database
from service.cli.arguments import plain_settings, say
from service.cli.failures import CommandFailed, as_plain_errors


@click.group("audit")
def audit_command() -> None:
    """Verify and export the audit trail.

    With access control, each access and each refusal is an AuditEvent. Records are only added: each has the hash of
    the one before.
    """


@audit_command.command("verify")
@click.option("--known", metavar="HASH", help="A hash that was printed before: it must still be in the trail.")
def verify_audit_command(known: str | None) -> None:
    """Check that no record was changed, removed or put in between.

    Prints the number of records and the last hash. Keep the hash elsewhere: with --known it shows later that the end
    was not cut off and the trail was not written anew.
    """
    with as_plain_errors():
        report = check_chain(open_audit().records(), known)
    if report.broken:
        first = report.broken[0]
        what = f"Record {first} was changed, or one before it was removed." if first else "The known hash is not there."
        raise CommandFailed(f"The audit trail is broken. {what}")
    click.echo(f"{report.count} records, last hash {report.last}")


@audit_command.command("export")
@click.option("--after", default=0, metavar="NUMBER", help="Only records after this one.")
def export_audit_command(after: int) -> None:
    """Write the AuditEvents, one per line (NDJSON), the oldest first.

    They name patients and what was searched for: keep the output as safe as the data.
    """
    count = 0
    with as_plain_errors():
        for record in open_audit().records():
            if record.sequence > after:
                click.echo(record.body)
                count += 1
    say(f"{count} AuditEvents.")


def open_audit() -> DatabaseAudit:
    """The audit trail in SURAL_DATABASE, beside a running service. Raises WrongDatabase if its tables are older."""
    database = Database(plain_settings().database, read_only=True)
    database.check_version()
    return DatabaseAudit(database)
