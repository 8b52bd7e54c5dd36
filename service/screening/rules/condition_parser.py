"""Parses the conditions in the mapping files.

A condition is ``always``, the name of a feature, or one of: ``{all: [...]}``, ``{any: [...]}``, ``{not: ...}``,
``{lp-worse: [sitting]}``, ``{only: {lp-where: [...], ignoring: [...]}}``, ``{open: lp-alarm}``, ``{answered: [...]}``,
``{score: {phq-9: {from: 10, to: 14}}}``, ``{answered-sum: {...}}``, ``{age: {from: 60}}`` or ``{age: {below: 18}}``,
``{age: {from: 60, or-unknown: true}}``,
``{flag: code}``, ``{flag: {code: same-day}}`` (raised at this level or a higher one),
``{raised: {kind: bodily, from: same-day}}``, ``{pattern: id}``.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any as Anything
from typing import get_args

from service.screening.instruments.instrument import Instrument, Item
from service.screening.rules import combinations
from service.screening.rules import conditions as c
from service.screening.rules.case import Condition, FlagKind
from service.screening.rules.urgency import Urgency

ALWAYS = "always"
FLAG_KINDS: tuple[FlagKind, ...] = get_args(FlagKind)


@dataclass
class KnownNames:
    """The names that conditions may use, and the faults found while parsing them.

    ``patterns`` grows while patterns.yaml is read: a pattern may name only those above it.
    """

    instruments: Mapping[str, Instrument]
    features: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)
    scores: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def find_item(self, link_id: str) -> tuple[str, Item] | None:
        """The name of the instrument and the item with this linkId; None if no instrument has it."""
        for name, instrument in self.instruments.items():
            if link_id in instrument.by_link_id:
                return name, instrument.by_link_id[link_id]
        return None

    def add_fault(self, location: str, text: str) -> Condition:
        """Adds a fault; returns a condition to use instead of the faulty one, so that parsing can go on."""
        self.faults.append(f"{location}: {text}")
        return c.Always()

    def check_name(self, location: str, kind: str, name: str, known: set[str], condition: Condition) -> Condition:
        """The condition if the name that it uses is known; otherwise adds a fault."""
        return condition if name in known else self.add_fault(location, f"unknown {kind} {name!r}")


def parse_condition(node: Anything, names: KnownNames, location: str) -> Condition:
    """The condition in a node of a mapping file. ``location`` is used in faults, e.g. ``leg-pain.yaml: features.new``.

    Example of a node: ``{"all": ["weak", {"lp-side": ["left"]}]}``.
    """
    if isinstance(node, str):
        if node == ALWAYS:
            return c.Always()
        return names.check_name(location, "feature", node, names.features, c.FeatureHolds(node))
    if not isinstance(node, Mapping) or len(node) != 1:
        return names.add_fault(location, "a condition must be the name of a feature or a mapping with one key")
    key, value = next(iter(node.items()))
    parser = PARSERS.get(key, parse_chosen)
    try:
        return parser(key, value, names, f"{location}.{key}")
    except (TypeError, ValueError, AttributeError, KeyError) as problem:
        return names.add_fault(f"{location}.{key}", f"cannot be parsed ({type(problem).__name__}: {problem})")


def parse_operands(key: str, value: Anything, names: KnownNames, location: str) -> Condition:
    """``{all: [...]}`` or ``{any: [...]}``"""
    if not isinstance(value, list) or len(value) < 2:
        return names.add_fault(location, "must be a list of at least two conditions")
    operands = tuple(parse_condition(node, names, f"{location}[{index}]") for index, node in enumerate(value))
    return combinations.AllOf(operands) if key == "all" else combinations.AnyOf(operands)


def parse_not(key: str, value: Anything, names: KnownNames, location: str) -> Condition:
    """``{not: ...}``"""
    return combinations.Not(parse_condition(value, names, location))


def parse_chosen(key: str, value: Anything, names: KnownNames, location: str) -> Condition:
    """``{lp-worse: [sitting]}``"""
    found = names.find_item(key)
    if found is None:
        return names.add_fault(location, f"{key!r} is neither a linkId nor a key of the notation")
    instrument, item = found
    return c.AnyChosen(instrument, key, parse_options(item, value, names, location))


def parse_only(key: str, value: Anything, names: KnownNames, location: str) -> Condition:
    """``{only: {lp-where: [...], ignoring: [...]}}``"""
    ignoring = value.get("ignoring", [])
    link_id = next(name for name in value if name != "ignoring")
    found = names.find_item(link_id)
    if found is None:
        return names.add_fault(location, f"unknown linkId {link_id!r}")
    instrument, item = found
    ignored = parse_options(item, ignoring, names, location) if ignoring else frozenset()
    return c.OnlyChosen(instrument, link_id, parse_options(item, value[link_id], names, location), ignored)


def parse_options(item: Item, listed: Anything, names: KnownNames, location: str) -> frozenset[str]:
    """The codes of the listed options, e.g. ``lp-side.left``, each written in full or without the linkId (``left``)."""
    if not isinstance(listed, list) or not listed:
        names.add_fault(location, "must be a list of options that is not empty")
        return frozenset()
    codes = set()
    for name in listed:
        code = next((code for code in (name, f"{item.link_id}.{name}") if code in item.option_of), None)
        if code is None:
            names.add_fault(location, f"{item.link_id} has no option {name!r}")
        else:
            codes.add(code)
    return frozenset(codes)


def parse_open(key: str, value: Anything, names: KnownNames, location: str) -> Condition:
    """``{open: lp-alarm}``"""
    found = names.find_item(value)
    return names.add_fault(location, f"unknown linkId {value!r}") if found is None else c.Unanswered(found[0], value)


def parse_answered(key: str, value: Anything, names: KnownNames, location: str) -> Condition:
    """``{answered: [...]}``"""
    found = [(link_id, names.find_item(link_id)) for link_id in value]
    unknown = [link_id for link_id, item in found if item is None]
    if unknown:
        return names.add_fault(location, f"unknown linkIds {unknown}")
    instruments = {item[0] for _, item in found if item is not None}
    if len(instruments) != 1:
        return names.add_fault(location, "must name items of one instrument only")
    return c.AnyAnswered(instruments.pop(), tuple(value))


def parse_score(key: str, value: Anything, names: KnownNames, location: str) -> Condition:
    """``{score: {phq-9: {from: 10, to: 14}}}`` or ``{answered-sum: {...}}``"""
    score, limits = next(iter(value.items()))
    condition = c.ScoreIs(score, parse_limits(limits), answered=key == "answered-sum")
    return names.check_name(location, "score", score, names.scores, condition)


def parse_age(key: str, value: Anything, names: KnownNames, location: str) -> Condition:
    """``{age: {from: 60}}``, or ``{age: {from: 60, or-unknown: true}}``, which is true while the age is unknown."""
    limits = {key: limit for key, limit in value.items() if key != "or-unknown"}
    return c.AgeIs(parse_limits(limits), or_unknown=value.get("or-unknown") is True)


def parse_limits(limits: Mapping[str, int]) -> c.Between:
    """The range with the limits ``from``, ``to`` (both inclusive) and ``below``. Raises ValueError if there is none of
    them, or any other key."""
    if not limits or not limits.keys() <= {"from", "to", "below"}:
        raise ValueError("limits are from, to, below")
    below = limits.get("below")
    return c.Between(limits.get("from"), limits.get("to") if below is None else below - 1)


def parse_flag(key: str, value: Anything, names: KnownNames, location: str) -> Condition:
    """``{flag: code}`` or ``{flag: {code: same-day}}``"""
    code, level = (value, Urgency.NONE) if isinstance(value, str) else parse_flag_level(value)
    return names.check_name(location, "red flag", code, names.flags, c.FlagRaised(code, level))


def parse_flag_level(value: Mapping[str, str]) -> tuple[str, Urgency]:
    """Returns a red flag and its lowest level. Raises ValueError unless exactly one flag is named."""
    if len(value) != 1:
        raise ValueError("one red flag with its level")
    code, level = next(iter(value.items()))
    return code, Urgency.of(level)


def parse_raised(key: str, value: Anything, names: KnownNames, location: str) -> Condition:
    """``{raised: {kind: bodily, from: same-day}}``; ``kind: any`` means every kind."""
    if value["kind"] not in ("any", *FLAG_KINDS):
        return names.add_fault(location, f"unknown kind of red flag {value['kind']!r}")
    return c.AnyFlagOf(None if value["kind"] == "any" else value["kind"], Urgency.of(value["from"]))


def parse_pattern(key: str, value: Anything, names: KnownNames, location: str) -> Condition:
    """``{pattern: id}``"""
    kind = "pattern, or one that is defined further down:"
    return names.check_name(location, kind, value, names.patterns, c.PatternReported(value))


PARSERS: dict[str, Callable[[str, Anything, KnownNames, str], Condition]] = {
    "all": parse_operands,
    "any": parse_operands,
    "not": parse_not,
    "only": parse_only,
    "open": parse_open,
    "answered": parse_answered,
    "score": parse_score,
    "answered-sum": parse_score,
    "age": parse_age,
    "flag": parse_flag,
    "raised": parse_raised,
    "pattern": parse_pattern,
}


def operands_of(condition: Condition) -> Iterator[Condition]:
    """The condition and all conditions in it; those in the definition of a feature are not included."""
    yield condition
    match condition:
        case combinations.AllOf(operands=operands) | combinations.AnyOf(operands=operands):
            for operand in operands:
                yield from operands_of(operand)
        case combinations.Not(operand=operand):
            yield from operands_of(operand)
