"""Conditions of rules written as FHIRPath. An empty collection means unknown.

The operators and, or and not of FHIRPath have the same three-valued tables as those of the rules.
http://hl7.org/fhirpath/N1/#boolean-logic
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from service.screening.rules import combinations
from service.screening.rules import conditions as c
from service.screening.rules.assessment import RuleSet
from service.screening.rules.case import BlankMeaning, Condition
from service.screening.rules.red_flags import FlagRule
from service.screening.rules.urgency import Urgency

UNKNOWN = "{}"


def variable(*parts: str) -> str:
    """Returns a reference to a variable: %`flag.phq-9.self-harm`."""
    return f"%`{variable_name(*parts)}`"


def variable_name(*parts: str) -> str:
    """Returns the name of a variable: its parts joined by dots, without characters that a FHIR id must not contain."""
    return ".".join(re.sub(r"[^A-Za-z0-9.-]", "", part) for part in parts)


def literal(codes: Iterable[str]) -> str:
    """Returns codes as a collection of strings."""
    return "(" + " | ".join(f"'{code}'" for code in sorted(codes)) + ")"


def contains_any(collection: str, codes: Iterable[str]) -> str:
    """Returns the test whether one of the codes is in a collection."""
    return f"{collection}.where($this in {literal(codes)}).exists()"


def iif(condition: str, then: str, otherwise: str) -> str:
    """Returns an expression with the value ``then`` if the condition is true, else (false or unknown) ``otherwise``."""
    return f"iif({condition}, {then}, {otherwise})"


def join_operands(word: str, parts: Sequence[str]) -> str:
    """Returns the parts with ``and`` or ``or`` between them."""
    return parts[0] if len(parts) == 1 else "(" + f" {word} ".join(parts) + ")"


def within_limits(limits: c.Between, low: str, high: str) -> str:
    """Returns the test whether a number is within limits, given its lowest and highest possible value."""
    parts = []
    if limits.low is not None:
        parts.append(iif(f"{low} >= {limits.low}", "true", iif(f"{high} >= {limits.low}", UNKNOWN, "false")))
    if limits.high is not None:
        parts.append(iif(f"{high} <= {limits.high}", "true", iif(f"{low} <= {limits.high}", UNKNOWN, "false")))
    return iif(f"{low}.exists()", join_operands("and", parts), UNKNOWN)


@dataclass
class FhirPathWriter:
    """Writes the conditions of the flags of one instrument, or of the patterns.

    ``instrument``: its flags see only its own answers, and read open questions as its rules say; None for the
    patterns, which see everything. ``flags``: the rules evaluated before. ``variables``: the expressions by name that
    were needed so far, each after those that it refers to. ``as_answered``: open questions stay unknown in flags too.
    """

    rules: RuleSet
    instrument: str | None = None
    flags: Sequence[FlagRule] = ()
    variables: dict[str, str] = field(default_factory=dict)
    as_answered: bool = False

    @property
    def in_flags(self) -> bool:
        """True if conditions of flags are written in which open questions are read as the rules of flags say."""
        return self.instrument is not None and not self.as_answered

    @property
    def blanks(self) -> Mapping[str, BlankMeaning]:
        """How open questions are read, by linkId."""
        if self.instrument is None or self.as_answered:
            return {}
        return self.rules.instruments[self.instrument].blanks

    def sees(self, instrument: str) -> bool:
        """True if the conditions may read the answers to an instrument."""
        return self.instrument in (None, instrument)

    def write(self, condition: Condition) -> str:
        """Returns one condition as FHIRPath. Raises TypeError for a condition of an unknown class."""
        match condition:
            case combinations.AllOf() | combinations.AnyOf() | combinations.Not():
                return self.combination(condition)
            case c.AnyChosen() | c.OnlyChosen() | c.Unanswered() | c.AnyAnswered():
                return self.answer_condition(condition)
            case c.FeatureHolds() | c.FlagRaised() | c.AnyFlagOf() | c.PatternReported():
                return self.result_condition(condition)
            case c.AgeIs(limits=limits, or_unknown=or_unknown):
                within = within_limits(limits, variable("age-low"), variable("age-high"))
                return iif(f"{within} = false", "false", "true") if or_unknown else within
            case c.ScoreIs():
                return self.score_condition(condition)
        if isinstance(condition, c.Always):
            return "true"
        raise TypeError(f"no FHIRPath for {type(condition).__name__}")

    def combination(self, condition: combinations.AllOf | combinations.AnyOf | combinations.Not) -> str:
        """Returns AllOf, AnyOf or Not. In flags, Not of unknown is true."""
        if isinstance(condition, combinations.Not):
            part = self.write(condition.operand)
            return iif(part, "false", "true") if self.in_flags else f"{part}.not()"
        word = "and" if isinstance(condition, combinations.AllOf) else "or"
        return join_operands(word, [self.write(part) for part in condition.operands])

    def feature_variable(self, id: str) -> str:
        """Returns a reference to a feature, and defines its variable when first needed."""
        feature = self.rules.features[id]
        if feature.blanks_stay_unknown and self.in_flags:
            return replace(self, as_answered=True).feature_variable(id)
        place = "as-answered" if self.as_answered else "in-flags"
        parts = ("feature", id) if self.instrument is None else (place, self.instrument, id)
        if variable_name(*parts) not in self.variables:
            special = feature.in_flags if self.in_flags else None
            text = self.write(feature.when if special is None else special)
            self.variables[variable_name(*parts)] = text
        return variable(*parts)

    def answer_condition(self, condition: c.AnyChosen | c.OnlyChosen | c.Unanswered | c.AnyAnswered) -> str:
        """Returns a condition about answers."""
        match condition:
            case c.AnyAnswered(instrument=instrument, link_ids=link_ids):
                given = " | ".join(variable("answer", link_id) for link_id in link_ids)
                return f"({given}).exists()" if self.sees(instrument) else "false"
            case c.Unanswered(instrument=instrument, link_id=link_id):
                given, asked = variable("answer", link_id), variable("asked", link_id)
                return iif(f"{asked} and {given}.empty()", "true", "false") if self.sees(instrument) else "false"
            case c.AnyChosen(instrument=instrument) | c.OnlyChosen(instrument=instrument) if not self.sees(instrument):
                return UNKNOWN
            case c.AnyChosen(link_id=link_id, codes=codes):
                blank = self.blanks.get(link_id)
                return chosen_expression(link_id, codes) if blank is None else chosen_or_blank(link_id, codes, blank)
            case c.OnlyChosen():
                return only_expression(condition)
            case _ as never:
                assert_never(never)

    def result_condition(self, condition: c.FeatureHolds | c.FlagRaised | c.AnyFlagOf | c.PatternReported) -> str:
        """Returns a condition about features, flags or patterns, which are evaluated before."""
        match condition:
            case c.FeatureHolds(id=id):
                return self.feature_variable(id)
            case c.PatternReported(id=id):
                return "false" if self.in_flags else self.reported_pattern(id)
            case c.FlagRaised(code=code, level=level):
                return self.raised_flag([flag for flag in self.flags if flag.code == code], level)
            case c.AnyFlagOf(kind=kind, level=level):
                return has_level([flag for flag in self.flags if kind in (None, flag.kind)], level)
            case _ as never:
                assert_never(never)

    def reported_pattern(self, id: str) -> str:
        """Returns a reference to whether a pattern is reported, and defines its variable when first needed."""
        if variable_name("pattern", id) not in self.variables:
            pattern = next(pattern for pattern in self.rules.patterns if pattern.id == id)
            parts = [variable("patterns-judged"), *(variable("gate", id, str(n + 1)) for n in range(len(pattern.gate)))]
            parts += [] if pattern.minimum is None else [variable("reached", id)]
            self.variables[variable_name("pattern", id)] = iif(join_operands("and", parts), "true", "false")
        return variable("pattern", id)

    def raised_flag(self, rules: Sequence[FlagRule], level: Urgency) -> str:
        """Returns the test whether any of the rules raises its flag at the level. In flags, unknown is false."""
        if not rules:
            return "false"
        up = join_operands("or", [variable("flag", rule.instrument, rule.code) for rule in rules])
        if self.in_flags:
            return iif(up, has_level(rules, level), "false")
        return up if level is Urgency.NONE else iif(up, has_level(rules, level), up)

    def score_condition(self, condition: c.ScoreIs) -> str:
        """Returns the test whether a total, or the range of possible totals, is within limits."""
        id = condition.score
        owners = (own.name for own in self.rules.instruments.values() for score in own.scores if score.id == id)
        if not self.sees(next(owners)):
            return UNKNOWN
        least, most = ("low", "high") if condition.answered else ("total", "total")
        return within_limits(condition.limits, variable("score", id, least), variable("score", id, most))


def has_level(rules: Sequence[FlagRule], level: Urgency) -> str:
    """Returns the test whether a flag is raised at the level or a higher one; never unknown."""
    levels = {urgency.code for urgency in Urgency if urgency >= level}
    of_rules = [variable("level", rule.instrument, rule.code) for rule in rules]
    return contains_any("(" + " | ".join(of_rules) + ")", levels) if of_rules else "false"


def chosen_expression(link_id: str, codes: Iterable[str]) -> str:
    """Returns the test whether an option was chosen: false if the question was not asked, unknown if it is open."""
    given, asked = variable("answer", link_id), variable("asked", link_id)
    left_out = iif(f"{asked} = false", "false", UNKNOWN)
    return iif(f"{given}.exists()", contains_any(given, codes), left_out)


def chosen_or_blank(link_id: str, codes: frozenset[str], blank: BlankMeaning) -> str:
    """Returns the same test where no answer is read as one of the options, while some others remain possible."""
    given, asked = variable("answer", link_id), variable("asked", link_id)
    possible = UNKNOWN if blank.leaves_open & codes else "false"
    read = "true" if blank.blank_is in codes else possible
    left_out = iif(f"{given}.empty() and {asked} = false", "false", read)
    return iif(f"{given}.where($this != '{blank.blank_is}').exists()", contains_any(given, codes), left_out)


def only_expression(condition: c.OnlyChosen) -> str:
    """Returns the test whether options were chosen, and only these."""
    given, asked = variable("answer", condition.link_id), variable("asked", condition.link_id)
    rest = f"{given}.where(($this in {literal(condition.ignoring)}).not())" if condition.ignoring else given
    alone = f"({rest}.exists() and {rest}.where(($this in {literal(condition.codes)}).not()).empty())"
    return iif(f"{given}.exists()", alone, iif(f"{asked} = false", "false", UNKNOWN))
