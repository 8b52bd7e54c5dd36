"""Narrative of a ClinicalImpression: generated from its elements and escaped.

https://hl7.org/fhir/R4/narrative.html
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape

from service.fhir.r4.types import Resource

# The characters that `escape` writes in another way.
MARKUP = re.compile(r"[&<>\"']")


@lru_cache(1024)
def next_step_line(text: str) -> str:
    """Returns the line with the next steps of a finding.

    These texts are long and the same for every patient with the finding: the cache serves "leg pain, full: assess and
    compose" of `make bench`.
    """
    return f"<br/>{escape(text)}"


def escaped(text: str) -> str:
    """Returns a text with its markup escaped. Few texts have any: this serves "from bytes to the bytes of the Bundle"
    of `make bench`."""
    return escape(text) if MARKUP.search(text) else text


def narrative(impression: Resource, next_steps: Sequence[str] = ()) -> Resource:
    """Returns a Narrative: the summary, the findings with their basis and next steps, the notes."""
    findings = [
        f"<li><b>{escaped(finding['itemCodeableConcept']['text'])}</b>: "
        f"{escaped(finding['basis'])}{next_step_line(steps)}</li>"
        for finding, steps in zip(impression.get("finding", ()), next_steps, strict=True)
    ]
    notes = [f"<li>{escaped(note['text'])}</li>" for note in impression["note"]]
    lists = "".join(f"<ul>{''.join(lines)}</ul>" for lines in (findings, notes) if lines)
    div = f"<p>{escaped(impression['summary'])}</p><p>{escaped(impression['description'])}</p>{lists}"
    return {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en">{div}</div>',
    }
