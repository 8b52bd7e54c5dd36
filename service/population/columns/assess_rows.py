"""The findings of a batch of rows: each submission is assessed with the responses that it brought, and no others.

As `assess_submission` without a history: docs/population.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from service.population.columns.ages import ages_on
from service.population.columns.case_columns import AgeColumns, CaseColumns, Levels, ScoreColumns
from service.population.columns.flags import (
    FlagColumns,
    flag_columns,
    flags_named_by_patterns,
    kinds_of,
    lonely_flags,
)
from service.population.columns.patterns import PatternColumns, pattern_columns
from service.population.columns.rows import NOWHERE, CodedRows, SheetColumns, Times
from service.population.columns.scores import score_columns
from service.population.columns.truth_column import Bools
from service.screening.rules.assessment import InstrumentRules, RuleSet
from service.screening.rules.case import FlagKind

Places: TypeAlias = npt.NDArray[np.intp]
MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class InstrumentFindings:
    """The findings of the responses to one instrument: ``places`` of its rows, flags by code, scores by id."""

    places: Places
    flags: Mapping[str, Levels]
    scores: Mapping[str, ScoreColumns]


@dataclass(frozen=True)
class RowFindings:
    """The findings of a batch. ``submission_of``: the number of the submission of each row, from 0 in their order.

    ``patterns`` and ``urgency`` are by submission. ``instruments``: by name; rows of others were not assessed.
    """

    submission_of: Places
    instruments: Mapping[str, InstrumentFindings]
    patterns: Mapping[str, PatternColumns]
    urgency: Levels


def assess_rows(rules: RuleSet, rows: CodedRows) -> RowFindings:
    """The findings of a batch. Raises CannotCompile if the rules contain what has no operation on columns."""
    submission_of = number_submissions(rows.submission)
    count = int(submission_of[-1]) + 1 if rows.count else 0
    as_of = assessment_times(rules, rows, submission_of, count)
    age = submission_ages(rows, submission_of, as_of)
    kinds, named = kinds_of(rules), flags_named_by_patterns(rules)
    found: dict[str, InstrumentFindings] = {}
    newest: dict[str, Places] = {}
    unjudged: dict[str, Bools] = {code: np.zeros(count, np.bool_) for code in named}
    for name, own in rules.instruments.items():
        places = rows.rows_of(name)
        if len(places):
            case = response_case(own, rules, rows, places, age.at(submission_of[places]), kinds)
            flags = flag_columns(own, case, rows.is_finished[places], named)
            scores = {id: replace(each, exists=rows.is_finished[places]) for id, each in case.scores.items()}
            found[name] = InstrumentFindings(places, flags.levels, scores)
            newest[name] = newest_rows(own, found[name], rows, submission_of, as_of)
            mark_unjudged(unjudged, flags, submission_of[places])
    drop_lonely(found, lonely_flags(rules), submission_of, count)
    raised = highest_levels(found, submission_of, count)
    urgency = np.maximum.reduce([np.zeros(count, np.int8), *raised.values()])
    patterns = {}
    if rules.drawn_from in newest:
        judged = (newest[rules.drawn_from] != NOWHERE) & ~(age.is_known & (age.high < rules.adult_age))
        case = combined_cases(rules, rows, found, newest, age, raised, unjudged, np.flatnonzero(judged))
        patterns = {id: each.at(judged) for id, each in pattern_columns(rules.patterns, case).items()}
        urgency = np.maximum.reduce([urgency, *(each.urgency for each in patterns.values())])
    return RowFindings(submission_of, found, patterns, urgency)


def number_submissions(submission: Times) -> Places:
    """The number of the submission of each row, counted from 0."""
    starts = np.ones(len(submission), np.bool_)
    starts[1:] = submission[1:] != submission[:-1]
    return np.cumsum(starts) - 1


def assessment_times(rules: RuleSet, rows: CodedRows, submission_of: Places, count: int) -> Times:
    """The time of the newest finished response of each submission, or without one of the newest."""
    as_of = np.full(count, np.iinfo(np.int64).min)
    np.maximum.at(as_of, submission_of[rows.is_finished], rows.authored[rows.is_finished])
    unfinished = np.full(count, np.iinfo(np.int64).min)
    np.maximum.at(unfinished, submission_of, rows.authored)
    return np.where(as_of == np.iinfo(np.int64).min, unfinished, as_of)


def submission_ages(rows: CodedRows, submission_of: Places, as_of: Times) -> AgeColumns:
    """The age of the patient of each submission at the time of the assessment."""
    first = np.flatnonzero(np.diff(submission_of, prepend=-1))
    return ages_on(as_of // (86_400 * MICROSECONDS), rows.born_first[first], rows.born_last[first])


def response_case(
    own: InstrumentRules, rules: RuleSet, rows: CodedRows, places: Places, age: AgeColumns, kinds: dict[str, FlagKind]
) -> CaseColumns:
    """The cases of the responses to one instrument, each alone, with their scores."""
    sheet = SheetColumns(rows, rows.questions[own.name], places)
    scores = {rule.id: score_columns(rule, sheet, age, rows) for rule in own.scores}
    return CaseColumns(len(places), {own.name: sheet}, scores, age, rules.features, kinds)


def newest_rows(
    own: InstrumentRules, found: InstrumentFindings, rows: CodedRows, submission_of: Places, as_of: Times
) -> Places:
    """By submission, the place among ``found.places`` of the response that gives scores and patterns, or NOWHERE.

    As `scoring_response`: the newest finished one within the look-back whose scores have a total; without any, the
    newest.
    """
    units, authored = submission_of[found.places], rows.authored[found.places]
    look_back = int(own.look_back.total_seconds()) * MICROSECONDS
    is_near = rows.is_finished[found.places] & (authored >= as_of[units] - look_back)
    has_scores = np.logical_and.reduce([np.ones(len(units), np.bool_), *(s.is_total for s in found.scores.values())])
    candidates = np.flatnonzero(is_near)
    order = candidates[np.lexsort((candidates, authored[candidates], has_scores[candidates], units[candidates]))]
    newest = np.full(len(as_of), NOWHERE, np.intp)
    newest[units[order]] = order
    return newest


def mark_unjudged(unjudged: Mapping[str, Bools], flags: FlagColumns, units: Places) -> None:
    """Marks the submissions of responses whose open questions decide a red flag."""
    for code, column in flags.unjudged.items():
        unjudged[code][units[column]] = True


def drop_lonely(
    found: Mapping[str, InstrumentFindings], lonely: frozenset[str], submission_of: Places, count: int
) -> None:
    """Takes back the red flags that are raised only alone, where the submission has another."""
    has_company = np.zeros(count, np.bool_)
    for own in found.values():
        for code, levels in own.flags.items():
            if code not in lonely:
                has_company[submission_of[own.places[levels > 0]]] = True
    for own in found.values():
        for code in lonely & own.flags.keys():
            own.flags[code][has_company[submission_of[own.places]]] = 0


def highest_levels(found: Mapping[str, InstrumentFindings], submission_of: Places, count: int) -> dict[str, Levels]:
    """The highest level of each red flag in each submission, by code."""
    highest: dict[str, Levels] = {}
    for own in found.values():
        for code, levels in own.flags.items():
            rows = levels > 0
            np.maximum.at(
                highest.setdefault(code, np.zeros(count, np.int8)), submission_of[own.places[rows]], levels[rows]
            )
    return highest


def combined_cases(
    rules: RuleSet,
    rows: CodedRows,
    found: Mapping[str, InstrumentFindings],
    newest: Mapping[str, Places],
    age: AgeColumns,
    raised: Mapping[str, Levels],
    unjudged: Mapping[str, Bools],
    judged: Places,
) -> CaseColumns:
    """The newest response of each instrument in each of the ``judged`` submissions, with the flags of all."""
    sheets: dict[str, SheetColumns] = {}
    scores: dict[str, ScoreColumns] = {}
    for name, own in found.items():
        chosen = newest[name][judged]
        places = np.where(chosen == NOWHERE, NOWHERE, own.places[chosen])
        sheets[name] = SheetColumns(rows, rows.questions[name], places)
        scores |= {id: score.at(chosen) for id, score in own.scores.items()}
    return CaseColumns(
        len(judged),
        sheets,
        scores,
        age.at(judged),
        rules.features,
        kinds_of(rules),
        raised={code: levels[judged] for code, levels in raised.items()},
        unjudged={code: rows_of_code[judged] for code, rows_of_code in unjudged.items()},
    )
