"""Every case in tests/cases: the results that the answers of one submission must have. A case is a file or an entry."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.fhir.results.submission import Submission
from service.screening.rules.urgency import Urgency
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import AssessmentContext, check_submission
from tests.support.building import NOW, catalogue, context, response, with_total
from tests.support.files import CASES, case_files


def cases() -> Iterator[Any]:
    """One parameter per case; a file contains one, or several under `cases` by their name."""
    for path in case_files():
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


def judge(case: dict[str, Any], rules: AssessmentContext | None = None) -> Submission:
    """The submission of a case, by the shipped rules or by others."""
    used = rules or context()
    parts = [check_submission(build(entry), used, NOW)[0] for entry in case["responses"]]
    birth = f"{NOW.year - case['age']}-01-01" if "age" in case else None
    return assess_submission(parts, used, NOW, birth_date=birth)


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


@cache
def judged() -> list[Submission]:
    return [judge(param.values[0]) for param in cases()]


# Instrument, flag and level.
LevelOfFlag = tuple[str, str, Urgency]


def levels_of_rules() -> set[LevelOfFlag]:
    instruments = catalogue().rules.instruments.values()
    return {(own.name, flag.code, level.urgency) for own in instruments for flag in own.flags for level in flag.levels}


def test_every_level_of_a_red_flag_has_a_case_and_every_pattern_two() -> None:
    levels: set[LevelOfFlag] = set()
    patterns: Counter[str] = Counter()
    for submission in judged():
        patterns.update(item.pattern.id for item in submission.assessment.patterns.reported)
        for own in submission.assessment.responses.values():
            levels |= {(own.instrument, flag.rule.code, flag.level) for flag in own.flags.raised}
    assert levels_of_rules() - levels == set()
    assert [pattern.id for pattern in catalogue().rules.patterns if patterns[pattern.id] < 2] == []


def but_for_one(submission: Submission, id: str) -> Iterator[Any]:
    """The answers of a response and the age, each time without one of them and the questions that it shows."""
    sheet, age = submission.sources[id].sheet, submission.assessment.case.age
    facts, items = {**sheet.chosen, "age": age}, sheet.instrument.by_link_id
    for left_out in (*items, "age"):
        enabled = [item for item in items.values() if any(w.question == left_out for w in item.enable_when)]
        shown = {each.link_id for item in enabled for each in (item, *item.items)}
        yield left_out, frozenset((name, facts[name]) for name in facts.keys() - shown - {left_out})


def test_every_level_of_a_red_flag_has_a_case_just_above_it_and_one_just_below() -> None:
    """Two cases that differ in the answer to one question, or in the age, and only one of which reaches the level."""
    alike: dict[Any, list[dict[str, Urgency]]] = {}
    for submission in judged():
        for id, own in submission.assessment.responses.items():
            raised = {flag.rule.code: flag.level for flag in own.flags.raised}
            for rest in but_for_one(submission, id):
                alike.setdefault((own.instrument, rest), []).append(raised)
    divided = {
        (name, code, level)
        for (name, _), group in alike.items()
        for code, level in {pair for raised in group for pair in raised.items()}
        if any(raised.get(code, Urgency.NONE) < level for raised in group)
    }
    assert levels_of_rules() - divided == set()
