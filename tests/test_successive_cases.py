"""Every case in tests/cases/successive, submitted through the FHIR interface: what the last impression contains."""

from collections.abc import Iterator
from typing import Any

import pytest

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.fhir.ids import extension_url
from service.fhir.r4.types import Resource
from tests.support.files import SUCCESSIVE
from tests.support.rest import Rest
from tests.test_cases import build


def cases() -> Iterator[Any]:
    """One parameter per case."""
    for path in sorted(SUCCESSIVE.glob("*.yaml")):
        yield from (pytest.param(case, id=f"{path.stem}: {name}") for name, case in read_yaml(path)["cases"].items())


def as_submitted(entry: dict[str, Any]) -> Resource:
    made = build(entry)
    questionnaire = {"questionnaire": entry["questionnaire"]} if "questionnaire" in entry else {}
    return {**{name: value for name, value in made.items() if name != "id"}, **questionnaire}


def last_impression(rest: Rest, submissions: list[dict[str, Any]]) -> Resource:
    """The impression of the last of these submissions."""
    for entry in submissions:
        answer = rest.post(as_submitted(entry))
        assert answer.status_code == 201, answer.data
    found = rest.found("ClinicalImpression?_count=1&_sort=-_lastUpdated")
    return found[0]


def code_in(resource: Resource, name: str) -> str:
    """The code in one of our extensions."""
    extension = next(each for each in resource["extension"] if each["url"] == extension_url(name))
    return str(extension["valueCode"])


@pytest.mark.parametrize("case", list(cases()))
def test_the_last_impression_contains_what_the_case_says(rest: Rest, case: dict[str, Any]) -> None:
    impression, expected = last_impression(rest, case["submissions"]), case["expect"]
    findings = {f["itemCodeableConcept"]["coding"][0]["code"]: f for f in impression.get("finding", ())}
    flags = {code: code_in(finding, "urgency") for code, finding in findings.items() if is_flag(finding)}
    if "flags" in expected:
        assert flags == expected["flags"]
    assert flags.items() >= expected.get("flags-include", {}).items()
    assert not flags.keys() & set(expected.get("not-raised", ()))
    if "urgency" in expected:
        assert code_in(impression, "urgency") == expected["urgency"]
    for code, days in expected.get("answered", {}).items():
        assert all(f"Answered {day}" in findings[code]["basis"] for day in map(str, days))
        assert findings[code]["basis"].count("Answered ") == len(days)
    assert set(expected.get("notes-include", ())) <= {note["text"] for note in impression["note"]}


def is_flag(finding: Resource) -> bool:
    return str(finding["itemCodeableConcept"]["coding"][0]["system"]).endswith("/red-flag")
