"""The sentences of wording.yaml are complete, used, and contain no name that code does not fill in."""

from typing import Any

import pytest

from service.fhir.terminology.messages import Messages, find_wording_faults
from tests.support.building import catalogue

SHIPPED = catalogue().messages.sentences


def with_sentence(part: str, key: str, sentence: str) -> dict[str, Any]:
    return {**SHIPPED, part: {**SHIPPED.get(part, {}), key: sentence}}


def without_sentence(part: str, key: str) -> dict[str, Any]:
    return {**SHIPPED, part: {name: sentence for name, sentence in SHIPPED[part].items() if name != key}}


@pytest.mark.parametrize(
    ("sentences", "faults"),
    [
        (SHIPPED, []),
        (without_sentence("summary", "minor"), ["summary: lacks minor"]),
        (with_sentence("summary", "major", ""), ["summary.major: no sentence of this name is used"]),
        (with_sentence("summary", "minor", "Under {age}."), ["summary.minor: nothing fills in 'age'"]),
        (with_sentence("other", "minor", ""), ["other: no part of this name is used"]),
    ],
)
def test_every_fault_of_the_wording_is_found(sentences: dict[str, Any], faults: list[str]) -> None:
    assert find_wording_faults(sentences) == faults


def test_a_message_is_its_sentence_with_the_names_filled_in() -> None:
    assert Messages({"note": {"approved": "By {name}."}}).message("note", "approved", name="Dr Ash") == "By Dr Ash."
