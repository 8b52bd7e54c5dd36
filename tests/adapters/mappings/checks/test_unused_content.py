"""The content that `sural check` reports although the service starts with it."""

from pathlib import Path

import pytest

from service.adapters.mappings.catalogue import load_catalogue
from service.adapters.mappings.checks.fact_coverage import fact_coverage
from service.adapters.mappings.checks.unused_content import find_unused
from tests.support.files import Edit


def found(copy: Path) -> list[str]:
    return find_unused(load_catalogue(copy / "questionnaires", copy / "mappings"))


def test_the_shipped_files_have_nothing_to_report(copy: Path) -> None:
    assert found(copy) == []


NEVER = "this can never be true"
RESTLESS = "patterns.yaml: restless-legs"


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        (
            "patterns",
            "{lp-illness: [low-iron]}",
            "{lp-urge: [at-rest]}",
            "lp-illness.low-iron: nothing uses this option",
        ),
        ("excused", "  lp-any.no:", "  lp-any.yes:", "lp-any.no: nothing uses this option"),
        ("excused", "  lp-any.no:", "  lp-any.yes:", "excused.yaml: options.lp-any.yes: nothing to excuse, remove it"),
        ("excused", "  EX-43:", "  EX-42:", "EX-43: nothing uses this fact"),
        ("excused", "  EX-43:", "  EX-42:", "excused.yaml: facts.EX-42: nothing to excuse, remove it"),
        ("excused", "restless-legs.opposes", "restless.opposes", f"{RESTLESS}.opposes[0]: {NEVER}"),
        (
            "leg-pain",
            "features:\n",
            "features:\n  idle:\n    when: distal\n",
            "features.idle: nothing uses this feature",
        ),
        ("patterns", "6, fits: 8, fits-well: 9", "6, fits: 8, fits-well: 12", f"{RESTLESS}.bands.fits-well: {NEVER}"),
        ("patterns", "{lp-urge: [eased]}\n", "{not: {lp-urge: [at-rest]}}\n", f"{RESTLESS}.gate: {NEVER}"),
        ("patterns", "soon, when: persistent, facts: [PN-048]", "soon, facts: [PN-048]", f".urgency[1]: {NEVER}"),
        ("phq-9", "{phq-9: {from: 20}}", "{phq-9: {from: 28}}", f"phq-9.yaml: flags.mood-severe.levels[0]: {NEVER}"),
    ],
)
def test_it_is_named_with_its_place(copy: Path, edit: Edit, file: str, old: str, new: str, complaint: str) -> None:
    edit(f"mappings/{file}.yaml", old, new)
    reported = found(copy)
    assert any(fault.endswith(complaint) for fault in reported), reported


def test_every_fact_that_asks_for_a_place_has_one_or_a_reason(copy: Path) -> None:
    catalogue = load_catalogue(copy / "questionnaires", copy / "mappings")
    facts = list(fact_coverage(catalogue))
    assert [fact.fact for fact in facts if fact.lost] == []
    assert [fact.fact for fact in facts if not fact.uses] == sorted(catalogue.excused.facts)
    uses = {fact.fact: fact.uses for fact in facts}
    assert uses["PI-009"] == ("question lp-duration",)
    assert uses["EX-45"] == ("red flag mood-severe", "red flag mood-positive")


def test_a_fact_that_loses_its_last_place_is_lost(copy: Path, edit: Edit) -> None:
    edit("mappings/leg-pain.yaml", "PI-009, ", "")
    facts = fact_coverage(load_catalogue(copy / "questionnaires", copy / "mappings"))
    assert [fact.fact for fact in facts if fact.lost] == ["PI-009"]
    assert found(copy) == ["PI-009: nothing uses this fact"]
