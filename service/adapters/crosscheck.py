"""What the files say of each other: names that nothing has, and what nothing uses."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from service.fhir.lexicon import Lexicon
from service.screening.assessment import RuleSet
from service.screening.instrument import Instrument


def unknown_names(rules: RuleSet, lexicon: Lexicon) -> Iterator[str]:
    """Facts, flags, patterns, bands and instruments in the rules that the other files do not know."""
    displays = lexicon.displays
    for name, own in rules.instruments.items():
        yield from unknown([name], displays["assessment"], f"codes.yaml: assessment lacks {name}")
        for flag in own.flags:
            where = f"{name}.yaml: flags.{flag.code}"
            yield from unknown([flag.code], displays["red-flag"], f"{where}: not in codes.yaml")
            yield from unknown(flag.facts, lexicon.facts, f"{where}.facts: unknown fact")
        for score in own.scores:
            where = f"{name}.yaml: scores.{score.id}"
            yield from unknown(
                [band.code for band in score.bands], displays["severity"], f"{where}.bands: not in codes.yaml"
            )
            yield from unknown(score.facts, lexicon.facts, f"{where}.facts: unknown fact")
    for feature in rules.features.values():
        yield from unknown(feature.facts, lexicon.facts, f"features.{feature.id}.facts: unknown fact")
    for pattern in rules.patterns:
        where = f"patterns.yaml: {pattern.id}"
        shifts = [s for s in (pattern.raise_band, pattern.cap_band) if s is not None]
        facts = [f for group in (pattern.lines, pattern.urgency, shifts) for part in group for f in part.facts]
        yield from unknown([pattern.id], displays["pattern"], f"{where}: not in codes.yaml")
        yield from unknown([*pattern.facts, *facts], lexicon.facts, f"{where}: unknown fact")


def unknown_questions(
    files: Mapping[str, Mapping[str, Any]], instruments: Mapping[str, Instrument], lexicon: Lexicon
) -> Iterator[str]:
    """Questions and facts under ``asks`` that nothing else knows."""
    for name, content in files.items():
        where = f"{name}.yaml: asks"
        yield from unknown(content["asks"], instruments[name].by_link_id, f"{where}: {name} has no item")
        for link_id, facts in content["asks"].items():
            yield from unknown(facts, lexicon.facts, f"{where}.{link_id}: unknown fact")


def unknown(names: Iterable[str], known: Iterable[str], text: str) -> Iterator[str]:
    known = set(known)
    return (f"{text} {name!r}" for name in names if name not in known)
