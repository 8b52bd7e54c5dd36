"""Every case in tests/cases/received: a response as others send it, and whether and how it is taken.

A case names its `file`, or the case that it is `like`, and may `change` elements of it.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.fhir.r4.strict_json import load
from service.fhir.r4.types import Resource
from service.issues import Issue, Malformed, Unprocessable
from service.usecases.operations.preview import dry_run_with_warnings
from tests.support.building import context, response
from tests.support.files import RECEIVED
from tests.support.responses.written import by_code, one, written

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def cases() -> Iterator[Any]:
    for path in sorted(RECEIVED.glob("*.yaml")):
        content = read_yaml(path)
        for name, case in content["cases"].items():
            yield pytest.param({**content["cases"].get(case.get("like"), {}), **case}, id=f"{path.stem}: {name}")


def resource_of(case: dict[str, Any]) -> Resource:
    made = json.loads((RECEIVED / case["file"]).read_text())
    for path, value in case.get("change", {}).items():
        *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        element = made
        for step in steps:
            element = element.setdefault(step, {}) if isinstance(element, dict) else element[step]
        if value is None:
            del element[last]
        else:
            element[last] = value
    return load(json.dumps(made).encode())


def judge(case: dict[str, Any]) -> tuple[int, list[Issue], Resource]:
    try:
        bundle, warnings = dry_run_with_warnings(resource_of(case), context(), NOW)
    except Unprocessable as problem:
        return 422, problem.issues, {}
    except Malformed as problem:
        return 400, problem.issues, {}
    return 201, warnings, bundle


def in_short(issue: Issue) -> str:
    return f"{issue.severity} {issue.code} {issue.path.removeprefix('QuestionnaireResponse.')}"


@pytest.mark.parametrize("case", list(cases()))
def test_the_response_is_taken_or_refused_as_the_case_says(case: dict[str, Any]) -> None:
    status, issues, bundle = judge(case)
    assert (status, sorted(map(in_short, issues))) == (case["status"], sorted(case.get("issues", [])))
    for text in case.get("told", ()):
        assert any(text in issue.text for issue in issues), text
    tasks = written(bundle, "Task") if bundle else []
    assert bool(tasks) is bool(case.get("task")), tasks
    for text in case.get("task") or ():
        assert text in tasks[0]["description"]
    for text in case.get("summary", ()):
        assert text in one(bundle, "ClinicalImpression")["summary"]
    for text in case.get("notes", ()):
        assert any(text in note["text"] for note in one(bundle, "ClinicalImpression")["note"]), text
    for resource in made_from(bundle) if "labels" in case else ():
        assert [label["code"] for label in resource["meta"]["security"]] == case["labels"]
    for name, reference in case.get("requests", {}).items():
        assert {each[name][0]["reference"] for each in written(bundle, "Observation")} == {reference}
    for code, value in case.get("observed", {}).items():
        (found,) = by_code(bundle, code)
        assert value == (
            found.get("valueQuantity", {}).get("value") or found["valueCodeableConcept"]["coding"][0]["code"]
        )


def made_from(bundle: Resource) -> list[Resource]:
    return [entry["resource"] for entry in bundle["entry"]]


def test_who_asserts_an_answer_and_a_result_is_labelled_if_the_setting_asks_for_it() -> None:
    resource = load((RECEIVED / "author-device-llm.json").read_bytes())
    labelling = replace(context(), knowledge=replace(context().knowledge, asserter_labels=True))
    bundle, _ = dry_run_with_warnings(resource, labelling, NOW)
    labels = {
        each["code"]["coding"][0]["code"]: [label["code"] for label in each.get("meta", {}).get("security", ())]
        for each in written(bundle, "Observation")
    }
    assert (labels["44260-8"], labels["44261-6"], labels["self-harm"]) == (["PATAST"], ["AIAST"], ["AIAST"])
    assert one(bundle, "ClinicalImpression")["meta"]["security"][0]["code"] == "AIAST"
    bundle, _ = dry_run_with_warnings(resource, context(), NOW)
    assert not [each for each in written(bundle, "Observation") if "meta" in each]


def test_no_task_says_that_the_patient_answered_if_somebody_else_did() -> None:
    by_parent = response("leg-pain", {"lp-alarm": ["fever"]}, source={"reference": "RelatedPerson/m1"})
    bundle, _ = dry_run_with_warnings(by_parent, context(), NOW)
    assert "Answered by a related person in a questionnaire" in one(bundle, "Task")["description"]
