"""Conditions of rules written as FHIRPath, in which an empty collection stands for unknown.

FHIRPath's and, or and not follow the same tables of three values as the rules do.
http://hl7.org/fhirpath/N1/#boolean-logic
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from service.screening import combinations
from service.screening import conditions as c
from service.screening.assessment import RuleSet
from service.screening.case import BlankReading, Condition
from service.screening.flags import FlagRule

UNKNOWN = "{}"


def variable(*parts: str) -> str:
    """A reference to a named expression."""
    return f"%`{name(*parts)}`"


def name(*parts: str) -> str:
    """The name of an expression; a FHIR id allows letters, digits, hyphens and dots alone."""
    return ".".join(re.sub(r"[^A-Za-z0-9.-]", "", part) for part in parts)


def literal(codes: Iterable[str]) -> str:
    """Codes as a collection of strings."""
    return "(" + " | ".join(f"'{code}'" for code in sorted(codes)) + ")"


def among(collection: str, codes: Iterable[str]) -> str:
    """Whether one of the codes is in a collection."""
    return f"{collection}.where($this in {literal(codes)}).exists()"


def either(condition: str, then: str, otherwise: str) -> str:
    """``then`` when the condition is true, else (false or unknown) ``otherwise``."""
    return f"iif({condition}, {then}, {otherwise})"


def joined(word: str, parts: Sequence[str]) -> str:
    """Parts with ``and`` or ``or`` between them."""
    return parts[0] if len(parts) == 1 else "(" + f" {word} ".join(parts) + ")"


def between(limits: c.Between, low: str, high: str) -> str:
    """Whether a number lies within limits, given the expressions of its least and greatest possible value."""
    parts = []
    if limits.low is not None:
        parts.append(either(f"{low} >= {limits.low}", "true", either(f"{high} >= {limits.low}", UNKNOWN, "false")))
    if limits.high is not None:
        parts.append(either(f"{high} <= {limits.high}", "true", either(f"{low} <= {limits.high}", UNKNOWN, "false")))
    return either(f"{low}.exists()", joined("and", parts), UNKNOWN)


@dataclass
class Scope:
    """How conditions are written in one place of the rules.

    Among the flags of an ``instrument`` only its own answers are known and blanks are read with care; among
    the patterns (``instrument`` None) everything is known. ``flags`` are the rules judged before. ``named``
    collects the expressions that were needed, each after those it refers to.
    """

    rules: RuleSet
    instrument: str | None = None
    flags: Sequence[FlagRule] = ()
    named: dict[str, str] = field(default_factory=dict)

    @property
    def in_flags(self) -> bool:
        return self.instrument is not None

    @property
    def blanks(self) -> Mapping[str, BlankReading]:
        return {} if self.instrument is None else self.rules.instruments[self.instrument].blanks

    def knows(self, instrument: str) -> bool:
        return self.instrument in (None, instrument)

    def write(self, condition: Condition) -> str:
        """One condition as an expression."""
        match condition:
            case combinations.All() | combinations.Any() | combinations.Not():
                return self.combined(condition)
            case c.Chosen() | c.Only() | c.LeftOpen() | c.AnyAnswered():
                return self.answers(condition)
            case c.FeatureHolds() | c.FlagUp() | c.AnyFlagOf() | c.PatternReported():
                return self.judged(condition)
            case c.AgeIs(limits=limits):
                return between(limits, variable("age-low"), variable("age-high"))
            case c.ScoreIs():
                return self.score(condition)
        if isinstance(condition, c.Always):
            return "true"
        raise TypeError(f"no FHIRPath for {type(condition).__name__}")

    def combined(self, condition: combinations.All | combinations.Any | combinations.Not) -> str:
        """A condition made of conditions. Among the flags, what cannot be told counts as not so."""
        if isinstance(condition, combinations.Not):
            part = self.write(condition.part)
            return either(part, "false", "true") if self.in_flags else f"{part}.not()"
        word = "and" if isinstance(condition, combinations.All) else "or"
        return joined(word, [self.write(part) for part in condition.parts])

    def feature(self, id: str) -> str:
        """A reference to a feature, written down when first needed."""
        parts = ("feature", id) if self.instrument is None else ("in-flags", self.instrument, id)
        if name(*parts) not in self.named:
            feature = self.rules.features[id]
            special = feature.in_flags if self.in_flags else None
            text = self.write(feature.when if special is None else special)
            self.named[name(*parts)] = text
        return variable(*parts)

    def answers(self, condition: c.Chosen | c.Only | c.LeftOpen | c.AnyAnswered) -> str:
        """A condition on what was answered."""
        match condition:
            case c.AnyAnswered(instrument=instrument, link_ids=link_ids):
                given = " | ".join(variable("answer", link_id) for link_id in link_ids)
                return f"({given}).exists()" if self.knows(instrument) else "false"
            case c.LeftOpen(instrument=instrument, link_id=link_id):
                given, asked = variable("answer", link_id), variable("asked", link_id)
                return either(f"{asked} and {given}.empty()", "true", "false") if self.knows(instrument) else "false"
            case c.Chosen(instrument=instrument) | c.Only(instrument=instrument) if not self.knows(instrument):
                return UNKNOWN
            case c.Chosen(link_id=link_id, codes=codes):
                blank = self.blanks.get(link_id)
                return chosen(link_id, codes) if blank is None else chosen_or_blank(link_id, codes, blank)
            case c.Only():
                return only(condition)
            case _ as never:
                assert_never(never)

    def judged(self, condition: c.FeatureHolds | c.FlagUp | c.AnyFlagOf | c.PatternReported) -> str:
        """A condition on what was judged before."""
        match condition:
            case c.FeatureHolds(id=id):
                return self.feature(id)
            case c.PatternReported(id=id):
                return "false" if self.in_flags else self.reported(id)
            case c.FlagUp(code=code):
                return self.flag_up([flag for flag in self.flags if flag.code == code])
            case c.AnyFlagOf(kind=kind, level=level):
                levels = {urgency.code for urgency in type(level) if urgency >= level}
                of_kind = [variable("level", f.instrument, f.code) for f in self.flags if kind in (None, f.kind)]
                return among("(" + " | ".join(of_kind) + ")", levels) if of_kind else "false"
            case _ as never:
                assert_never(never)

    def reported(self, id: str) -> str:
        """A reference to whether a pattern was reported, written down when first needed."""
        if name("pattern", id) not in self.named:
            pattern = next(pattern for pattern in self.rules.patterns if pattern.id == id)
            parts = [variable("patterns-judged"), *(variable("gate", id, str(n + 1)) for n in range(len(pattern.gate)))]
            parts += [] if pattern.minimum is None else [variable("reached", id)]
            self.named[name("pattern", id)] = either(joined("and", parts), "true", "false")
        return variable("pattern", id)

    def flag_up(self, rules: Sequence[FlagRule]) -> str:
        """A flag is up in any instrument; among the flags one that could not be judged is not up."""
        if not rules:
            return "false"
        up = joined("or", [variable("flag", rule.instrument, rule.code) for rule in rules])
        return either(up, "true", "false") if self.in_flags else up

    def score(self, condition: c.ScoreIs) -> str:
        """A total within limits, or the answered items as a floor."""
        id = condition.score
        owners = (own.name for own in self.rules.instruments.values() for score in own.scores if score.id == id)
        if not self.knows(next(owners)):
            return UNKNOWN
        least, most = ("low", "high") if condition.answered else ("total", "total")
        return between(condition.limits, variable("score", id, least), variable("score", id, most))


def chosen(link_id: str, codes: Iterable[str]) -> str:
    """One of the options was chosen; false when the question was not asked, unknown when it was left open."""
    given, asked = variable("answer", link_id), variable("asked", link_id)
    left_out = either(f"{asked} = false", "false", UNKNOWN)
    return either(f"{given}.exists()", among(given, codes), left_out)


def chosen_or_blank(link_id: str, codes: frozenset[str], blank: BlankReading) -> str:
    """The same where a blank reads as one of the options, while some others stay possible."""
    given, asked = variable("answer", link_id), variable("asked", link_id)
    possible = UNKNOWN if blank.leaves_open & codes else "false"
    read = "true" if blank.blank_is in codes else possible
    left_out = either(f"{given}.empty() and {asked} = false", "false", read)
    return either(f"{given}.where($this != '{blank.blank_is}').exists()", among(given, codes), left_out)


def only(condition: c.Only) -> str:
    """Something was chosen, and nothing but these options."""
    given, asked = variable("answer", condition.link_id), variable("asked", condition.link_id)
    rest = f"{given}.where(($this in {literal(condition.ignoring)}).not())" if condition.ignoring else given
    alone = f"({rest}.exists() and {rest}.where(($this in {literal(condition.codes)}).not()).empty())"
    return either(f"{given}.exists()", alone, either(f"{asked} = false", "false", UNKNOWN))
