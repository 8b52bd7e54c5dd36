"""One assessment: the flags of every response used, the patterns of the newest ones, and how soon.

Pure: the same responses under the same rules and the same age give the same result.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from service.screening.age import Age
from service.screening.case import BlankReading, Case, Feature
from service.screening.flags import Flag, FlagRule, JudgedFlags, judge_flags
from service.screening.patterns import JudgedPatterns, Pattern, judge_patterns
from service.screening.scores import Score, ScoreRule, score
from service.screening.sheet import AnswerSheet, Contradiction
from service.screening.urgency import Urgency


@dataclass(frozen=True)
class InstrumentRules:
    """What the answers to one instrument mean. ``judged_early`` are the items judged in an unfinished response."""

    name: str
    scores: tuple[ScoreRule, ...]
    flags: tuple[FlagRule, ...]
    judged_early: frozenset[str]
    blanks: Mapping[str, BlankReading]
    look_back: timedelta


@dataclass(frozen=True)
class RuleSet:
    """All rules under one version. ``drawn_from`` is the instrument without which no pattern is judged;
    ``adult_age`` the age in years below which none is."""

    url: str
    version: str
    instruments: Mapping[str, InstrumentRules]
    features: Mapping[str, Feature]
    patterns: tuple[Pattern, ...]
    drawn_from: str
    adult_age: int

    @property
    def canonical(self) -> str:
        return f"{self.url}|{self.version}"


@dataclass(frozen=True)
class JudgedResponse:
    """What one response came to by itself."""

    instrument: str
    scores: tuple[Score, ...]
    flags: JudgedFlags
    contradictions: tuple[Contradiction, ...]


@dataclass(frozen=True)
class Assessment:
    """What an act came to. ``raised`` holds each flag once, at its highest level; ``case`` is what was judged."""

    responses: Mapping[str, JudgedResponse]
    newest: Mapping[str, str]
    patterns: JudgedPatterns
    patterns_judged: bool
    minor: bool
    urgency: Urgency
    case: Case = field(repr=False, compare=False)

    @cached_property
    def raised(self) -> dict[str, Flag]:
        return highest_flags(self.responses.values())


def assess(
    rules: RuleSet,
    sheets: Mapping[str, AnswerSheet],
    newest: Mapping[str, str],
    age: Age | None,
    unfinished: Collection[str] = (),
) -> Assessment:
    """Judges every response used, then the patterns on the newest of each instrument.

    ``sheets`` are by response id, ``newest`` holds the response id by instrument; the sheets of
    ``unfinished`` ones hold only the answers to the items that are judged early.
    """
    responses = {
        id: judge_early(rules, sheet, age) if id in unfinished else judge_response(rules, sheet, age)
        for id, sheet in sheets.items()
    }
    minor = age is not None and age.high < rules.adult_age
    applies = rules.drawn_from in newest and not minor
    case = case_of(rules, responses, sheets, newest, age)
    patterns = judge_patterns(rules.patterns, case) if applies else JudgedPatterns()
    levels = [flag.level for flag in case.raised.values()] + [item.urgency for item in patterns.reported]
    return Assessment(responses, newest, patterns, applies, minor, max(levels, default=Urgency.NONE), case)


def judge_early(rules: RuleSet, sheet: AnswerSheet, age: Age | None) -> JudgedResponse:
    """The flags that rest on the safety items of an unfinished response.

    Everything else waits for completion: totals, patterns, and what is still open.
    """
    judged = judge_response(rules, sheet, age)
    early = rules.instruments[judged.instrument].judged_early
    raised = tuple(flag for flag in judged.flags.raised if rests_on(flag, early))
    return JudgedResponse(judged.instrument, (), JudgedFlags(raised), ())


def rests_on(flag: Flag, items: frozenset[str]) -> bool:
    """Whether an answer to one of the items is among the reasons of the flag."""
    return any(reason.kind == "answer" and reason.subject in items for reason in flag.reasons)


def judge_response(rules: RuleSet, sheet: AnswerSheet, age: Age | None) -> JudgedResponse:
    """Scores and flags of one response."""
    own = rules.instruments[sheet.instrument.name]
    scores = tuple(score(rule, sheet) for rule in own.scores)
    totals = {item.rule.id: item for item in scores}
    case = Case({own.name: sheet}, totals, age, rules.features, blanks=own.blanks)
    return JudgedResponse(own.name, scores, judge_flags(own.flags, case), sheet.contradictions)


def case_of(
    rules: RuleSet,
    responses: Mapping[str, JudgedResponse],
    sheets: Mapping[str, AnswerSheet],
    newest: Mapping[str, str],
    age: Age | None,
) -> Case:
    """The newest response of each instrument as one case, with every flag of the responses used known to it."""
    raised = highest_flags(responses.values())
    unjudged = {item.rule.code for response in responses.values() for item in response.flags.unjudged}
    return Case(
        sheets={name: sheets[id] for name, id in newest.items()},
        scores={item.rule.id: item for id in newest.values() for item in responses[id].scores},
        age=age,
        features=rules.features,
        raised=raised,
        unjudged=frozenset(unjudged - raised.keys()),
    )


def highest_flags(responses: Iterable[JudgedResponse]) -> dict[str, Flag]:
    """Each flag that any response raised, once, at its highest level: the most urgent first, of equals self-harm."""
    highest: dict[str, Flag] = {}
    for response in responses:
        for flag in response.flags.raised:
            held = highest.get(flag.rule.code)
            if held is None or flag.level > held.level:
                highest[flag.rule.code] = flag
    return dict(sorted(highest.items(), key=lambda entry: (-entry[1].level, entry[1].kind != "self-harm")))
