"""Every summary and note over all cases and over generated forms: length, order, and what they must never say."""

import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.fhir.results.impression.clinical_impression import clinical_impression
from service.fhir.results.submission import Submission
from service.screening.rules.urgency import Urgency
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import check_submission
from tests.support.building import NOW, context
from tests.support.files import case_files
from tests.support.generated.generating import random_submission
from tests.test_cases import judge

LEVELS = ("EMERGENCY", "SAME DAY", "SOON (7 days)", "ROUTINE (4 weeks)", "NO VISIT BY RULES")
ZERO = "Item 9: 0 (not endorsed; no statement on safety)."
OF_SELF_HARM = re.compile(r"self-harm|suicid|thoughts of death|item 9|hurting yourself", re.IGNORECASE)
# No reasons: why there are no patterns, and an answer that is itself the danger.
ALLOWED = re.compile(r"Under 18: no pattern judged|able to stay safe: no|Able to stay safe right now: No")
NEGATED = re.compile(r": (none|no)\b|none of these|did not|not reported", re.IGNORECASE)


def check_texts(submission: Submission) -> None:
    impression = clinical_impression(submission, context().knowledge)
    summary, notes = impression["summary"], [note["text"] for note in impression["note"]]
    assert all(len(text) <= 600 for text in (summary, *notes)), summary
    assert summary.startswith(LEVELS), summary
    level = submission.assessment.urgency
    assert "No flag raised" not in summary
    assert "above zero" not in summary
    if level is not Urgency.NONE:
        named = re.search(r"(Emergency|Same day|Soon|Routine): |, by pattern", summary)
        assert named, summary
    assert not NEGATED.search(ALLOWED.sub("", summary)), summary
    if item_9_is_zero(submission):
        rest = summary.removesuffix(ZERO)
        assert rest != summary
        assert not OF_SELF_HARM.search(" ".join([rest, *notes])), summary
    for finding in impression.get("finding", ()):
        assert not re.search(r": (None of these|No)(?= \[|[;.]|$)", ALLOWED.sub("", finding["basis"])), finding["basis"]


def item_9_is_zero(submission: Submission) -> bool:
    chosen = [source.sheet.chosen.get("/44260-8") for source in submission.sources.values()]
    return frozenset({"LA6568-5"}) in chosen


def case_submissions() -> Iterator[Submission]:
    for path in case_files():
        content: dict[str, Any] = read_yaml(path)
        for case in content.get("cases", {"": content}).values():
            yield judge(case)


def generated(seed: int) -> Submission:
    resources, age = random_submission(Random(seed))
    sources = [check_submission(resource, context(), NOW)[0] for resource in resources]
    birth = None if age is None else f"{NOW.year - age}-01-01"
    return assess_submission(sources, context(), NOW, birth_date=birth)


def test_every_case() -> None:
    for submission in case_submissions():
        check_texts(submission)


@pytest.mark.parametrize("part", range(4))
def test_a_thousand_generated_forms(part: int) -> None:
    for seed in range(part * 250, part * 250 + 250):
        check_texts(generated(seed))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_ten_thousand_generated_forms(part: int) -> None:
    for seed in range(1_000 + part * 1_000, 2_000 + part * 1_000):
        check_texts(generated(seed))
