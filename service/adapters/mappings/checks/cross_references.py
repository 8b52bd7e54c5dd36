"""References between the files: names that one file uses and no file defines."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from service.screening.instruments.instrument import Instrument
from service.screening.rules.assessment import RuleSet
from service.screening.rules.condition_parser import operands_of
from service.screening.rules.conditions import FlagRaised
from service.screening.rules.urgency import Urgency


def unknown_names(rules: RuleSet, displays: Mapping[str, Mapping[str, str]], facts: Collection[str]) -> Iterator[str]:
    """Faults for the facts, red flags, patterns, bands and instruments that rules name and no file defines.

    ``displays`` are by CodeSystem name and code, ``facts`` are all fact ids.
    """
    for name, instrument in rules.instruments.items():
        yield from undefined([name], displays["assessment"], f"codes.yaml: assessment lacks {name}")
        for flag in instrument.flags:
            location = f"{name}.yaml: flags.{flag.code}"
            yield from undefined(
                [flag.code], displays["red-flag"], f"{location}: not in codes.yaml", "code-systems.red-flag"
            )
            yield from undefined(flag.facts, facts, f"{location}.facts: unknown fact")
        for score in instrument.scores:
            location = f"{name}.yaml: scores.{score.id}"
            yield from undefined(
                [band.code for group in (score.bands, *(g.bands for g in score.groups)) for band in group],
                displays["severity"],
                f"{location}.bands: not in codes.yaml",
                "code-systems.severity",
            )
            yield from undefined(score.facts, facts, f"{location}.facts: unknown fact")
    for feature in rules.features.values():
        yield from undefined(feature.facts, facts, f"features.{feature.id}.facts: unknown fact")
    for pattern in rules.patterns:
        location = f"patterns.yaml: {pattern.id}"
        shifts = [shift for shift in (pattern.raise_band, pattern.cap_band) if shift is not None]
        cited = [fact for group in (pattern.lines, pattern.urgency, shifts) for line in group for fact in line.facts]
        yield from undefined(
            [pattern.id], displays["pattern"], f"{location}: not in codes.yaml", "code-systems.pattern"
        )
        yield from undefined([*pattern.facts, *cited], facts, f"{location}: unknown fact")


def unknown_questions(
    files: Mapping[str, Mapping[str, Any]], instruments: Mapping[str, Instrument], facts: Collection[str]
) -> Iterator[str]:
    """Faults for the linkIds and facts under ``asks`` that no file defines."""
    for name, content in files.items():
        location = f"{name}.yaml: asks"
        yield from undefined(content["asks"], instruments[name].by_link_id, f"{location}: {name} has no item")
        for link_id, cited in content["asks"].items():
            yield from undefined(cited, facts, f"{location}.{link_id}: unknown fact")


def flags_below_same_day(rules: RuleSet) -> Iterator[str]:
    """Faults for the red flags that open a danger pattern at a level below same-day (knowledge 10.1 item 10)."""
    flags = [flag for instrument in rules.instruments.values() for flag in instrument.flags]
    for pattern in (pattern for pattern in rules.patterns if pattern.danger):
        for condition in operands_of(pattern.gate_condition):
            if isinstance(condition, FlagRaised):
                levels = [level.urgency for flag in flags if flag.code == condition.code for level in flag.levels]
                if any(condition.level <= level < Urgency.SAME_DAY for level in levels):
                    yield f"patterns.yaml: {pattern.id}.gate: {condition.code} opens it below same-day"


def unused_codes(
    rules: RuleSet, displays: Mapping[str, Mapping[str, str]], bindings: Mapping[str, Any]
) -> Iterator[str]:
    """Faults for the codes of codes.yaml that no instrument, red flag, pattern or band has."""
    scores = [score for own in rules.instruments.values() for score in own.scores]
    groups = [group for score in scores for group in (score.bands, *(by.bands for by in score.groups))]
    used = {
        "assessment": {*rules.instruments, *(name for name in bindings.values() if isinstance(name, str))},
        "red-flag": {flag.code for own in rules.instruments.values() for flag in own.flags},
        "pattern": {pattern.id for pattern in rules.patterns},
        "severity": {band.code for group in groups for band in group},
    }
    for system, codes in used.items():
        for code in sorted(displays[system].keys() - codes):
            yield f"codes.yaml: code-systems.{system}.concepts.{code}: nothing has this code"


def undefined(names: Iterable[str], known: Iterable[str], text: str, place: str = "") -> Iterator[str]:
    """A fault for each name that is not known: the text and the name, and the place where to define it."""
    known = set(known)
    where = f" under {place}" if place else ""
    return (f"{text} {name!r}{where}" for name in names if name not in known)
