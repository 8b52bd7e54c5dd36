"""Who answered a response, and who wrote it down, from its ``source`` and ``author``.

https://hl7.org/fhir/R4/questionnaireresponse-definitions.html#QuestionnaireResponse.source
"""

from service.fhir.results.submission import SourceResponse, reference_type
from service.fhir.terminology.messages import Messages

# The message about each type of resource.
KINDS = {
    "Patient": "patient",
    "RelatedPerson": "related-person",
    "Practitioner": "practitioner",
    "PractitionerRole": "practitioner",
    "Organization": "organization",
    "Device": "device",
}


def kind_of(source: SourceResponse, role: str) -> str | None:
    """Returns who is in ``source`` or ``author``; ``unknown`` if it does not say which type, None if it is absent."""
    reference = source.resource.get(role)
    if not reference:
        return None
    literal = str(reference.get("reference", ""))
    if literal.startswith("#"):
        return KINDS.get(source.response.contained.get(literal[1:], ""), "unknown")
    return KINDS.get(reference_type(reference), "unknown")


def answered_by(source: SourceResponse, messages: Messages) -> str:
    """Returns who answered in words, and who wrote it down if that is another: "a practitioner, recorded by ..."."""
    answered, author = kind_of(source, "source"), kind_of(source, "author")
    # Without a source, a patient who wrote the answers also gave them; of any other author this is not known.
    if answered is None:
        answered = "patient" if author == "patient" else "not-stated"
    who = messages.sentences["who"][answered]
    if author is None or author == answered:
        return who
    return messages.message("who", "recorded", who=who, author=messages.sentences["who"][author])


def is_from_patient(source: SourceResponse) -> bool:
    """Returns whether the patient gave the answers and wrote them down, or nothing says otherwise."""
    if "source" not in source.resource and "author" not in source.resource:
        return True
    return {kind_of(source, "source"), kind_of(source, "author")} <= {"patient", None}


def is_asserted_by_patient(source: SourceResponse) -> bool:
    """Returns whether the response says that the patient gave the answers."""
    answered = kind_of(source, "source") or kind_of(source, "author")
    return answered == "patient"
