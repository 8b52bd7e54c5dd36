"""Every condition and every use of a fact in the files, for checks that need all of them."""

from collections.abc import Iterable, Iterator

from service.adapters.mappings.catalogue import LoadedCatalogue
from service.screening.advice.advice import FindingAdvice, Step, Tip
from service.screening.rules.assessment import InstrumentRules
from service.screening.rules.case import Condition
from service.screening.rules.patterns import Line, Pattern

# Conditions with their locations, e.g. "leg-pain.yaml: flags.fever.levels[0]".
LocatedConditions = Iterator[tuple[str, Condition]]
# The id of a fact, and its use, e.g. "red flag fever".
FactUse = tuple[str, str]


def condition_uses(catalogue: LoadedCatalogue) -> LocatedConditions:
    """Every condition of a rule, a feature or a tip."""
    for instrument in catalogue.rules.instruments.values():
        for flag in instrument.flags:
            location = f"{instrument.name}.yaml: flags.{flag.code}.levels"
            yield from ((f"{location}[{n}]", level.when) for n, level in enumerate(flag.levels))
    for feature in catalogue.rules.features.values():
        yield f"features.{feature.id}", feature.when
        if feature.in_flags is not None:
            yield f"features.{feature.id}.in-flags", feature.in_flags
    for pattern in catalogue.rules.patterns:
        yield from gate_conditions(pattern)
        yield from pattern_conditions(pattern)
    for tip in all_tips(catalogue):
        if tip.unless is not None:
            yield f"advice.yaml: self-care.{tip.id}.unless", tip.unless


def gate_conditions(pattern: Pattern) -> LocatedConditions:
    """The gate of a pattern."""
    yield from ((f"patterns.yaml: {pattern.id}.gate[{n}]", condition) for n, condition in enumerate(pattern.gate))


def pattern_conditions(pattern: Pattern) -> LocatedConditions:
    """The conditions of a pattern without its gate."""
    location = f"patterns.yaml: {pattern.id}"
    yield from ((f"{location}.{line_location}", line.when) for line_location, line in pattern_lines(pattern))
    for name, shift in (("raise-band", pattern.raise_band), ("cap-band", pattern.cap_band)):
        if shift is not None:
            yield f"{location}.{name}", shift.when
    yield from ((f"{location}.urgency[{n}]", line.when) for n, line in enumerate(pattern.urgency))
    yield from ((f"{location}.at-least[{n}]", entry.when) for n, entry in enumerate(pattern.at_least))


def pattern_lines(pattern: Pattern) -> Iterator[tuple[str, Line]]:
    """The lines of evidence with their locations in the pattern, e.g. ``supports[0]``."""
    for name, sign in (("supports", 1), ("opposes", -1)):
        yield from ((f"{name}[{n}]", line) for n, line in enumerate(ln for ln in pattern.lines if ln.weight * sign > 0))


def fact_uses(catalogue: LoadedCatalogue) -> Iterator[FactUse]:
    """Every fact that is the basis of a question, a rule or a piece of advice, with that use."""
    for link_id, asked in catalogue.asks.items():
        yield from with_use(asked, f"question {link_id}")
    for instrument in catalogue.rules.instruments.values():
        yield from instrument_fact_uses(instrument)
    for feature in catalogue.rules.features.values():
        yield from with_use(feature.facts, f"feature {feature.id}")
    for pattern in catalogue.rules.patterns:
        shifts = [shift for shift in (pattern.raise_band, pattern.cap_band) if shift is not None]
        facts = [fact for group in (pattern.lines, pattern.urgency, shifts) for entry in group for fact in entry.facts]
        yield from with_use([*pattern.facts, *facts], f"pattern {pattern.id}")
    for step in all_steps(catalogue):
        yield from with_use(step.facts, f"next step {step.id}")
    for tip in all_tips(catalogue):
        yield from with_use(tip.facts, f"self-care {tip.id}")
    yield from with_use(catalogue.advice.never_facts, "what patients never read")


def instrument_fact_uses(instrument: InstrumentRules) -> Iterator[FactUse]:
    """The facts of the scores and red flags of one instrument."""
    for score in instrument.scores:
        yield from with_use(score.facts, f"score {score.id}")
    for flag in instrument.flags:
        yield from with_use(flag.facts, f"red flag {flag.code}")


def with_use(facts: Iterable[str], use: str) -> Iterator[FactUse]:
    """Each fact with the same use."""
    return ((fact, use) for fact in facts)


def all_steps(catalogue: LoadedCatalogue) -> Iterable[Step]:
    """Every next step that advice names, once."""
    return {step.id: step for advice in all_finding_advice(catalogue) for step in advice.steps}.values()


def all_tips(catalogue: LoadedCatalogue) -> Iterable[Tip]:
    """Every tip that advice names, once."""
    return {tip.id: tip for advice in all_finding_advice(catalogue) for tip in advice.tips}.values()


def all_finding_advice(catalogue: LoadedCatalogue) -> Iterator[FindingAdvice]:
    """The advice on each red flag and each pattern."""
    yield from catalogue.advice.flags.values()
    yield from catalogue.advice.patterns.values()
