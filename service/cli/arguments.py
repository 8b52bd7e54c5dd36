"""Types of arguments that several commands accept, the settings, and messages to the terminal."""

from pathlib import Path

import click

from service.cli.failures import as_plain_errors
from service.settings import Settings, read_settings

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def plain_settings() -> Settings:
    """The settings. Raises CommandFailed with a plain text if a setting is wrong."""
    with as_plain_errors():
        return read_settings()


def logged_settings() -> Settings:
    """The settings, for a command that writes the log: the log is set to SURAL_LOG_LEVEL."""
    from service.logs import configure

    settings = plain_settings()
    configure(settings.log_level)
    return settings


def say(text: str) -> None:
    """Writes a line for the person at the terminal, to standard error."""
    click.echo(text, err=True)
