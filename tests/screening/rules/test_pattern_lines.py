"""Every line of a pattern at its edge: a form on which it just holds, and near misses, with the score by hand.

A table names a pattern, a base form with its score, and rows: what differs from the base, and what that comes to.
A row without a score does not open the gate. What no row names is answered none or no.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.screening.rules.assessment import Assessment
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import check_submission
from tests.support.building import NOW, catalogue, context, response, with_total

TABLES = Path(__file__).parent / "pattern_lines"
INSTRUMENTS = ("gad-7", "phq-9")


@cache
def tables() -> tuple[dict[str, Any], ...]:
    return tuple(read_yaml(path) for path in sorted(TABLES.glob("*.yaml")))


def rows() -> Iterator[Any]:
    for table in tables():
        base = {"line": "the base", "score": table.get("score")}
        for number, row in enumerate((base, *table["rows"])):
            yield pytest.param(table, row, id=f"{table['pattern']} {number}: {row['line']}")


def judge(table: dict[str, Any], row: dict[str, Any]) -> Assessment:
    answers = {
        link_id: [str(code) for code in codes]
        for link_id, codes in {**table["base"], **row}.items()
        if link_id.startswith("lp-")
    }
    both = {**table, **row}
    made = [response("leg-pain", {k: v for k, v in answers.items() if v})]
    made += [with_total(name, both[name]) for name in INSTRUMENTS if name in both]
    parts = [check_submission(resource, context(), NOW)[0] for resource in made]
    return assess_submission(parts, context(), NOW, birth_date=f"{NOW.year - both.get('age', 50)}-01-01").assessment


@pytest.mark.parametrize(("table", "row"), list(rows()))
def test_the_line_comes_to_what_the_rule_table_says(table: dict[str, Any], row: dict[str, Any]) -> None:
    found = judge(table, row).patterns
    reported = {item.pattern.id: item for item in found.reported}
    scores = {id: item.score for id, item in reported.items()}
    scores |= {item.pattern.id: item.score for item in found.below}
    assert scores.get(table["pattern"]) == row.get("score")
    if "urgency" in row:
        assert reported[table["pattern"]].urgency.code == row["urgency"]
    if "band" in row:
        assert reported[table["pattern"]].confidence.code == row["band"]


@pytest.mark.parametrize("table", [pytest.param(table, id=table["pattern"]) for table in tables()])
def test_every_line_of_the_pattern_holds_in_a_row_and_fails_in_another(table: dict[str, Any]) -> None:
    pattern = next(pattern for pattern in catalogue().rules.patterns if pattern.id == table["pattern"])
    seen: dict[int, set[bool]] = {number: set() for number in range(len(pattern.lines))}
    for row in ({}, *table["rows"]):
        case = judge(table, row).case
        for number, line in enumerate(pattern.lines):
            seen[number].add(line.when.evaluate(case) is True)
    assert [number for number, values in seen.items() if values != {True, False}] == []
