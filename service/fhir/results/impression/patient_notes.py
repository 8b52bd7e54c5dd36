"""What is written on results when they are sent for another Patient, or for one of whom the record says something.

https://hl7.org/fhir/R4/clinicalimpression-definitions.html#ClinicalImpression.note
"""

from collections.abc import Mapping
from html import escape
from typing import Any

from service.fhir.r4.types import Resource

END_OF_NOTES = "</ul></div>"


def with_note(impression: Resource, text: str) -> Resource:
    """Returns an impression with one more note, also in its narrative; as it is if it has this note."""
    notes = impression.get("note", [])
    if any(note.get("text") == text for note in notes):
        return impression
    div = impression.get("text", {}).get("div", "")
    made = {**impression, "note": [*notes, {"text": text}]}
    if not div.endswith(END_OF_NOTES):
        return made
    line = f"<li>{escape(text)}</li>"
    return {**made, "text": {**impression["text"], "div": f"{div.removesuffix(END_OF_NOTES)}{line}{END_OF_NOTES}"}}


def with_references(value: Any, instead: Mapping[str, str]) -> Any:
    """Returns a copy in which each `Reference.reference` among these is another; everything else as it is."""
    if isinstance(value, list):
        return [with_references(inner, instead) for inner in value]
    if not isinstance(value, dict):
        return value
    made = {key: with_references(inner, instead) for key, inner in value.items()}
    reference = made.get("reference")
    if isinstance(reference, str) and reference in instead:
        made["reference"] = instead[reference]
    return made
