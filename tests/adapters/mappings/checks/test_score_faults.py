"""`sural check` on totals, and what its messages say of the place of a fault."""

import json
from pathlib import Path

import pytest

from service.adapters.mappings.catalogue import load_catalogue
from service.adapters.mappings.checks.cross_references import unused_codes
from service.adapters.mappings.checks.score_faults import differing_expressions, unfilled_totals
from service.adapters.mappings.published_forms import BadCatalogue
from tests.support.files import Edit

OPEN, BANDS = "missing: no-total", "    bands:"
ALL = "[{code: mild, from: 0, to: 21}]"
SUM = "sum-of: [/44250-9, /44255-8,"


def faults(copy: Path) -> list[str]:
    try:
        loaded = load_catalogue(copy / "questionnaires", copy / "mappings")
    except BadCatalogue as problem:
        return problem.faults
    return [
        *unused_codes(loaded.rules, loaded.codes.displays, loaded.codes.bindings),
        *unfilled_totals(loaded, loaded.rules),
        *differing_expressions(loaded, loaded.rules),
    ]


def test_the_shipped_files_have_no_such_fault(copy: Path) -> None:
    assert faults(copy) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("mappings/phq-9.yaml", SUM, f"{SUM} /44255-8,", "'/44255-8' occurs twice (line "),
        (
            "mappings/phq-9.yaml",
            SUM,
            "sum-of: [/69722-7, /44255-8,",
            "the option 'LA6572-7' of '/69722-7' has no itemWe",
        ),
        ("mappings/phq-9.yaml", "item: /44261-6", "item: phq-9-lead-in", "the item 'phq-9-lead-in' needs a `code`"),
        (
            "mappings/phq-9.yaml",
            "    positive-from",
            "    positiv-from",
            "Unknown field. (line LINE, id phq-9, did you mean",
        ),
        (
            "mappings/phq-9.yaml",
            "{code: mild, from",
            "{code: mild, fro",
            "Unknown field. (line LINE, id mild, did you mean from?)",
        ),
        ("mappings/patterns.yaml", "    minimum: 6", "    min: 6", "did you mean minimum?)"),
        (
            "mappings/phq-9.yaml",
            "code: mild",
            "code: slight",
            "not in codes.yaml 'slight' under code-systems.severity (line",
        ),
        (
            "mappings/codes.yaml",
            "      mild: {",
            "      slight: {display: Slight}\n      mild: {",
            "concepts.slight: nothing has this code",
        ),
        (
            "mappings/codes.yaml",
            "questionnaire: leg-pain",
            "questionnaire: leg",
            "no instrument has the name 'leg' (line",
        ),
        (
            "questionnaires/phq-9.json",
            "LA6571-9').count()*3",
            "LA6571-9').count()*4",
            "calculatedExpression of '/44261-6' gives another",
        ),
    ],
)
def test_a_fault_is_told_with_its_place(copy: Path, edit: Edit, file: str, old: str, new: str, complaint: str) -> None:
    edit(file, old, new)
    text = (copy / file).read_text()
    told = complaint.replace("LINE", str(text[: text.index(new)].count("\n") + 1))
    assert any(told in fault for fault in faults(copy)), faults(copy)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (OPEN, "missing: {prorated-from: 8}", "prorated-from is 8, but the score has 7 items"),
        (
            "missing: no-total",
            f"{OPEN}\n    factors: {{/69725-0: 0}}",
            "the factor of '/69725-0' must be above 0",
        ),
        (
            "missing: no-total",
            f"{OPEN}\n    factors: {{/69725-0: -1}}",
            "the factor of '/69725-0' must be above 0",
        ),
        ("    bands:", "    positive-from: 22\n    bands:", "positive-from is not a total from 0 to 21"),
        ("    bands:", f"    bands-by: [{{bands: {ALL}}}]\n    bands:", "bands-by[0] needs `sex` or `age`"),
        (
            "    bands:",
            f"    bands-by: [{{age: {{from: 80, below: 65}}, bands: {ALL}}}]\n    bands:",
            "bands-by[0]: no age is from 80 and below 65",
        ),
        (
            "    bands:",
            f"    bands-by: [{{sex: female, bands: {ALL}}}, {{sex: female, age: {{from: 65}}, bands: {ALL}}}]\n{BANDS}",
            "bands-by[1]: bands-by[0] comes before it and applies to all its patients",
        ),
    ],
)
def test_a_setting_without_effect_or_sense_is_told(copy: Path, edit: Edit, old: str, new: str, complaint: str) -> None:
    edit("mappings/gad-7.yaml", old, new)
    assert any(f"scores.gad-7: {complaint}" in fault for fault in faults(copy)), faults(copy)


def test_a_fault_of_a_mean_names_the_key_that_it_has(copy: Path, edit: Edit) -> None:
    edit("mappings/gad-7.yaml", "sum-of: [/69725-0,", "mean-of: [/69725-0, /69725-0,")
    assert any("mean-of: '/69725-0' occurs twice" in fault for fault in faults(copy)), faults(copy)


def test_a_repeating_item_and_one_without_weights_are_no_summands(copy: Path) -> None:
    path = copy / "questionnaires/phq-9.json"
    form = json.loads(path.read_text())
    next(item for item in form["item"] if item["linkId"] == "/44250-9")["repeats"] = True
    path.write_text(json.dumps(form))
    assert any("'/44250-9' repeats" in fault for fault in faults(copy))


def test_two_scores_on_one_item_are_refused(copy: Path, edit: Edit) -> None:
    text = (copy / "mappings/gad-7.yaml").read_text()
    start, end = text.index("  - id: gad-7\n"), text.index("\nflags:")
    entry = text[start:end]
    edit("mappings/gad-7.yaml", entry, f"{entry}\n{entry.replace('id: gad-7', 'id: gad-7-again')}")
    assert any("scores.gad-7-again: gad-7 has the item '/70274-6' too" in fault for fault in faults(copy))


def test_a_hidden_total_that_no_score_fills_is_told(copy: Path, edit: Edit) -> None:
    edit("mappings/gad-7.yaml", "    item: /70274-6", "    item: /69725-0")
    assert any("no score fills the hidden item '/70274-6'" in fault for fault in faults(copy))
