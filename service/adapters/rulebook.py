"""Rules made from the content of the mapping files, with every fault noted on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from service.screening import notation
from service.screening.assessment import InstrumentRules, RuleSet
from service.screening.case import BlankReading, Condition, Feature
from service.screening.conditions import PatternReported
from service.screening.editions import Edition
from service.screening.flags import FlagRule, Level
from service.screening.instrument import Coding, Instrument
from service.screening.patterns import BandShift, Confidence, FlagLevel, Line, Pattern, UrgencyLine
from service.screening.scores import Band, ScoreRule, weights_of
from service.screening.sheet import SenderForm
from service.screening.urgency import Urgency

Content = Mapping[str, Any]


@dataclass
class Book:
    """What the rules are made of, and the words known so far."""

    instruments: Mapping[str, Instrument]
    files: Mapping[str, Content]
    ruleset: Content
    patterns: Content
    words: notation.Vocabulary = field(init=False)

    def __post_init__(self) -> None:
        self.words = notation.Vocabulary(self.instruments)
        for content in self.files.values():
            self.words.features |= content["features"].keys()
            self.words.flags |= content["flags"].keys()
            self.words.scores |= {score["id"] for score in content["scores"]}
        self.words.features |= self.patterns["features"].keys()

    def condition(self, node: Any, where: str) -> Any:
        return notation.read(node, self.words, where)


def make_rules(book: Book) -> RuleSet:
    """The whole rule set; faults are left in ``book.words.faults``."""
    features = {
        name: make_feature(name, content, book, f"{file}.yaml: features.{name}")
        for file, part in ({**book.files, "patterns": book.patterns}).items()
        for name, content in part["features"].items()
    }
    return RuleSet(
        url=book.ruleset["url"],
        version=book.ruleset["version"],
        instruments={name: make_instrument(name, content, book) for name, content in book.files.items()},
        features=features,
        patterns=make_patterns(book),
        drawn_from=book.ruleset["drawn_from"],
        adult_age=book.ruleset["adult_age"],
    )


def make_feature(name: str, content: Content, book: Book, where: str) -> Feature:
    in_flags = content.get("in_flags")
    return Feature(
        name,
        book.condition(content["when"], f"{where}.when"),
        None if in_flags is None else book.condition(in_flags, f"{where}.in-flags"),
        tuple(content.get("facts", ())),
    )


def make_instrument(name: str, content: Content, book: Book) -> InstrumentRules:
    instrument = book.instruments[name]
    days = book.ruleset["look_back"].get(name)
    if days is None:
        book.words.faults.append(f"ruleset.yaml: look-back: no days for {name}")
    known_items(content["judged_early"], instrument, book, f"{name}.yaml: judged-early")
    known_items(content["flag_reading"], instrument, book, f"{name}.yaml: flag-reading")
    return InstrumentRules(
        name=name,
        scores=tuple(make_score(score, instrument, book) for score in content["scores"]),
        flags=tuple(make_flag(code, flag, name, book) for code, flag in content["flags"].items()),
        judged_early=frozenset(content["judged_early"]),
        blanks={link_id: make_blank(link_id, entry, instrument) for link_id, entry in content["flag_reading"].items()},
        look_back=timedelta(days=days or 1),
    )


def known_items(link_ids: Any, instrument: Instrument, book: Book, where: str) -> bool:
    """Notes every linkId that the instrument does not have; whether all are known."""
    unknown = [link_id for link_id in link_ids if link_id not in instrument.by_link_id]
    book.words.faults.extend(f"{where}: {instrument.name} has no item {link_id!r}" for link_id in unknown)
    return not unknown


def make_blank(link_id: str, entry: Content, instrument: Instrument) -> BlankReading:
    return BlankReading(
        f"{link_id}.{entry['blank_is']}", frozenset(f"{link_id}.{code}" for code in entry["leaves_open"])
    )


def make_score(content: Content, instrument: Instrument, book: Book) -> ScoreRule:
    where = f"{instrument.name}.yaml: scores.{content['id']}"
    summands = tuple(content["sum_of"])
    known = known_items((content["item"], *summands), instrument, book, where)
    rule = ScoreRule(
        id=content["id"],
        title=content["title"],
        item=content["item"],
        summands=summands,
        weights=weights_of(instrument, summands) if known else {},
        bands=tuple(Band(band["code"], band["low"], band["high"]) for band in content["bands"]),
        facts=tuple(content["facts"]),
    )
    if known and not all(rule.weights.values()):
        book.words.faults.append(f"{where}: an item of the sum has options without weights")
    elif known:
        book.words.faults.extend(f"{where}: {fault}" for fault in band_faults(rule))
    return rule


def band_faults(rule: ScoreRule) -> list[str]:
    """Gaps and overlaps of the bands over every possible total."""
    expected, faults = 0, []
    for band in rule.bands:
        if band.low != expected:
            faults.append(f"band {band.code} starts at {band.low} instead of {expected}")
        expected = band.high + 1
    if expected != rule.highest + 1:
        faults.append(f"the bands end at {expected - 1}, the highest total is {rule.highest}")
    return faults


def make_flag(code: str, content: Content, instrument: str, book: Book) -> FlagRule:
    where = f"{instrument}.yaml: flags.{code}.levels"
    levels = tuple(
        Level(Urgency.of(level["level"]), book.condition(level["when"], f"{where}[{index}].when"))
        for index, level in enumerate(content["levels"])
    )
    urgencies = [level.urgency for level in levels]
    if urgencies != sorted(set(urgencies), reverse=True):
        book.words.faults.append(f"{where}: each level stands once, from the highest down")
    raises = content.get("open_questions") == "raise"
    return FlagRule(code, instrument, content["kind"], levels, tuple(content["facts"]), raises)


def make_patterns(book: Book) -> tuple[Pattern, ...]:
    """The patterns in their order; each may name only those above it."""
    made: dict[str, Pattern] = {}
    for index, content in enumerate(book.patterns["patterns"]):
        pattern = make_pattern(content, made, book, f"patterns.yaml: patterns[{index}] ({content['id']})")
        if pattern.id in made:
            book.words.faults.append(f"patterns.yaml: patterns[{index}]: {pattern.id} stands twice")
        made[pattern.id] = pattern
        book.words.patterns.add(pattern.id)
    above = {part.id for pattern in made.values() for gate in pattern.gate for part in named_patterns(gate)}
    return tuple(replace(pattern, umbrella=pattern.id in above) for pattern in made.values())


def named_patterns(gate: Condition) -> list[PatternReported]:
    return [part for part in notation.parts_of(gate) if isinstance(part, PatternReported)]


def make_pattern(content: Content, above: Mapping[str, Pattern], book: Book, where: str) -> Pattern:
    for name in ("band_of", "urgency_of"):
        if content.get(name, next(iter(above), None)) not in above and content.get(name):
            book.words.faults.append(f"{where}: {name.replace('_', '-')} names no pattern above")
    bands = content.get("bands") or {}
    pattern = Pattern(
        id=content["id"],
        kind=content["kind"],
        gate=tuple(book.condition(node, f"{where}.gate[{i}]") for i, node in enumerate(content["gate"])),
        lines=(*make_lines(content, "supports", book, where), *make_lines(content, "opposes", book, where)),
        facts=tuple(content["facts"]),
        minimum=content.get("minimum"),
        bands=tuple((Confidence[name.upper()], low) for name, low in bands.items()),
        band_of=content.get("band_of"),
        danger=content["danger"],
        raise_band=make_shift(content.get("raise_band"), book, f"{where}.raise-band"),
        cap_band=make_shift(content.get("cap_band"), book, f"{where}.cap-band"),
        urgency=make_urgency(content, above, book, where),
        at_least=make_flag_levels(content["at_least"], book, f"{where}.at-least"),
        card=content.get("card"),
        wording=content.get("wording"),
    )
    book.words.faults.extend(f"{where}: {fault}" for fault in pattern_faults(pattern))
    return pattern


def make_lines(content: Content, name: str, book: Book, where: str) -> list[Line]:
    return [
        Line(book.condition(line["when"], f"{where}.{name}[{index}].when"), line["weight"], tuple(line["facts"]))
        for index, line in enumerate(content[name])
    ]


def make_shift(content: Content | None, book: Book, where: str) -> BandShift | None:
    if content is None:
        return None
    cap = Confidence.of(content["band"]) if "band" in content else None
    return BandShift(book.condition(content["when"], f"{where}.when"), tuple(content["facts"]), cap)


def make_urgency(content: Content, above: Mapping[str, Pattern], book: Book, where: str) -> tuple[UrgencyLine, ...]:
    """The pattern's own urgency lines, or those of the pattern that it names."""
    if content.get("urgency_of") in above:
        return above[content["urgency_of"]].urgency
    return tuple(
        UrgencyLine(
            Urgency.of(line["level"]), book.condition(line["when"], f"{where}.urgency[{i}]"), tuple(line["facts"])
        )
        for i, line in enumerate(content["urgency"])
    )


def make_flag_levels(content: list[Content], book: Book, where: str) -> tuple[FlagLevel, ...]:
    for index, entry in enumerate(content):
        if entry["flag"] not in book.words.flags:
            book.words.faults.append(f"{where}[{index}]: unknown red flag {entry['flag']!r}")
    return tuple(
        FlagLevel(entry["flag"], book.condition(entry["when"], f"{where}[{index}].when"))
        for index, entry in enumerate(content)
    )


def pattern_faults(pattern: Pattern) -> list[str]:
    """What a pattern lacks or has too much of."""
    faults = []
    if sum((pattern.danger, pattern.band_of is not None, bool(pattern.bands))) != 1:
        faults.append("has one of bands, band-of, danger")
    if pattern.bands:
        limits = [low for _, low in pattern.bands]
        if limits != sorted(set(limits)):
            faults.append("the limits of the bands do not rise")
        if pattern.minimum != limits[0]:
            faults.append("the minimum is not the limit of the lowest band")
    if not pattern.lines and not pattern.facts:
        faults.append("has neither weighed lines nor facts")
    if not pattern.urgency and not pattern.at_least:
        faults.append("has no urgency")
    return faults


def make_editions(name: str, content: Content, instrument: Instrument, faults: list[str]) -> list[Edition]:
    """The editions of an instrument."""
    made = []
    for index, entry in enumerate(content["editions"]):
        where = f"{name}.yaml: editions[{index}]"
        named = [*entry["link_ids"].values(), *entry["lacks"], *entry["always_shows"]]
        unknown = [link_id for link_id in named if link_id not in instrument.by_link_id]
        faults.extend(f"{where}: {name} has no item {link_id!r}" for link_id in unknown)
        made.append(make_edition(entry))
    return made


def make_edition(entry: Content) -> Edition:
    url, _, version = entry["canonical"].partition("|")
    return Edition(
        url=url,
        version=version or None,
        link_ids=entry["link_ids"],
        dropped=frozenset(entry["dropped"]),
        codings={(pair.get("item", ""), coding(pair["theirs"])): coding(pair["ours"]) for pair in entry["codings"]},
        not_answered=frozenset(coding(value) for value in entry["not_answered"]),
        form=SenderForm(frozenset(entry["lacks"]), frozenset(entry["always_shows"])),
    )


def coding(value: Content) -> Coding:
    return Coding(value["system"], value["code"])
