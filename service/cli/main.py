"""The group `sural`: the name and the one-line help of each command. A command is imported only when it runs.

`sural --version` and `sural --help` therefore import neither Flask nor SQLAlchemy nor fhir.resources
(tests/cli/test_main.py); `make bench` shows the processor time of both.
"""

import os
from importlib import import_module
from types import MappingProxyType
from typing import NamedTuple

import click

from service import __version__
from service.kept_objects import keeping_objects

# The rights that others have on a new file, and its group.
OTHERS = 0o077


class ListedCommand(NamedTuple):
    """The module of a command, and the first line of its help. The module has a function `<name>_command`."""

    module: str
    summary: str


COMMANDS = MappingProxyType(
    {
        "assess": ListedCommand("responses.assess", "Print the Bundle that responses of one patient would result in."),
        "audit": ListedCommand("operations.audit", "Verify and export the audit trail."),
        "check": ListedCommand("rules.check", "Load all questionnaires and mappings, and report every fault."),
        "diff": ListedCommand("rules.diff", "Show which findings change between two versions of the rules."),
        "edition": ListedCommand("rules.edition", "Draft the edition of another publisher's Questionnaire."),
        "erase": ListedCommand("operations.erase", "Delete everything of one patient, after an export."),
        "explain": ListedCommand("responses.explain", "Print the reasons for the findings of one patient."),
        "link": ListedCommand("operations.link", "Make, list and revoke links by which a patient opens forms."),
        "migrate": ListedCommand("serving.migrate", "Create or upgrade the tables in SURAL_DATABASE."),
        "move": ListedCommand("operations.move", "Move everything of one patient to another record."),
        "outbox": ListedCommand("operations.outbox", "List, show, retry, park and export outbox entries."),
        "package": ListedCommand("operations.package", "Write our published resources as a FHIR package."),
        "population": ListedCommand("population.population", "Export all coded answers, and assess all at once."),
        "publish": ListedCommand("operations.publish", "Write our published resources to the FHIR server."),
        "pull": ListedCommand("operations.pull", "Pick up responses that others wrote to the FHIR server."),
        "refused": ListedCommand("operations.refused", "List, show and drop the traces of refused responses."),
        "serve": ListedCommand("serving.serve", "Serve the FHIR interface, and deliver to the FHIR server."),
        "store": ListedCommand("operations.store", "Check what is stored in SURAL_DATABASE."),
        "subscribe": ListedCommand("operations.subscribe", "Install our Subscription on the FHIR server."),
        "validate": ListedCommand("responses.validate", "Validate QuestionnaireResponses or Questionnaires."),
        "worker": ListedCommand("serving.worker", "Deliver to the FHIR server, as a separate process."),
    }
)


class LazyGroup(click.Group):
    """A group of the commands in COMMANDS. The help lists them without importing their modules."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the module of the command; None if there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        with keeping_objects():
            module = import_module(f"service.cli.{COMMANDS[cmd_name].module}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, listed.summary) for name, listed in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def main() -> None:
    """A FHIR R4 questionnaire service for leg pain, anxiety (GAD-7) and depression (PHQ-9).

    Settings are environment variables with names that start with SURAL_; docs/operations.md lists them.
    Results go to standard output, everything else goes to standard error.
    """
    # The database, its lock and what is exported have answers of patients: for the user of the service alone.
    os.umask(os.umask(OTHERS) | OTHERS)
