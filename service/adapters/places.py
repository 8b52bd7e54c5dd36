"""Every condition, and every use of a fact, with its place in the files: for checks that look at all of them."""

from collections.abc import Iterable, Iterator

from service.adapters.catalogue import Catalogue
from service.screening.advice import Step, Tip, Voices
from service.screening.assessment import InstrumentRules
from service.screening.case import Condition
from service.screening.patterns import Line, Pattern

Placed = Iterator[tuple[str, Condition]]
Use = tuple[str, str]


def conditions(catalogue: Catalogue) -> Placed:
    """Every condition of a rule, a feature or a piece of advice."""
    for own in catalogue.rules.instruments.values():
        for flag in own.flags:
            where = f"{own.name}.yaml: flags.{flag.code}.levels"
            yield from ((f"{where}[{n}]", level.when) for n, level in enumerate(flag.levels))
    for feature in catalogue.rules.features.values():
        yield f"features.{feature.id}", feature.when
        if feature.in_flags is not None:
            yield f"features.{feature.id}.in-flags", feature.in_flags
    for pattern in catalogue.rules.patterns:
        yield from of_gate(pattern)
        yield from of_pattern(pattern)
    for tip in tips(catalogue):
        if tip.unless is not None:
            yield f"advice.yaml: self-care.{tip.id}.unless", tip.unless


def of_gate(pattern: Pattern) -> Placed:
    """The conditions without which a pattern is not looked at."""
    yield from ((f"patterns.yaml: {pattern.id}.gate[{n}]", part) for n, part in enumerate(pattern.gate))


def of_pattern(pattern: Pattern) -> Placed:
    """The other conditions of a pattern."""
    where = f"patterns.yaml: {pattern.id}"
    yield from ((f"{where}.{place}", line.when) for place, line in lines(pattern))
    for name, shift in (("raise-band", pattern.raise_band), ("cap-band", pattern.cap_band)):
        if shift is not None:
            yield f"{where}.{name}", shift.when
    yield from ((f"{where}.urgency[{n}]", line.when) for n, line in enumerate(pattern.urgency))
    yield from ((f"{where}.at-least[{n}]", entry.when) for n, entry in enumerate(pattern.at_least))


def lines(pattern: Pattern) -> Iterator[tuple[str, Line]]:
    """The weighed lines, by the list they stand in."""
    for name, sign in (("supports", 1), ("opposes", -1)):
        yield from ((f"{name}[{n}]", line) for n, line in enumerate(ln for ln in pattern.lines if ln.weight * sign > 0))


def uses(catalogue: Catalogue) -> Iterator[Use]:
    """Every fact that something rests on, with what that is."""
    for link_id, asked in catalogue.asks.items():
        yield from named(asked, f"question {link_id}")
    for own in catalogue.rules.instruments.values():
        yield from of_instrument(own)
    for feature in catalogue.rules.features.values():
        yield from named(feature.facts, f"feature {feature.id}")
    for pattern in catalogue.rules.patterns:
        shifts = [shift for shift in (pattern.raise_band, pattern.cap_band) if shift is not None]
        facts = [fact for group in (pattern.lines, pattern.urgency, shifts) for entry in group for fact in entry.facts]
        yield from named([*pattern.facts, *facts], f"pattern {pattern.id}")
    for step in steps(catalogue):
        yield from named(step.facts, f"next step {step.id}")
    for tip in tips(catalogue):
        yield from named(tip.facts, f"self-care {tip.id}")
    yield from named(catalogue.advice.never_facts, "what patients never read")


def of_instrument(own: InstrumentRules) -> Iterator[Use]:
    for score in own.scores:
        yield from named(score.facts, f"score {score.id}")
    for flag in own.flags:
        yield from named(flag.facts, f"red flag {flag.code}")


def named(facts: Iterable[str], what: str) -> Iterator[Use]:
    return ((fact, what) for fact in facts)


def steps(catalogue: Catalogue) -> Iterable[Step]:
    """Every next step that some advice names, once."""
    return {step.id: step for voice in voices(catalogue) for step in voice.steps}.values()


def tips(catalogue: Catalogue) -> Iterable[Tip]:
    """Every tip that some advice names, once."""
    return {tip.id: tip for voice in voices(catalogue) for tip in voice.tips}.values()


def voices(catalogue: Catalogue) -> Iterator[Voices]:
    """What is said of each flag and each pattern."""
    yield from catalogue.advice.flags.values()
    yield from catalogue.advice.patterns.values()
