"""The CapabilityStatement: made from the same tables that the interface works by, so that it cannot promise more.

https://hl7.org/fhir/R4/capabilitystatement.html
"""

from service.fhir.ids import BASE
from service.fhir.reading import LIMITS, Resource
from service.fhir.searching import parameters_of

STORED = ("QuestionnaireResponse", "Observation", "ClinicalImpression", "Provenance", "Task")
PUBLISHED = ("Questionnaire", "PlanDefinition", "CodeSystem", "ValueSet", "StructureDefinition")
READING = ("read", "vread", "history-instance", "search-type")
WRITING = {"QuestionnaireResponse": ("create", "update")}
SDC = "http://hl7.org/fhir/uv/sdc"
OPERATIONS = {
    "QuestionnaireResponse": (
        ("extract", f"{SDC}/OperationDefinition/QuestionnaireResponse-extract"),
        ("validate", "http://hl7.org/fhir/OperationDefinition/Resource-validate"),
    ),
    "Questionnaire": (("process-response", f"{SDC}/OperationDefinition/Questionnaire-process-response"),),
}
# The roles of Structured Data Capture that are filled, and only those.
ROLES = tuple(f"{SDC}/CapabilityStatement/sdc-form-{role}" for role in ("receiver", "response-manager"))
WITHIN = "Taken up to these limits, and refused with 400 (a body that is too large with 413) beyond them: "
DOCUMENTATION = {
    "QuestionnaireResponse": WITHIN + "; ".join(f"{what}: {limit}" for what, limit in LIMITS.items()) + "."
}
OPEN = "No access control: the service is open to whoever reaches it. Set up for one machine or behind a gate only."


def capability_statement(base: str, version: str, date: str) -> Resource:
    """What the FHIR interface at ``base`` offers."""
    return {
        "resourceType": "CapabilityStatement",
        "id": "sural",
        "language": "en",
        "url": f"{BASE}/CapabilityStatement/sural",
        "version": version,
        "name": "Sural",
        "title": "Sural questionnaire service",
        "status": "active",
        "date": date,
        "publisher": "Sural",
        "kind": "instance",
        "instantiates": list(ROLES),
        "software": {"name": "Sural", "version": version},
        "implementation": {"description": "Questionnaire service", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "security": {"cors": False, "description": OPEN},
                "resource": [resource(name) for name in sorted((*STORED, *PUBLISHED))],
            }
        ],
    }


def resource(type_name: str) -> Resource:
    """What is offered for one type."""
    known = parameters_of(type_name)
    parameters = [{"name": name, "type": known[name].kind} for name in sorted(known)]
    kept = type_name in STORED
    documentation = DOCUMENTATION.get(type_name)
    operations = [{"name": name, "definition": url} for name, url in OPERATIONS.get(type_name, ())]
    return {
        "type": type_name,
        **({"documentation": documentation} if documentation else {}),
        "interaction": [{"code": code} for code in (*WRITING.get(type_name, ()), *READING)],
        "versioning": "versioned",
        "readHistory": kept,
        "updateCreate": "update" in WRITING.get(type_name, ()),
        "conditionalCreate": "create" in WRITING.get(type_name, ()),
        "conditionalRead": "full-support" if kept else "modified-since",
        "searchParam": parameters,
        **({"operation": operations} if operations else {}),
    }
