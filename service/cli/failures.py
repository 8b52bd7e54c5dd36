"""How a command fails: one plain sentence on standard error and an exit code, never a traceback."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import click

from service.issues import CannotStart, Issue, Rejected, Unavailable, UnreadableStore


class CommandFailed(click.ClickException):
    """Ends a command with exit code 1 and its text on standard error."""


class NoResult(CommandFailed):
    """Ends a command with exit code 2: its question has no answer, for example because the input is unreadable."""

    exit_code = 2


@contextmanager
def as_plain_errors() -> Iterator[None]:
    """Raises CommandFailed with a plain text instead of a failure that the user of the command can correct."""
    try:
        yield
    except CannotStart as problem:
        text = str(problem)
        raise CommandFailed("\n".join([f"{text}:", *problem.faults]) if problem.faults else text) from None
    except Unavailable as problem:
        raise CommandFailed(str(problem)) from None
    except UnreadableStore:
        raise CommandFailed("Something stored cannot be read. Run: sural store check") from None
    except Rejected as problem:
        raise CommandFailed(outcome_text(problem.issues)) from None


def outcome_text(issues: Iterable[Issue]) -> str:
    """The issues as an OperationOutcome in indented JSON."""
    from service.fhir.r4.operation_outcome import outcome
    from service.fhir.r4.strict_json import pretty

    return pretty(outcome(issues))
