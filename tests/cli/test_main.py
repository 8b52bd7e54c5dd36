"""`sural` lists its commands without importing them, and each command has help."""

import subprocess
import sys
from importlib import import_module

import click
import pytest

from service import __version__
from service.cli.main import COMMANDS
from tests.support.files import ROOT
from tests.support.running.command_line import LOW_MOOD, run_sural

NOT_FOR_SERVE = ("alembic", "fhir.resources", "joserfc", "cryptography", "requests", "fhirpathpy", "psycopg")
RULES = ("service.screening.rules.patterns", "service.screening.rules.assessment", "service.screening.advice.advice")
HEAVY = ("flask", "sqlalchemy", "fhir.resources", "fhirpathpy", "marshmallow", "yaml", "structlog", "requests")
NOT_FOR_VALIDATE = ("flask", "sqlalchemy", "fhirpathpy", "structlog", "requests", *RULES)
IMPORTED = """
import sys
from service.cli import main
try:
    main()
finally:
    print(*sys.modules, sep="\\n", file=sys.stderr)
"""


def imported_modules(*arguments: str) -> set[str]:
    """The modules that `sural` with these arguments imports in a new process."""
    command = [sys.executable, "-c", IMPORTED, *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(result.stderr.splitlines())


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_nothing_heavy_is_imported_for(option: str) -> None:
    assert imported_modules(option).isdisjoint(HEAVY)


def test_validate_imports_neither_rules_nor_what_it_does_not_use() -> None:
    assert imported_modules("validate", LOW_MOOD[0]).isdisjoint(NOT_FOR_VALIDATE)


def test_serve_imports_nothing_that_only_some_settings_need() -> None:
    """Keys of tokens, a FHIR server, PostgreSQL, and the upgrade of tables."""
    assert imported_modules("serve", "--help").isdisjoint(NOT_FOR_SERVE)


@pytest.mark.parametrize("name", ["assess", "explain", "check", "diff"])
def test_a_command_on_files_imports_neither_flask_nor_a_database(name: str) -> None:
    assert imported_modules(name, "--help").isdisjoint(("flask", "sqlalchemy", "requests", "structlog"))


def test_the_version_is_the_one_of_the_package() -> None:
    assert run_sural("--version").output == f"main, version {__version__}\n"


def test_the_help_lists_every_command_with_its_line() -> None:
    listed = [line.split(maxsplit=1) for line in run_sural("--help").output.split("Commands:\n")[1].splitlines()]
    assert listed == [[name, command.summary] for name, command in COMMANDS.items()]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_in_the_list_is_the_first_line_of_the_help(name: str) -> None:
    module = import_module(f"service.cli.{COMMANDS[name].module}")
    command: click.Command = getattr(module, f"{name}_command")
    assert command.name == name
    assert command.help is not None
    assert command.help.splitlines()[0] == COMMANDS[name].summary


OUTBOX = [f"outbox {name}" for name in ("list", "show", "retry", "park", "export")]


@pytest.mark.parametrize("command", [*COMMANDS, *OUTBOX])
def test_every_command_has_help_worth_reading(command: str) -> None:
    result = run_sural(*command.split(), "--help")
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 5


def test_an_unknown_command_is_named() -> None:
    result = run_sural("unknown")
    assert result.exit_code == 2
    assert "No such command 'unknown'" in result.stderr
