"""Every case in tests/validation: a questionnaire, a response to it, and every issue there must be.

Written from https://hl7.org/fhir/R4/questionnaire.html, questionnaireresponse.html and https://hl7.org/fhir/uv/sdc/.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.fhir.questionnaires.supplied_forms import supply
from service.fhir.r4.operation_outcome import ISSUE_TYPES
from service.fhir.r4.strict_json import load
from service.fhir.r4.types import Resource
from service.issues import Issue
from service.usecases.operations.validate import ValidationResult, validate, validate_questionnaire
from tests.support.building import AUTHORED, NOW, catalogue
from tests.support.files import ROOT

CASES = Path(__file__).parent
DOCUMENT = ROOT / "docs" / "validation.md"
URL = "http://example.org/Questionnaire/form"


def cases() -> Iterator[Any]:
    """One parameter per case. Keys beside ``cases``, and those of the case in ``like``, apply unless the case has
    its own."""
    for path in sorted(CASES.glob("*.yaml")):
        content = read_yaml(path)
        shared = {key: value for key, value in content.items() if key != "cases"}
        for name, case in content["cases"].items():
            model = content["cases"][case["like"]] if "like" in case else {}
            yield pytest.param({**shared, **model, **case}, id=f"{path.stem}: {name}")


def as_sent(resource: Resource) -> Resource:
    """The resource as it is read from JSON."""
    return load(json.dumps(resource).encode())


def form_of(case: Resource) -> Resource:
    made = {"resourceType": "Questionnaire", "url": URL, "status": "active", **case["form"]}
    return {key: value for key, value in made.items() if value is not None}


def response_of(case: Resource) -> Resource:
    made = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": URL,
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "authored": AUTHORED,
        **case.get("elements", {}),
    }
    made = {key: value for key, value in made.items() if value is not None}
    return {**made, "item": case["response"]} if case["response"] else made


def judge(case: Resource) -> ValidationResult:
    """The result for the response of the case or, if it has none, for its questionnaire."""
    beside = [as_sent(resource) for resource in case.get("supplied", ())]
    if "response" not in case:
        return validate_questionnaire(as_sent(form_of(case)), supply(beside, catalogue(), trusted=True))
    forms = [] if case.get("without") else [as_sent(form_of(case))]
    given = supply([*forms, *beside], catalogue(), trusted=case.get("trusted", True))
    return validate(as_sent(response_of(case)), catalogue(), given, NOW)


def in_short(issue: Issue) -> str:
    """Severity (or that the check was inconclusive), code, path and linkId."""
    place = issue.path.removeprefix("QuestionnaireResponse").removeprefix("Questionnaire").lstrip(".") or "root"
    severity = "inconclusive" if issue.inconclusive else issue.severity
    return " ".join([severity, issue.code, place, *([issue.link_id] if issue.link_id else [])])


@pytest.mark.parametrize("case", list(cases()))
def test_the_case_has_these_issues_and_no_others(case: Resource) -> None:
    verdict = judge(case)
    assert sorted(in_short(issue) for issue in verdict.issues) == sorted(case["issues"])
    assert verdict.complete is not any(issue.startswith("inconclusive") for issue in case["issues"])
    assert {issue.code for issue in verdict.issues} <= ISSUE_TYPES


@pytest.mark.parametrize("case", list(cases()))
def test_no_message_repeats_what_was_answered_and_each_is_a_sentence(case: Resource) -> None:
    texts = [issue.text for issue in judge(case).issues]
    answered = {str(value) for value in values(case.get("response", ()))}
    assert not [text for text in texts for value in answered if len(value) > 4 and value in text]
    # A sentence begins with a capital or with the name of an element, as in "`enableBehavior` is required ...".
    assert all(re.match(r"[A-Z]|`[A-Za-z_$]", text) and text.endswith(".") for text in texts)


@pytest.mark.parametrize("case", [case for case in cases() if "response" in case.values[0]])
def test_the_questionnaire_of_the_case_is_valid_unless_the_case_says_faulty(case: Resource) -> None:
    verdict = validate_questionnaire(as_sent(form_of(case)), supply([], catalogue(), trusted=True))
    assert verdict.valid is not case.get("faulty", False)


def values(tree: Any) -> Iterator[Any]:
    """Every answer in an item tree that a person typed or chose."""
    if isinstance(tree, list | tuple):
        for inner in tree:
            yield from values(inner)
    elif isinstance(tree, dict):
        for key, inner in tree.items():
            if key in ("linkId", "resourceType", "type"):
                continue
            yield from values(inner)
    elif isinstance(tree, str | int | float | Decimal) and not isinstance(tree, bool):
        yield tree


def test_there_is_a_case_for_every_issue_that_a_response_can_have() -> None:
    kinds = {issue.split()[1] for case in cases() for issue in case.values[0]["issues"]}
    assert kinds >= {"value", "code-invalid", "required", "structure", "invariant", "business-rule", "not-supported"}


def test_every_case_that_the_documentation_names_is_there() -> None:
    named = re.findall(r"\| `([a-z-]+: [^`]+)` \|$", DOCUMENT.read_text(), re.MULTILINE)
    assert len(named) > 50
    assert set(named) <= {str(case.id) for case in cases()}
