"""The security label of a response that is a test: nobody must be called because of it, and no real result uses it."""

from service.fhir.r4.types import Resource

SYSTEM, CODE = "http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST"


def is_labelled_test(resource: Resource) -> bool:
    """Returns whether a resource is labelled as a test."""
    labels = resource.get("meta", {}).get("security", ())
    return any((label.get("system"), label.get("code")) == (SYSTEM, CODE) for label in labels)
