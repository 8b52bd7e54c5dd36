"""Every case in tests/cases: what the answers of one act must come to. A new case is a file, or an entry in one."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.adapters.yamls import read_yaml
from service.fhir.acts import Act
from service.fhir.assessing import assess_act
from service.fhir.intake import prepare
from service.screening.urgency import Urgency
from tests.building import NOW, catalogue, desk, response, with_total

CASES = Path(__file__).parent / "cases"


def cases() -> Iterator[Any]:
    """One parameter per case; a file holds one, or several under `cases` by their name."""
    for path in sorted(CASES.rglob("*.yaml")):
        content = read_yaml(path)
        for name, case in content.get("cases", {"": content}).items():
            place = path.relative_to(CASES).with_suffix("").as_posix()
            yield pytest.param(case, id=f"{place}: {name}" if name else place)


def build(entry: dict[str, Any]) -> dict[str, Any]:
    name = entry["instrument"]
    elements = {key: entry[key] for key in ("authored", "status") if key in entry}
    answers = {link_id: [str(code) for code in codes] for link_id, codes in entry.get("answers", {}).items()}
    if "total" in entry:
        return with_total(name, entry["total"], entry.get("last", 0), answers=answers, **elements)
    return response(name, answers, rest=entry.get("rest", "none"), **elements)


def judge(case: dict[str, Any]) -> Act:
    parts = [prepare(build(entry), desk(), NOW)[0] for entry in case["responses"]]
    birth = f"{NOW.year - case['age']}-01-01" if "age" in case else None
    return assess_act(parts, desk(), NOW, birth_date=birth)


@pytest.mark.parametrize("case", list(cases()))
def test_the_case_comes_to_what_it_says(case: dict[str, Any]) -> None:
    assessment, expected = judge(case).assessment, case["expect"]
    flags = {code: flag.level.code for code, flag in assessment.raised.items()}
    reported = {item.pattern.id: item for item in assessment.patterns.reported}
    below = {item.pattern.id: item for item in assessment.patterns.below}
    if "flags" in expected:
        assert flags == expected["flags"]
    assert flags.items() >= expected.get("flags-include", {}).items()
    if "patterns" in expected:
        assert reported.keys() == expected["patterns"].keys()
    for id, want in {**expected.get("patterns", {}), **expected.get("patterns-include", {})}.items():
        got = {
            "score": reported[id].score,
            "confidence": reported[id].confidence.code,
            "urgency": reported[id].urgency.code,
            "adds": reported[id].adds_to_bodily,
        }
        assert {key: got[key] for key in want} == want, id
    if "below" in expected:
        found = {id: {"score": item.score, "minimum": item.pattern.minimum} for id, item in below.items()}
        assert found == expected["below"]
    assert not reported.keys() & set(expected.get("not-reported", ()))
    assert not flags.keys() & set(expected.get("not-raised", ()))
    if "unjudged" in expected:
        assert {item.pattern.id for item in assessment.patterns.unjudged} == set(expected["unjudged"])
    if "urgency" in expected:
        assert assessment.urgency == Urgency.of(expected["urgency"])
    contradictions = [c.link_id for judged in assessment.responses.values() for c in judged.contradictions]
    assert contradictions == expected.get("contradictions", [])


def test_every_level_of_a_red_flag_has_a_case_and_every_pattern_two() -> None:
    levels: set[tuple[str, str, str]] = set()
    patterns: Counter[str] = Counter()
    for param in cases():
        assessment = judge(param.values[0]).assessment
        patterns.update(item.pattern.id for item in assessment.patterns.reported)
        for own in assessment.responses.values():
            levels |= {(own.instrument, flag.rule.code, flag.level.code) for flag in own.flags.raised}
    rules = catalogue().rules
    wanted = {
        (own.name, f.code, lv.urgency.code) for own in rules.instruments.values() for f in own.flags for lv in f.levels
    }
    assert wanted - levels == set()
    assert [pattern.id for pattern in rules.patterns if patterns[pattern.id] < 2] == []
