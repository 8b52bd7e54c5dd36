"""The Observation that a FHIR server without ClinicalImpression gets in its place: the summary with the same findings.

https://hl7.org/fhir/R4/observation.html
"""

from service.fhir.ids import PREFIXES
from service.fhir.r4.types import Resource
from service.fhir.results.submission import reference_type

STATUS = {"completed": "final", "in-progress": "preliminary", "entered-in-error": "entered-in-error"}
# Elements that both resources have, with the same meaning.
COMMON = ("meta", "language", "text", "identifier", "code", "subject", "encounter", "effectiveDateTime", "note")
IMPRESSION, OBSERVATION = "ClinicalImpression", "Observation"


def observation_address(address: str) -> str:
    """The address of the Observation for that of an impression: the same id with the prefix of an Observation."""
    id = address.removeprefix(f"{IMPRESSION}/")
    return f"{OBSERVATION}/{PREFIXES[OBSERVATION]}-{id.removeprefix(PREFIXES[IMPRESSION]).removeprefix('-')}"


def impression_observation(impression: Resource) -> Resource:
    """The Observation with the summary as its value, and a component for each finding."""
    elements = {name: impression[name] for name in COMMON if name in impression}
    address = observation_address(f"{IMPRESSION}/{impression['id']}")
    items = [item for each in impression.get("investigation", ()) for item in each.get("item", ())]
    sources = [item for item in items if reference_type(item) in ("QuestionnaireResponse", OBSERVATION)]
    components = [finding_component(finding) for finding in impression.get("finding", ())]
    return {
        "resourceType": OBSERVATION,
        "id": address.partition("/")[2],
        **elements,
        "status": STATUS[impression["status"]],
        "valueString": impression["summary"],
        **({"derivedFrom": sources} if sources else {}),
        **({"component": components} if components else {}),
    }


def finding_component(finding: Resource) -> Resource:
    """The component of a finding: its code, and its reason as the value."""
    return {"code": finding["itemCodeableConcept"], "valueString": finding.get("basis", "")}
