"""What is sent for the Patient that is kept, when the record of the patient was replaced by another one.

https://hl7.org/fhir/R4/patient.html#merging
"""

from collections.abc import Collection

from service.fhir.r4.types import Resource
from service.fhir.results.impression.patient_notes import with_note, with_references
from service.fhir.results.impression_observation import IMPRESSION
from service.fhir.terminology.messages import Messages


def readdressed(resource: Resource, old: Collection[str], kept: str, told: str) -> Resource:
    """A resource with references to the kept Patient instead of the old ones; an impression says so by this note."""
    made: Resource = with_references(resource, dict.fromkeys(old, kept))
    return with_note(made, told) if made["resourceType"] == IMPRESSION else made


def replaced_note(old: str, kept: str, messages: Messages) -> str:
    """The note on an impression that is filed for another Patient than the one it was answered for."""
    return messages.message("note", "replaced", old=old, kept=kept)
