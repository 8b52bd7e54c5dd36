"""Every case of tests/strict/*.yaml, posted: status, code and path of each issue; nothing stored or repeated."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.fhir.r4.operation_outcome import ISSUE_TYPES
from service.fhir.r4.types import Resource
from tests.support.rest import Rest, content

HERE = Path(__file__).parent
CASES = {
    f"{path.stem}: {name}": case
    for path in sorted(HERE.glob("*.yaml"))
    for name, case in read_yaml(path)["cases"].items()
}
# Stands in every body, and in no answer to one that is refused.
MARK = b"Zyxwarb"


def body_of(case: dict[str, Any]) -> bytes:
    """A good response made bad as the case says, or a text of its own."""
    if "text" in case:
        text = case["text"] * case.get("times", 1)
    else:
        resource = json.loads((HERE / f"{case.get('form', 'phq-9')}.json").read_text())
        for path, value in case.get("set", {}).items():
            change(resource, path.split("."), value)
        for path in case.get("remove", ()):
            change(resource, path.split("."), None, remove=True)
        text = json.dumps(resource, ensure_ascii=False)
    for old, new in case.get("replace", {}).items():
        assert old in text, old
        text = text.replace(old, new, 1)
    body: bytes = text.encode(case.get("encoding", "utf-8"))
    for old, digits in case.get("bytes", {}).items():
        assert old.encode() in body, old
        body = body.replace(old.encode(), bytes.fromhex(digits), 1)
    return body


def change(value: Any, path: list[str], new: Any, remove: bool = False) -> None:
    """Puts a value at a path such as item.0.linkId, behind the last one of an array too, or takes it away."""
    for step in path[:-1]:
        value = value[int(step)] if isinstance(value, list) else value[step]
    last: Any = int(path[-1]) if isinstance(value, list) else path[-1]
    if remove:
        del value[last]
    elif isinstance(value, list) and last == len(value):
        value.append(new)
    else:
        value[last] = new


def errors(outcome: Resource) -> list[list[str | None]]:
    assert outcome["resourceType"] == "OperationOutcome"
    assert {issue["code"] for issue in outcome["issue"]} <= ISSUE_TYPES
    found = [issue for issue in outcome["issue"] if issue["severity"] == "error"]
    return [[issue["code"], issue.get("expression", [None])[0]] for issue in found]


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_it_is_answered_as_the_case_says(rest: Rest, case: dict[str, Any]) -> None:
    answer = rest.post(body_of(case), Prefer="return=OperationOutcome")
    assert answer.status_code == case["status"], answer.text
    if case["status"] == 201:
        assert case.get("kept", "") in rest.get("QuestionnaireResponse/r-1").text
        warned = [issue["code"] for issue in content(answer)["issue"] if issue["severity"] == "warning"]
        assert warned == case.get("warnings", [])
        return
    assert errors(content(answer)) == case["issues"]
    assert MARK not in answer.data
    assert content(rest.get("QuestionnaireResponse"))["total"] == 0
    assert rest.outbox.count_entries()["waiting"] == 0
