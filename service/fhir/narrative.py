"""The readable text of an impression, generated from its elements and escaped.

https://hl7.org/fhir/R4/narrative.html
"""

from html import escape

from service.fhir.reading import Resource


def narrative(impression: Resource) -> Resource:
    """A Narrative: the summary, the findings with their basis, the notes."""
    findings = [
        f"<li><b>{escape(entry['itemCodeableConcept']['text'])}</b>: {escape(entry['basis'])}</li>"
        for entry in impression.get("finding", ())
    ]
    notes = [f"<li>{escape(note['text'])}</li>" for note in impression["note"]]
    lists = "".join(f"<ul>{''.join(lines)}</ul>" for lines in (findings, notes) if lines)
    div = f"<p>{escape(impression['summary'])}</p><p>{escape(impression['description'])}</p>{lists}"
    return {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en">{div}</div>',
    }
