"""The command that checks the questionnaires and the rules."""

from collections.abc import Iterable

import click

from service.adapters.audit import audit
from service.adapters.catalogue import BadCatalogue, Catalogue, load_catalogue
from service.adapters.coverage import Covered, coverage
from service.cli.command import Stop, configured, main


@main.command()
@click.option("--coverage", "with_coverage", is_flag=True, help="List where each fact of the documents has its place.")
def check(with_coverage: bool) -> None:
    """Load all questionnaires and mappings and report every fault.

    Looks in SURAL_QUESTIONNAIRES and SURAL_MAPPINGS, else at what the package carries. Faults of the first kind
    keep the service from starting: names that nothing has, missing sources or texts, gaps between bands, words
    that no patient may read. When there are none, those that it could run with follow: options, features and
    facts that nothing uses, and rules that no answers can reach. Exit code 1 when there is a fault.
    """
    settings = configured()
    try:
        catalogue = load_catalogue(settings.questionnaires, settings.mappings)
    except BadCatalogue as problem:
        raise failed(problem.faults, str(problem)) from None
    if with_coverage:
        show(list(coverage(catalogue)))
    faults = audit(catalogue)
    if faults:
        raise failed(faults, f"{len(faults)} fault(s) in questionnaires/ and mappings/")
    if not with_coverage:
        click.echo(summary(catalogue))


def failed(faults: Iterable[str], text: str) -> Stop:
    """Writes the faults down; what remains is to stop."""
    for fault in faults:
        click.echo(fault)
    return Stop(text)


def summary(catalogue: Catalogue) -> str:
    """What there is, in one line."""
    rules = catalogue.rules
    flags = {flag.code for own in rules.instruments.values() for flag in own.flags}
    return (
        f"{len(catalogue.questionnaires)} questionnaires, {len(rules.patterns)} patterns, {len(flags)} red flags,"
        f" rule set {rules.version}: no fault."
    )


def show(facts: list[Covered]) -> None:
    """A table of facts: id, kinds, and the places or the reason why there is none."""
    for fact in facts:
        places = "; ".join(fact.places) or (f"left out: {fact.reason}" if fact.reason else "NO PLACE")
        click.echo(f"{fact.fact}\t{', '.join(fact.kinds)}\t{places}")
    placed, lost = sum(bool(fact.places) for fact in facts), sum(fact.lost for fact in facts)
    left_out = len(facts) - placed - lost
    click.echo(f"{len(facts)} facts: {placed} have a place, {left_out} are left out with a reason, {lost} are lost.")
