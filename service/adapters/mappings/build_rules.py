"""Builds the RuleSet from the content of the mapping files, and collects every fault found on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from service.adapters.mappings.build_facts import make_facts
from service.adapters.mappings.build_scores import make_score
from service.adapters.mappings.checks.score_faults import shared_items
from service.screening.instruments.instrument import Instrument
from service.screening.rules import condition_parser as notation
from service.screening.rules.assessment import InstrumentRules, RuleSet
from service.screening.rules.case import BlankMeaning, Condition, Feature
from service.screening.rules.conditions import PatternReported
from service.screening.rules.patterns import BandShift, Confidence, FlagLevel, Line, Pattern, UrgencyLine
from service.screening.rules.red_flags import FlagRule, Level
from service.screening.rules.urgency import Urgency

Content = Mapping[str, Any]


@dataclass
class RuleFiles:
    """The content of the files that rules are built from, and the names that their conditions may use.

    ``files`` are those of the instruments, by the name of the instrument.
    """

    instruments: Mapping[str, Instrument]
    files: Mapping[str, Content]
    ruleset: Content
    patterns: Content
    names: notation.KnownNames = field(init=False)

    def __post_init__(self) -> None:
        self.names = notation.KnownNames(self.instruments)
        for content in self.files.values():
            self.names.features |= content["features"].keys()
            self.names.flags |= content["flags"].keys()
            self.names.scores |= {score["id"] for score in content["scores"]}
        self.names.features |= self.patterns["features"].keys()

    @property
    def faults(self) -> list[str]:
        """The faults found so far, each with its file and location."""
        return self.names.faults

    def condition(self, node: Any, location: str) -> Condition:
        """The condition in a node of the files."""
        return notation.parse_condition(node, self.names, location)


def make_rules(rule_files: RuleFiles) -> RuleSet:
    """The whole rule set; faults are added to ``rule_files.faults``."""
    features = {
        name: make_feature(name, content, rule_files, f"{file}.yaml: features.{name}")
        for file, file_content in ({**rule_files.files, "patterns": rule_files.patterns}).items()
        for name, content in file_content["features"].items()
    }
    return RuleSet(
        url=rule_files.ruleset["url"],
        version=rule_files.ruleset["version"],
        instruments={name: make_instrument(name, content, rule_files) for name, content in rule_files.files.items()},
        features=features,
        patterns=make_patterns(rule_files),
        drawn_from=rule_files.ruleset["drawn_from"],
        adult_age=rule_files.ruleset["adult_age"],
        task_from=Urgency.of(rule_files.ruleset["task_from"]["level"]),
        old_after=timedelta(days=rule_files.ruleset["old_answers"]["days"]),
    )


def make_feature(name: str, content: Content, rule_files: RuleFiles, location: str) -> Feature:
    """One named condition."""
    in_flags = content.get("in_flags")
    return Feature(
        name,
        rule_files.condition(content["when"], f"{location}.when"),
        None if in_flags is None else rule_files.condition(in_flags, f"{location}.in-flags"),
        tuple(content.get("facts", ())),
        blanks_stay_unknown=content.get("blanks") == "stay-unknown",
    )


def make_instrument(name: str, content: Content, rule_files: RuleFiles) -> InstrumentRules:
    """The rules of one instrument, from its own file and ``look-back`` in ruleset.yaml."""
    instrument = rule_files.instruments[name]
    days = rule_files.ruleset["look_back"].get(name)
    if days is None:
        rule_files.faults.append(f"ruleset.yaml: look-back: has no days for {name}")
    check_link_ids(content["judged_early"], instrument, rule_files, f"{name}.yaml: judged-early")
    check_link_ids(content["flag_reading"], instrument, rule_files, f"{name}.yaml: flag-reading")
    check_link_ids(content["short_names"], instrument, rule_files, f"{name}.yaml: short-names")
    rule_files.faults.extend(shared_items(content["scores"], name))
    return InstrumentRules(
        name=name,
        scores=tuple(make_score(score, instrument, rule_files.faults) for score in content["scores"]),
        flags=tuple(make_flag(code, flag, name, rule_files) for code, flag in content["flags"].items()),
        safety_items=frozenset(content["judged_early"]),
        blanks={link_id: make_blank(link_id, entry) for link_id, entry in content["flag_reading"].items()},
        look_back=timedelta(days=days or 1),
        short_names=content["short_names"],
    )


def check_link_ids(link_ids: Any, instrument: Instrument, rule_files: RuleFiles, location: str) -> bool:
    """Whether the instrument has an item of every linkId; adds a fault for each that it does not have."""
    unknown = [link_id for link_id in link_ids if link_id not in instrument.by_link_id]
    rule_files.faults.extend(f"{location}: {instrument.name} has no item {link_id!r}" for link_id in unknown)
    return not unknown


def make_blank(link_id: str, entry: Content) -> BlankMeaning:
    """The meaning of an unanswered question in red flags."""
    return BlankMeaning(
        f"{link_id}.{entry['blank_is']}", frozenset(f"{link_id}.{code}" for code in entry["leaves_open"])
    )


def make_flag(code: str, content: Content, instrument: str, rule_files: RuleFiles) -> FlagRule:
    """The rule of one red flag."""
    location = f"{instrument}.yaml: flags.{code}.levels"
    levels = tuple(
        Level(Urgency.of(level["level"]), rule_files.condition(level["when"], f"{location}[{index}].when"))
        for index, level in enumerate(content["levels"])
    )
    urgencies = [level.urgency for level in levels]
    if urgencies != sorted(set(urgencies), reverse=True):
        rule_files.faults.append(f"{location}: each level must occur once, ordered from the highest to the lowest")
    raises = content.get("open_questions") == "raise"
    facts, only_with = make_facts(content["facts"], rule_files.names, f"{instrument}.yaml: flags.{code}.facts")
    return FlagRule(code, instrument, content["kind"], levels, facts, raises, content["alone"], only_with)


def make_patterns(rule_files: RuleFiles) -> tuple[Pattern, ...]:
    """The patterns in their order. Each may name only the patterns above it."""
    made: dict[str, Pattern] = {}
    for index, content in enumerate(rule_files.patterns["patterns"]):
        pattern = make_pattern(content, made, rule_files, f"patterns.yaml: patterns[{index}] ({content['id']})")
        if pattern.id in made:
            rule_files.faults.append(f"patterns.yaml: patterns[{index}]: the id {pattern.id} occurs twice")
        made[pattern.id] = pattern
        rule_files.names.patterns.add(pattern.id)
    umbrellas = {named.id for pattern in made.values() for gate in pattern.gate for named in named_patterns(gate)}
    return tuple(replace(pattern, umbrella=pattern.id in umbrellas) for pattern in made.values())


def named_patterns(gate: Condition) -> list[PatternReported]:
    """The conditions in a gate that name another pattern."""
    return [condition for condition in notation.operands_of(gate) if isinstance(condition, PatternReported)]


def make_pattern(content: Content, above: Mapping[str, Pattern], rule_files: RuleFiles, location: str) -> Pattern:
    """The rule of one pattern; ``above`` are the patterns defined before it, by id."""
    for key in ("band_of", "urgency_of"):
        if content.get(key) and content[key] not in above:
            rule_files.faults.append(f"{location}: {key.replace('_', '-')} names no pattern above")
    bands = content.get("bands") or {}
    facts, only_with = make_facts(content["facts"], rule_files.names, f"{location}.facts")
    pattern = Pattern(
        id=content["id"],
        kind=content["kind"],
        gate=tuple(rule_files.condition(node, f"{location}.gate[{n}]") for n, node in enumerate(content["gate"])),
        lines=(
            *make_lines(content, "supports", rule_files, location),
            *make_lines(content, "opposes", rule_files, location),
        ),
        facts=facts,
        minimum=content.get("minimum"),
        bands=tuple((Confidence[name.upper()], low) for name, low in bands.items()),
        band_of=content.get("band_of"),
        danger=content["danger"],
        raise_band=make_shift(content.get("raise_band"), rule_files, f"{location}.raise-band"),
        cap_band=make_shift(content.get("cap_band"), rule_files, f"{location}.cap-band"),
        urgency=make_urgency(content, above, rule_files, location),
        at_least=make_flag_levels(content["at_least"], rule_files, f"{location}.at-least"),
        family=content["family"],
        only_with=only_with,
        wording=content.get("wording"),
    )
    rule_files.faults.extend(f"{location}: {fault}" for fault in pattern_faults(pattern))
    return pattern


def make_lines(content: Content, key: str, rule_files: RuleFiles, location: str) -> list[Line]:
    """The lines of evidence under ``supports`` or ``opposes``."""
    return [make_line(line, rule_files, f"{location}.{key}[{index}]") for index, line in enumerate(content[key])]


def make_line(content: Content, rule_files: RuleFiles, location: str) -> Line:
    """One line of evidence."""
    when = rule_files.condition(content["when"], f"{location}.when")
    facts, only_with = make_facts(content["facts"], rule_files.names, f"{location}.facts")
    return Line(when, content["weight"], facts, only_with, silent=content.get("reasons") == "none")


def make_shift(content: Content | None, rule_files: RuleFiles, location: str) -> BandShift | None:
    """The content of ``raise-band`` or ``cap-band``."""
    if content is None:
        return None
    cap = Confidence.of(content["band"]) if "band" in content else None
    return BandShift(rule_files.condition(content["when"], f"{location}.when"), tuple(content["facts"]), cap)


def make_urgency(
    content: Content, above: Mapping[str, Pattern], rule_files: RuleFiles, location: str
) -> tuple[UrgencyLine, ...]:
    """The pattern's own urgency lines, or those of the pattern in ``urgency-of``."""
    if content.get("urgency_of") in above:
        return above[content["urgency_of"]].urgency
    return tuple(
        UrgencyLine(
            Urgency.of(line["level"]),
            rule_files.condition(line["when"], f"{location}.urgency[{n}]"),
            tuple(line["facts"]),
        )
        for n, line in enumerate(content["urgency"])
    )


def make_flag_levels(content: list[Content], rule_files: RuleFiles, location: str) -> tuple[FlagLevel, ...]:
    """The content of ``at-least``."""
    for index, entry in enumerate(content):
        if entry["flag"] not in rule_files.names.flags:
            rule_files.faults.append(f"{location}[{index}]: unknown red flag {entry['flag']!r}")
    return tuple(
        FlagLevel(entry["flag"], rule_files.condition(entry["when"], f"{location}[{index}].when"))
        for index, entry in enumerate(content)
    )


def pattern_faults(pattern: Pattern) -> list[str]:
    """Faults of a pattern: keys that are missing, exclude each other or contradict each other."""
    faults = []
    if sum((pattern.danger, pattern.band_of is not None, bool(pattern.bands))) != 1:
        faults.append("must have exactly one of bands, band-of, danger")
    if pattern.bands:
        limits = [low for _, low in pattern.bands]
        if limits != sorted(set(limits)):
            faults.append("the limits of bands must rise")
        if pattern.minimum != limits[0]:
            faults.append("minimum must be the limit of the lowest band")
    if not pattern.lines and not pattern.facts:
        faults.append("must have supports, opposes or facts")
    if not pattern.urgency and not pattern.at_least:
        faults.append("must have urgency, urgency-of or at-least")
    return faults
