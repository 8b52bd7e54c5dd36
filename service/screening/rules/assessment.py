"""The assessment of a patient: red flags of every response used, scores and patterns of the newest ones, urgency.

It is a pure function: the same responses, rules and age give the same result.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from service.screening.instruments.answer_sheet import AnswerSheet, Contradiction
from service.screening.rules.age import Age
from service.screening.rules.case import BlankMeaning, Case, Feature
from service.screening.rules.patterns import Pattern, PatternResults, evaluate_patterns
from service.screening.rules.red_flags import (
    Flag,
    FlagResults,
    FlagRule,
    evaluate_flags,
    without_company,
    without_retired,
)
from service.screening.rules.scores import Score, ScoreRule, compute_score
from service.screening.rules.urgency import Urgency


@dataclass(frozen=True)
class InstrumentRules:
    """The rules of one instrument. ``safety_items``: linkIds of items that unfinished responses are evaluated on.

    ``short_names``: by linkId, how texts for clinicians name a question.
    """

    name: str
    scores: tuple[ScoreRule, ...]
    flags: tuple[FlagRule, ...]
    safety_items: frozenset[str]
    blanks: Mapping[str, BlankMeaning]
    look_back: timedelta
    short_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RuleSet:
    """All rules under one version. ``drawn_from`` is the instrument without which no pattern is judged;
    ``adult_age`` the age in years below which none is; ``task_from`` the lowest level of a flag that calls a person,
    ``old_after`` the age of answers beyond which that is not urgent.
    """

    url: str
    version: str
    instruments: Mapping[str, InstrumentRules]
    features: Mapping[str, Feature]
    patterns: tuple[Pattern, ...]
    drawn_from: str
    adult_age: int
    task_from: Urgency
    old_after: timedelta

    @property
    def canonical(self) -> str:
        """``url|version``."""
        return f"{self.url}|{self.version}"


@dataclass(frozen=True)
class ResponseResults:
    """The results of one response alone."""

    instrument: str
    scores: tuple[Score, ...]
    flags: FlagResults
    contradictions: tuple[Contradiction, ...]


@dataclass(frozen=True)
class Assessment:
    """The results of an assessment. ``responses`` are by response id, from the oldest to the newest.

    ``newest``: by instrument, the id of the newest response with a total; it gives scores and patterns.

    ``patterns_evaluated``: patterns were evaluated. ``minor``: the patient is surely below the adult age.
    ``raised``: each red flag once, at its highest level, by code; the most urgent first.
    """

    responses: Mapping[str, ResponseResults]
    newest: Mapping[str, str]
    patterns: PatternResults
    patterns_evaluated: bool
    minor: bool
    urgency: Urgency
    raised: Mapping[str, Flag]
    case: Case = field(repr=False, compare=False)


def assess(
    rules: RuleSet,
    sheets: Mapping[str, AnswerSheet],
    newest: Mapping[str, str],
    age: Age | None,
    unfinished: Collection[str] = (),
    retired: Mapping[str, Collection[str]] | None = None,
    sex: str | None = None,
) -> Assessment:
    """Evaluates every response used, then the patterns on the newest response of each instrument.

    ``sheets`` are by response id, ``newest`` are response ids by instrument. The sheets of ``unfinished`` responses
    contain only the answers to safety items. ``retired`` are by response id the safety items whose answers newer
    answers have retired: they raise no flag. ``sex`` is ``Patient.gender``: some bands depend on it.
    """
    responses = {
        id: evaluate_safety_items(rules, sheet, age) if id in unfinished else evaluate_response(rules, sheet, age, sex)
        for id, sheet in sheets.items()
    }
    responses = {id: without_retired_flags(rules, own, (retired or {}).get(id, ())) for id, own in responses.items()}
    rules_met = [flag.rule for own in responses.values() for flag in own.flags.raised]
    company = {rule.code for rule in rules_met if not rule.alone}
    if company and any(rule.alone for rule in rules_met):
        responses = {id: replace(own, flags=without_company(own.flags, company)) for id, own in responses.items()}
    minor = age is not None and age.high < rules.adult_age
    applies = rules.drawn_from in newest and not minor
    raised = highest_flags(responses.values())
    case = combined_case(rules, responses, raised, sheets, newest, age)
    patterns = evaluate_patterns(rules.patterns, case) if applies else PatternResults()
    levels = [flag.level for flag in raised.values()] + [pattern.urgency for pattern in patterns.reported]
    return Assessment(responses, newest, patterns, applies, minor, max(levels, default=Urgency.NONE), raised, case)


def without_retired_flags(rules: RuleSet, own: ResponseResults, retired: Collection[str]) -> ResponseResults:
    """The results of one response without the flags that its ``retired`` safety items raised."""
    safety_items = rules.instruments[own.instrument].safety_items
    return replace(own, flags=without_retired(own.flags, safety_items, retired)) if retired else own


def evaluate_safety_items(rules: RuleSet, sheet: AnswerSheet, age: Age | None) -> ResponseResults:
    """The red flags that answers to the safety items of an unfinished response raise.

    Scores, patterns and open questions are not evaluated before the response is completed.
    """
    results = evaluate_response(rules, sheet, age)
    safety_items = rules.instruments[results.instrument].safety_items
    raised = tuple(flag for flag in results.flags.raised if has_reason_in(flag, safety_items))
    two_readings = tuple(found for found in results.contradictions if found.kind == "two-readings")
    return ResponseResults(results.instrument, (), FlagResults(raised), two_readings)


def has_reason_in(flag: Flag, link_ids: frozenset[str]) -> bool:
    """Whether an answer to one of the items is a reason of the red flag."""
    return any(reason.kind == "answer" and reason.subject in link_ids for reason in flag.reasons)


def evaluate_response(rules: RuleSet, sheet: AnswerSheet, age: Age | None, sex: str | None = None) -> ResponseResults:
    """The scores and red flags of one response."""
    instrument = rules.instruments[sheet.instrument.name]
    scores = tuple(compute_score(rule, sheet, age, sex) for rule in instrument.scores)
    scores_by_id = {score.rule.id: score for score in scores}
    case = Case({instrument.name: sheet}, scores_by_id, age, rules.features, blanks=instrument.blanks)
    return ResponseResults(instrument.name, scores, evaluate_flags(instrument.flags, case), sheet.contradictions)


def combined_case(
    rules: RuleSet,
    responses: Mapping[str, ResponseResults],
    raised: Mapping[str, Flag],
    sheets: Mapping[str, AnswerSheet],
    newest: Mapping[str, str],
    age: Age | None,
) -> Case:
    """The newest response of each instrument as one case, with the red flags of all responses used."""
    unjudged = {flag.rule.code for response in responses.values() for flag in response.flags.unjudged}
    return Case(
        sheets={name: sheets[id] for name, id in newest.items()},
        scores={score.rule.id: score for id in newest.values() for score in responses[id].scores},
        age=age,
        features=rules.features,
        raised=raised,
        unjudged=frozenset(unjudged - raised.keys()),
    )


def highest_flags(responses: Iterable[ResponseResults]) -> dict[str, Flag]:
    """Each raised red flag once, at its highest level, by code: the most urgent first, self-harm first among equals."""
    highest: dict[str, Flag] = {}
    for response in responses:
        for flag in response.flags.raised:
            other = highest.get(flag.rule.code)
            if other is None or flag.level > other.level:
                highest[flag.rule.code] = flag
    return dict(sorted(highest.items(), key=lambda entry: (-entry[1].level, entry[1].kind != "self-harm")))
