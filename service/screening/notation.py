"""The notation of conditions in the mapping files, read into conditions.

A condition is the name of a feature, or one of: ``{all: [...]}``, ``{any: [...]}``, ``{not: ...}``,
``{lp-worse: [sitting]}``, ``{only: {lp-where: [...], ignoring: [...]}}``, ``{open: lp-alarm}``, ``{answered: [...]}``,
``{score: {phq-9: {from: 10, to: 14}}}``, ``{answered-sum: {...}}``, ``{age: {from: 60}}`` or ``{age: {below: 18}}``,
``{flag: code}``, ``{raised: {kind: bodily, from: same-day}}``, ``{pattern: id}``.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any as Anything

from service.screening import combinations
from service.screening import conditions as c
from service.screening.case import Condition
from service.screening.instrument import Instrument, Item
from service.screening.urgency import Urgency

ALWAYS = "always"
FLAG_KINDS = ("bodily", "mood", "safety", "self-harm")


@dataclass
class Vocabulary:
    """The names that conditions may use, and the faults found while reading them.

    ``features``, ``flags``, ``patterns`` and ``scores`` may grow as the files are read.
    """

    instruments: Mapping[str, Instrument]
    features: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)
    scores: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def item(self, link_id: str) -> tuple[str, Item] | None:
        """The instrument and item that a linkId names."""
        for name, instrument in self.instruments.items():
            if link_id in instrument.by_link_id:
                return name, instrument.by_link_id[link_id]
        return None

    def fault(self, where: str, text: str) -> Condition:
        """Notes a fault; returns a condition in the place of the one that could not be read."""
        self.faults.append(f"{where}: {text}")
        return c.Always()

    def known(self, where: str, kind: str, name: str, names: set[str], made: Condition) -> Condition:
        """The condition made, or a fault when its name is not among the known ones."""
        return made if name in names else self.fault(where, f"unknown {kind} {name!r}")


def read(node: Anything, words: Vocabulary, where: str) -> Condition:
    """Reads one condition; ``where`` is its place in the files, for faults."""
    if isinstance(node, str):
        if node == ALWAYS:
            return c.Always()
        return words.known(where, "feature", node, words.features, c.FeatureHolds(node))
    if not isinstance(node, Mapping) or len(node) != 1:
        return words.fault(where, "a condition is a feature's name or a mapping with one key")
    key, value = next(iter(node.items()))
    reader = READERS.get(key, read_chosen)
    try:
        return reader(key, value, words, f"{where}.{key}")
    except (TypeError, ValueError, AttributeError, KeyError) as problem:
        return words.fault(f"{where}.{key}", f"cannot be read ({type(problem).__name__}: {problem})")


def read_parts(key: str, value: Anything, words: Vocabulary, where: str) -> Condition:
    if not isinstance(value, list) or len(value) < 2:
        return words.fault(where, "needs a list of at least two conditions")
    parts = tuple(read(part, words, f"{where}[{index}]") for index, part in enumerate(value))
    return combinations.All(parts) if key == "all" else combinations.Any(parts)


def read_not(key: str, value: Anything, words: Vocabulary, where: str) -> Condition:
    return combinations.Not(read(value, words, where))


def read_chosen(key: str, value: Anything, words: Vocabulary, where: str) -> Condition:
    found = words.item(key)
    if found is None:
        return words.fault(where, "is neither a linkId nor a word of the notation")
    return c.Chosen(found[0], key, options(found[1], value, words, where))


def read_only(key: str, value: Anything, words: Vocabulary, where: str) -> Condition:
    ignoring = value.get("ignoring", [])
    link_id = next(name for name in value if name != "ignoring")
    found = words.item(link_id)
    if found is None:
        return words.fault(where, f"unknown linkId {link_id!r}")
    name, item = found
    ignored = options(item, ignoring, words, where) if ignoring else frozenset()
    return c.Only(name, link_id, options(item, value[link_id], words, where), ignored)


def options(item: Item, short: Anything, words: Vocabulary, where: str) -> frozenset[str]:
    """The codes of options written in full or without their question."""
    offered = {option.value.code for option in item.options if option.kind == "Coding"}
    if not isinstance(short, list) or not short:
        words.fault(where, "needs a list of options")
        return frozenset()
    codes = set()
    for name in short:
        code = next((code for code in (name, f"{item.link_id}.{name}") if code in offered), None)
        if code is None:
            words.fault(where, f"{item.link_id} has no option {name!r}")
        else:
            codes.add(code)
    return frozenset(codes)


def read_open(key: str, value: Anything, words: Vocabulary, where: str) -> Condition:
    found = words.item(value)
    return words.fault(where, f"unknown linkId {value!r}") if found is None else c.LeftOpen(found[0], value)


def read_answered(key: str, value: Anything, words: Vocabulary, where: str) -> Condition:
    found = [(link_id, words.item(link_id)) for link_id in value]
    unknown = [link_id for link_id, item in found if item is None]
    if unknown:
        return words.fault(where, f"unknown linkIds {unknown}")
    instruments = {item[0] for _, item in found if item is not None}
    if len(instruments) != 1:
        return words.fault(where, "names items of more than one instrument")
    return c.AnyAnswered(instruments.pop(), tuple(value))


def read_score(key: str, value: Anything, words: Vocabulary, where: str) -> Condition:
    name, limits = next(iter(value.items()))
    made = c.ScoreIs(name, between(limits), answered=key == "answered-sum")
    return words.known(where, "score", name, words.scores, made)


def read_age(key: str, value: Anything, words: Vocabulary, where: str) -> Condition:
    return c.AgeIs(between(value))


def between(limits: Mapping[str, int]) -> c.Between:
    """Limits from ``from``, ``to`` and ``below``; raises ValueError for other words or for none."""
    if not limits or not limits.keys() <= {"from", "to", "below"}:
        raise ValueError("limits are from, to, below")
    below = limits.get("below")
    return c.Between(limits.get("from"), limits.get("to") if below is None else below - 1)


def read_flag(key: str, value: Anything, words: Vocabulary, where: str) -> Condition:
    return words.known(where, "red flag", value, words.flags, c.FlagUp(value))


def read_raised(key: str, value: Anything, words: Vocabulary, where: str) -> Condition:
    if value["kind"] not in ("any", *FLAG_KINDS):
        return words.fault(where, f"unknown kind of flag {value['kind']!r}")
    return c.AnyFlagOf(None if value["kind"] == "any" else value["kind"], Urgency.of(value["from"]))


def read_pattern(key: str, value: Anything, words: Vocabulary, where: str) -> Condition:
    return words.known(where, "pattern (or one further down)", value, words.patterns, c.PatternReported(value))


READERS: dict[str, Callable[[str, Anything, Vocabulary, str], Condition]] = {
    "all": read_parts,
    "any": read_parts,
    "not": read_not,
    "only": read_only,
    "open": read_open,
    "answered": read_answered,
    "score": read_score,
    "answered-sum": read_score,
    "age": read_age,
    "flag": read_flag,
    "raised": read_raised,
    "pattern": read_pattern,
}


def parts_of(condition: Condition) -> Iterator[Condition]:
    """The condition and everything inside it, features not opened."""
    yield condition
    match condition:
        case combinations.All(parts=parts) | combinations.Any(parts=parts):
            for part in parts:
                yield from parts_of(part)
        case combinations.Not(part=part):
            yield from parts_of(part)
