"""What all commands share: the group they belong to, the settings, and how a command ends with a plain sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from service import __version__
from service.adapters.catalogue import BadCatalogue
from service.adapters.database import WrongDatabase
from service.fhir.encoding import pretty
from service.fhir.outcomes import outcome
from service.logs import configure
from service.screening.faults import Rejected, Unavailable
from service.settings import Settings, WrongSetting, read_settings

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Stop(click.ClickException):
    """Ends a command with a plain sentence and exit code 1."""


class NotTold(Stop):
    """Ends a command that could not do what was asked, with exit code 2."""

    exit_code = 2


@contextmanager
def plainly() -> Iterator[None]:
    """Turns what can go wrong at start into a plain sentence."""
    try:
        yield
    except (WrongSetting, WrongDatabase, Unavailable) as problem:
        raise Stop(str(problem)) from None
    except BadCatalogue as problem:
        raise Stop("\n".join([f"{problem}:", *problem.faults])) from None
    except Rejected as problem:
        raise Stop(pretty(outcome(problem.faults))) from None


def configured() -> Settings:
    """The settings, with the log set up as they say."""
    with plainly():
        settings = read_settings()
    configure(settings.log_level)
    return settings


def say(text: str) -> None:
    """A line for the person at the terminal."""
    click.echo(text, err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def main() -> None:
    """A FHIR R4 questionnaire service for leg pain, anxiety (GAD-7) and depression (PHQ-9).

    Settings come from the environment and are named SURAL_...; docs/operations.md lists them all.
    Results go to standard output, everything else to standard error.
    """
