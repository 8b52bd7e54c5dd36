"""The red flags of each response, and those that open questions leave unknown, are those of `evaluate_flags`."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from service.population.columns.assess_rows import response_case, submission_ages
from service.population.columns.case_columns import CannotCompile
from service.population.columns.flags import flag_columns, kinds_of
from service.population.files.rows_file import coded_rows, layout_of, row_schema, table_of
from service.screening.rules.age import age_at
from service.screening.rules.assessment import evaluate_response
from tests.support.building import catalogue
from tests.support.generated.population import BIRTHS, START, Visit, code_visit, random_written

RULES = catalogue().rules


@pytest.mark.parametrize("name", ["leg-pain", "phq-9"])
def test_raised_and_unjudged_flags_of_each_response_alone(name: str) -> None:
    random, own = Random(8), RULES.instruments[name]
    written = [random_written(random, f"r{number}", name, START) for number in range(400)]
    visits = [Visit([each], random.choice(BIRTHS), None) for each in written]
    responses = [row for number, visit in enumerate(visits) for row in code_visit(visit, number)]
    layout = layout_of((each.instrument, each.questions) for each in responses)
    rows = coded_rows(table_of(responses, layout, row_schema(layout)))
    places = rows.rows_of(name)
    age = submission_ages(rows, places, np.full(len(places), int(START.timestamp()) * 1_000_000))
    case = response_case(own, RULES, rows, places, age, kinds_of(RULES))
    codes = {flag.code for flag in own.flags}
    found = flag_columns(own, case, np.ones(len(places), np.bool_), codes)
    unjudged = 0
    for row, visit in enumerate(visits):
        flags = evaluate_response(RULES, visit.written[0].sheet, age_at(visit.birth_date, START.date())).flags
        levels = {code: int(column[row]) for code, column in found.levels.items() if column[row]}
        assert levels == {flag.rule.code: int(flag.level) for flag in flags.raised}
        is_open = {code for code, column in found.unjudged.items() if column[row]}
        assert is_open == {flag.rule.code for flag in flags.unjudged}
        unjudged += len(is_open)
    assert unjudged


def test_a_red_flag_of_two_kinds_is_refused() -> None:
    phq = RULES.instruments["phq-9"]
    flags = tuple(replace(flag, kind="bodily") if flag.code == "mood-positive" else flag for flag in phq.flags)
    rules = replace(RULES, instruments={**RULES.instruments, "phq-9": replace(phq, flags=flags)})
    with pytest.raises(CannotCompile, match="mood-positive has two kinds"):
        kinds_of(rules)
