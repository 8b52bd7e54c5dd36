"""Facts by answer in the mapping files: what is refused, with its place."""

from pathlib import Path

import pytest

from service.adapters.mappings.catalogue import load_catalogue
from service.adapters.mappings.published_forms import BadCatalogue
from tests.support.files import Edit

TOUCH = "facts: {lp-touch.light-touch: [PN-009], lp-touch.small-bump: [PN-010]}"


def faults(copy: Path) -> list[str]:
    try:
        load_catalogue(copy / "questionnaires", copy / "mappings")
    except BadCatalogue as problem:
        return problem.faults
    return []


@pytest.mark.parametrize(
    ("facts", "complaint"),
    [
        ("{lp-touch.light-touch: [PN-009], lp-touch.bump: [PN-010]}", "'lp-touch.bump' is no answer, score or age"),
        ("{lp-touch.light-touch: [PN-009]}", "neuropathy: facts of a line (PN-009): no fact applies to some of its"),
        ("{lp-touch.light-touch|lp-touch.bump: [PN-009]}", "'lp-touch.bump' is no answer, score or age"),
        ("{lp-touch.light-touch|lp-touch.small-bump lp-side.left: [PN-009]}", "neuropathy: facts of a line (PN-009)"),
        ("{lp-touch.light-touch: [PN-009], lp-touch.small-bump: [PN-910]}", "unknown fact 'PN-910'"),
        ("{lp-touch.light-touch: [], lp-touch.small-bump: [PN-010]}", "Shorter than minimum length 1"),
        ("{}", "Shorter than minimum length 1"),
        ("PN-009", "Not a valid list"),
    ],
)
def test_facts_that_miss_their_answers_are_named_with_their_place(
    copy: Path, edit: Edit, facts: str, complaint: str
) -> None:
    edit("mappings/patterns.yaml", TOUCH, f"facts: {facts}")
    assert any(complaint in fault for fault in faults(copy)), faults(copy)


@pytest.mark.parametrize(
    "facts",
    [
        "[PN-009, PN-010]",
        "{always: [PN-009], lp-touch.small-bump: [PN-010]}",
        "{lp-touch.light-touch|lp-touch.small-bump: [PN-009]}",
        # the gate asks for one of these two
        "{lp-start.feet-toes: [PN-009], lp-spread.from-feet-up: [PN-010]}",
        "{always: [PN-009], lp-touch.small-bump lp-illness.diabetes: [PN-010], age: [PN-011], gad-7: [PN-012]}",
    ],
)
def test_facts_that_always_leave_one_to_cite_are_accepted(copy: Path, edit: Edit, facts: str) -> None:
    edit("mappings/patterns.yaml", TOUCH, f"facts: {facts}")
    assert faults(copy) == []


def test_the_facts_of_a_red_flag_may_be_kept_by_answer_too(copy: Path, edit: Edit) -> None:
    edit("mappings/leg-pain.yaml", "facts: [PI-062, PI-061]", "facts: {lp-spread.one-spot: [PI-062]}")
    assert any("flags.radiating-numb.facts: no fact applies" in fault for fault in faults(copy))
    edit("mappings/leg-pain.yaml", "{lp-spread.one-spot: [PI-062]}", "{lp-feel.numbness: [PI-062]}")
    assert faults(copy) == []


def test_a_fact_of_several_answers_that_the_rule_asks_for_together_is_enough(copy: Path, edit: Edit) -> None:
    given = "lp-spread.from-back-down|lp-spread.from-buttock-down lp-feel.numbness"
    edit("mappings/leg-pain.yaml", "facts: [PI-062, PI-061]", f"facts: {{{given}: [PI-062]}}")
    assert faults(copy) == []
    edit("mappings/leg-pain.yaml", given, f"{given} lp-side.left")
    assert any("flags.radiating-numb.facts: no fact applies" in fault for fault in faults(copy))
