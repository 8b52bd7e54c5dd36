"""The command that checks the questionnaires and the rules."""

import click

from service.adapters.catalogue import BadCatalogue, load_catalogue
from service.cli.command import Stop, configured, main


@main.command()
def check() -> None:
    """Load all questionnaires and mappings and report every fault.

    Looks in SURAL_QUESTIONNAIRES and SURAL_MAPPINGS, else at what the package carries. Exit code 1 when
    there is a fault; the service would refuse to start.
    """
    settings = configured()
    try:
        catalogue = load_catalogue(settings.questionnaires, settings.mappings)
    except BadCatalogue as problem:
        for fault in problem.faults:
            click.echo(fault)
        raise Stop(str(problem)) from None
    rules = catalogue.rules
    flags = {flag.code for own in rules.instruments.values() for flag in own.flags}
    click.echo(
        f"{len(catalogue.questionnaires)} questionnaires, {len(rules.patterns)} patterns, {len(flags)} red flags,"
        f" rule set {rules.version}: no fault."
    )
