"""The readable text of an impression, generated from its elements and escaped.

https://hl7.org/fhir/R4/narrative.html
"""

from collections.abc import Sequence
from functools import lru_cache
from html import escape

from service.fhir.reading import Resource


@lru_cache(1024)
def next_line(text: str) -> str:
    """What may be done next about a finding: the same for the same finding."""
    return f"<br/>{escape(text)}"


def narrative(impression: Resource, next_texts: Sequence[str] = ()) -> Resource:
    """A Narrative: the summary, the findings with their basis and what may be done next, the notes."""
    found = zip(impression.get("finding", ()), next_texts, strict=True)
    findings = [
        f"<li><b>{escape(entry['itemCodeableConcept']['text'])}</b>: {escape(entry['basis'])}{next_line(text)}</li>"
        for entry, text in found
    ]
    notes = [f"<li>{escape(note['text'])}</li>" for note in impression["note"]]
    lists = "".join(f"<ul>{''.join(lines)}</ul>" for lines in (findings, notes) if lines)
    div = f"<p>{escape(impression['summary'])}</p><p>{escape(impression['description'])}</p>{lists}"
    return {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en">{div}</div>',
    }
