"""Random conditions on random answers: value, open questions and reasons in every row are those of the evaluator."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

import numpy as np
import pytest

from service.population.columns.assess_rows import submission_ages
from service.population.columns.case_columns import CannotCompile, CaseColumns
from service.population.columns.conditions import truth_of
from service.population.columns.flags import kinds_of
from service.population.columns.reasons import has_open_question, has_safety_reason
from service.population.columns.rows import SheetColumns
from service.population.columns.scores import score_columns
from service.population.files.rows_file import coded_rows, layout_of, row_schema, table_of
from service.screening.rules import conditions as c
from service.screening.rules.age import age_at
from service.screening.rules.case import BlankMeaning, Case, Condition
from service.screening.rules.combinations import AllOf, AnyOf, Not
from service.screening.rules.scores import compute_score
from service.screening.rules.urgency import Urgency
from tests.support.building import catalogue
from tests.support.generated.population import BIRTHS, START, Visit, Written, code_visit, random_written

NAME = "phq-9"
RULES = catalogue().rules
OWN = RULES.instruments[NAME]
FORM = catalogue().newest["https://w3id.org/sural/Questionnaire/phq-9"]
LINKS = (*OWN.scores[0].summands, "safe-now")
# No answer to the first question is read as its second option, and leaves the last one possible.
FIRST = tuple(FORM.by_link_id[LINKS[0]].option_of)
BLANKS = {LINKS[0]: BlankMeaning(FIRST[1], frozenset(FIRST[-1:]))}
DAY = START.date()


@dataclass(frozen=True)
class Raised:
    """A raised red flag."""

    level: Urgency
    kind: Literal["self-harm"] = "self-harm"


def random_condition(random: Random, depth: int = 3) -> Condition:
    """A condition of any kind, with conditions in it."""
    if depth and random.random() < 0.6:
        operands = tuple(random_condition(random, depth - 1) for _ in range(random.randint(2, 3)))
        return random.choice((AllOf(operands), AnyOf(operands), Not(operands[0])))
    link_id = random.choice(LINKS)
    options = tuple(FORM.by_link_id[link_id].option_of)
    codes = frozenset(random.sample(options, random.randint(1, len(options))))
    limits = random.choice((c.Between(5), c.Between(None, 9), c.Between(5, 14)))
    leaves: tuple[Condition, ...] = (
        c.AnyChosen(NAME, link_id, codes),
        c.AnyChosen(NAME, LINKS[0], frozenset(random.sample(FIRST, 2))),
        c.AnyChosen("gad-7", link_id, codes),
        c.OnlyChosen(NAME, link_id, codes, frozenset(options[:1])),
        c.OnlyChosen("gad-7", link_id, codes, frozenset()),
        c.Unanswered(NAME, link_id),
        c.AnyAnswered(NAME, (link_id, LINKS[0])),
        c.ScoreIs(NAME, limits, answered=random.random() < 0.5),
        c.ScoreIs("gad-7", limits),
        c.AgeIs(c.Between(random.choice((18, 60))), or_unknown=random.random() < 0.5),
        c.FlagRaised("self-harm", random.choice((Urgency.NONE, Urgency.EMERGENCY))),
        c.AnyFlagOf(random.choice((None, "mood", "self-harm")), Urgency.SAME_DAY),
        c.FeatureHolds(random.choice(("new", "local-injury", "weakness"))),
        c.Always(),
    )
    return random.choice(leaves)


@dataclass(frozen=True)
class Drawn:
    """Random responses: the cases of the evaluator, and the same as columns."""

    cases: Sequence[Case]
    columns: CaseColumns


def draw(random: Random, in_flags: bool) -> Drawn:
    written = [random_written(random, f"r{number}", NAME, START) for number in range(60)]
    births = [random.choice(BIRTHS) for _ in written]
    levels = [random.choice((0, 0, Urgency.SAME_DAY, Urgency.EMERGENCY)) for _ in written]
    unjudged = [level == 0 and random.random() < 0.5 for level in levels]
    cases = [
        Case(
            {NAME: each.sheet},
            {rule.id: compute_score(rule, each.sheet) for rule in OWN.scores},
            age_at(birth, DAY),
            RULES.features,
            in_flags,
            BLANKS,
            {"self-harm": Raised(Urgency(level))} if level else {},
            frozenset({"self-harm"} if is_left_open else ()),
        )
        for each, birth, level, is_left_open in zip(written, births, levels, unjudged, strict=True)
    ]
    columns = columns_of(written, births, in_flags)
    raised = {"self-harm": np.array(levels, np.int8)}
    return Drawn(cases, replace(columns, raised=raised, unjudged={"self-harm": np.array(unjudged)}))


def columns_of(written: Sequence[Written], births: Sequence[str | None], in_flags: bool) -> CaseColumns:
    visits = [Visit([each], birth, None) for each, birth in zip(written, births, strict=True)]
    responses = [row for number, visit in enumerate(visits) for row in code_visit(visit, number)]
    layout = layout_of((each.instrument, each.questions) for each in responses)
    rows = coded_rows(table_of(responses, layout, row_schema(layout)))
    places = rows.rows_of(NAME)
    age = submission_ages(rows, places, np.full(len(places), int(START.timestamp()) * 1_000_000))
    sheet = SheetColumns(rows, rows.questions[NAME], places)
    scores = {rule.id: score_columns(rule, sheet, age, rows) for rule in OWN.scores}
    kinds = kinds_of(RULES)
    return CaseColumns(len(places), {NAME: sheet}, scores, age, RULES.features, kinds, in_flags, BLANKS)


@pytest.mark.parametrize("in_flags", [False, True])
def test_each_row_has_the_value_and_the_open_questions_that_the_evaluator_gives(in_flags: bool) -> None:
    random = Random(3)
    seen: set[tuple[bool | None, bool]] = set()
    for _ in range(6):
        drawn = draw(random, in_flags)
        for condition in [random_condition(random) for _ in range(150)]:
            expected = [condition.evaluate(replace(case, memo={})) for case in drawn.cases]
            truth = truth_of(condition, replace(drawn.columns, memo={}))
            assert [value is True for value in expected] == truth.is_true.tolist(), condition
            assert [value is None for value in expected] == truth.is_unknown.tolist(), condition
            opened = [any(condition.open_questions(replace(case, memo={}))) for case in drawn.cases]
            assert opened == has_open_question(condition, replace(drawn.columns, memo={})).tolist(), condition
            seen |= set(zip(expected, opened, strict=True))
    assert len(seen) >= 4


def test_a_true_condition_has_an_answer_to_a_safety_item_as_reason_where_the_evaluator_names_one() -> None:
    random = Random(4)
    found = 0
    for _ in range(6):
        drawn = draw(random, True)
        for condition in [random_condition(random) for _ in range(150)]:
            true = truth_of(condition, replace(drawn.columns, memo={})).is_true
            column = has_safety_reason(condition, replace(drawn.columns, memo={}), OWN.safety_items)
            for case, is_true, has_reason in zip(drawn.cases, true.tolist(), column.tolist(), strict=True):
                if is_true:
                    reasons = condition.reasons(replace(case, memo={}))
                    wanted = any(r.kind == "answer" and r.subject in OWN.safety_items for r in reasons)
                    assert wanted == has_reason, condition
                    found += wanted
    assert found


def test_an_unknown_kind_of_condition_is_refused() -> None:
    class Other(c.Leaf):
        def evaluate(self, case: Case) -> bool:
            return True

    with pytest.raises(CannotCompile, match="Other has no operation on columns"):
        truth_of(Other(), draw(Random(1), False).columns)
