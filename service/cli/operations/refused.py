"""`sural refused`: list, show and drop the traces of refused responses."""

from collections.abc import Sequence

import click

from service.adapters.database.engine import Database
from service.adapters.database.refusals import DatabaseRefusals
from service.cli.arguments import plain_settings, say
from service.cli.failures import CommandFailed, as_plain_errors
from service.fhir.r4.datetimes import format_instant
from service.ports.refusals import Refusal, RefusedAnswer


@click.group("refused")
def refused_command() -> None:
    """List, show and drop the traces of refused responses.

    A trace has the time, the Patient, the faults and the answers to safety questions, as far as they could be read.
    The response itself is not kept.
    """


@refused_command.command("list")
@click.option("--signs", is_flag=True, help="Only responses with a danger sign, such as PHQ-9 item 9 above zero.")
def list_refused_command(signs: bool) -> None:
    """List the refused responses, one per line, the oldest first.

    The columns are number, time, HTTP status, Patient, answers to safety questions, and the faults.
    """
    with as_plain_errors():
        found = open_to_read().list_refusals()
    for refusal in found:
        if refusal.has_sign or not signs:
            click.echo(refusal_line(refusal))


def open_to_read() -> DatabaseRefusals:
    """The traces in SURAL_DATABASE, beside a running service. Raises WrongDatabase if its tables are older."""
    database = Database(plain_settings().database, read_only=True)
    database.check_version()
    return DatabaseRefusals(database)


def refusal_line(refusal: Refusal) -> str:
    """The columns of a refused response, separated by tabs."""
    answers = "; ".join(refused_answer_text(answer) for answer in refusal.answers)
    columns = (refusal.id, format_instant(refusal.at), refusal.status, refusal.subject or "-", answers or "-")
    return "\t".join(str(column) for column in (*columns, "; ".join(fault_lines(refusal))))


def refused_answer_text(answer: RefusedAnswer) -> str:
    """One safety answer, such as "PHQ-9 item 9: Several days (danger sign)"."""
    return f"{answer.question}: {', '.join(answer.options)}" + (" (danger sign)" if answer.is_sign else "")


def fault_lines(refusal: Refusal) -> list[str]:
    """The faults; the last line says how many are not kept."""
    more = refusal.fault_count - len(refusal.faults)
    return [*refusal.faults, *([f"and {more} more"] if more else [])]


@refused_command.command("show")
@click.argument("number", type=int)
def show_refused_command(number: int) -> None:
    """Show one refused response, by number."""
    with as_plain_errors():
        refusal = open_to_read().find_refusal(number)
    if refusal is None:
        raise CommandFailed(f"There is no refused response {number}. Run: sural refused list")
    lines = [
        f"time: {format_instant(refusal.at)}",
        f"status: {refusal.status}",
        f"request: {refusal.request or '-'}",
        f"subject: {refusal.subject or 'not readable'}",
        *(refused_answer_text(answer) for answer in refusal.answers),
        *(f"fault: {line}" for line in fault_lines(refusal)),
    ]
    click.echo("\n".join(lines))


@refused_command.command("drop")
@click.argument("numbers", nargs=-1, required=True, type=int)
def drop_refused_command(numbers: Sequence[int]) -> None:
    """Delete traces, by number.

    With SQLite, stop the service first.
    """
    settings = plain_settings()
    with as_plain_errors():
        database = Database(settings.database)
        database.create_or_check()
        count = DatabaseRefusals(database).drop_refusals(numbers)
        database.close()
    say(f"{count} refused responses are dropped.")
