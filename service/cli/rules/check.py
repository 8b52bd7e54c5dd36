"""`sural check`: faults in questionnaires/ and mappings/."""

from collections.abc import Sequence
from typing import NoReturn

import click

from service.adapters.mappings.catalogue import LoadedCatalogue, load_catalogue
from service.adapters.mappings.checks.cross_references import flags_below_same_day, unused_codes
from service.adapters.mappings.checks.fact_coverage import CoveredFact, fact_coverage
from service.adapters.mappings.checks.fault_places import faults_with_places
from service.adapters.mappings.checks.score_faults import differing_expressions, unfilled_totals
from service.adapters.mappings.checks.unused_content import find_unused
from service.adapters.mappings.published_forms import BadCatalogue, data_folder
from service.cli.arguments import plain_settings
from service.cli.failures import CommandFailed


@click.command("check")
@click.option("--coverage", "with_coverage", is_flag=True, help="List every fact with the places that use it.")
def check_command(with_coverage: bool) -> None:
    """Load all questionnaires and mappings, and report every fault.

    Reads SURAL_QUESTIONNAIRES and SURAL_MAPPINGS, otherwise the files in the package. First it reports faults that
    keep the service from starting: unknown names, missing sources or texts, gaps between bands, words that patients
    must not read. If there are none, it reports content without effect: options, features and facts that nothing
    uses, and rules that no answers can satisfy. Exit code 1 if there is a fault.
    """
    settings = plain_settings()
    folders = [data_folder("questionnaires", settings.questionnaires), data_folder("mappings", settings.mappings)]
    read = f"Read {folders[0]} and {folders[1]}."
    try:
        catalogue = load_catalogue(settings.questionnaires, settings.mappings)
    except BadCatalogue as problem:
        print_and_fail(problem.faults, f"{problem}. {read}")
    if with_coverage:
        print_coverage(list(fact_coverage(catalogue)))
    faults = [
        *flags_below_same_day(catalogue.rules),
        *find_unused(catalogue),
        *unused_codes(catalogue.rules, catalogue.codes.displays, catalogue.codes.bindings),
        *unfilled_totals(catalogue, catalogue.rules),
        *differing_expressions(catalogue, catalogue.rules),
    ]
    if faults:
        faults = faults_with_places(faults, folders[1])
        print_and_fail(faults, f"{len(faults)} fault(s) in questionnaires/ and mappings/. {read}")
    if not with_coverage:
        click.echo(read)
        click.echo(catalogue_summary(catalogue))


def print_and_fail(faults: Sequence[str], text: str) -> NoReturn:
    """Prints the faults. Raises CommandFailed."""
    for fault in faults:
        click.echo(fault)
    raise CommandFailed(text)


def catalogue_summary(catalogue: LoadedCatalogue) -> str:
    """The size of the catalogue in one line."""
    rules = catalogue.rules
    flags = {flag.code for own in rules.instruments.values() for flag in own.flags}
    return (
        f"{len(catalogue.questionnaires)} questionnaires, {len(rules.patterns)} patterns, {len(flags)} red flags,"
        f" rule set {rules.version}: no fault."
    )


def print_coverage(facts: Sequence[CoveredFact]) -> None:
    """Prints one line per fact: id, kinds, and the places that use it or the reason why there are none."""
    for fact in facts:
        places = "; ".join(fact.uses) or (f"left out: {fact.reason}" if fact.reason else "NO PLACE")
        click.echo(f"{fact.fact}\t{', '.join(fact.kinds)}\t{places}")
    placed, lost = sum(bool(fact.uses) for fact in facts), sum(fact.lost for fact in facts)
    left_out = len(facts) - placed - lost
    click.echo(f"{len(facts)} facts: {placed} have a place, {left_out} are left out with a reason, {lost} are lost.")
