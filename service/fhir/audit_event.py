"""AuditEvents after the Basic Audit Log Patterns of IHE.

https://profiles.ihe.net/ITI/BALP/
"""

import base64
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from service.fhir.ids import BASE
from service.fhir.r4.types import Resource

DICOM = "http://dicom.nema.org/resources/ontology/DCM"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
EVENT_TYPE = "http://terminology.hl7.org/CodeSystem/audit-event-type"
INTERACTION = "http://hl7.org/fhir/restful-interaction"
ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
SOURCE_TYPE = "http://terminology.hl7.org/CodeSystem/security-source-type"
BALP = "https://profiles.ihe.net/ITI/BALP"
SOURCE = {"system": DICOM, "code": "110153", "display": "Source Role ID"}
DESTINATION = {"system": DICOM, "code": "110152", "display": "Destination Role ID"}
ACTIONS = {
    "create": "C",
    "read": "R",
    "vread": "R",
    "history-instance": "R",
    "update": "U",
    "patch": "U",
    "delete": "D",
}
PATTERNS = {
    "create": "Create",
    "read": "Read",
    "vread": "Read",
    "update": "Update",
    "patch": "Update",
    "search-type": "Query",
}
# R4: 4 is a failure that the client can mend, 8 one of the service.
SUCCESS, MINOR, SERIOUS = "0", "4", "8"


def outcome_code(status: int) -> str:
    """Returns the code of `AuditEvent.outcome` for an HTTP status."""
    return SUCCESS if status < 400 else MINOR if status < 500 else SERIOUS


def pattern_of(interaction: str, status: int, has_patient: bool, has_object: bool) -> str | None:
    """Returns the profile that an event follows: the patterns are about what succeeded and names what it was about."""
    name = PATTERNS.get(interaction)
    if name is None or status >= 400 or not has_object:
        return None
    return f"{BALP}/StructureDefinition/IHE.BasicAudit.{'Patient' if has_patient else ''}{name}"


def coding(system: str, code: str, display: str = "") -> Resource:
    """Returns a Coding."""
    return {"system": system, "code": code, **({"display": display} if display else {})}


def identified(system: str | None, value: str) -> Resource:
    """Returns a logical reference."""
    return {"identifier": {**({"system": system} if system else {}), "value": value}}


def client_agent(
    interaction: str, address: str, issuer: str | None, client: str | None, is_requestor: bool
) -> Resource:
    """Returns the agent that asked. It is the destination of what it reads, and the source of all else."""
    role = DESTINATION if ACTIONS.get(interaction) == "R" else SOURCE
    who = {"display": "unknown"} if client is None else identified(issuer, client)
    network = {"address": address, "type": "2"}
    return {"type": {"coding": [role]}, "who": who, "requestor": is_requestor, "network": network}


def server_agent(interaction: str, server: str) -> Resource:
    """Returns the agent that answered: this service."""
    role = SOURCE if ACTIONS.get(interaction) == "R" else DESTINATION
    network = {"address": server, "type": "5"}
    return {"type": {"coding": [role]}, "who": identified(None, server), "requestor": False, "network": network}


def user_agent(interaction: str, who: Resource) -> Resource:
    """Returns the agent in whose name the client asked."""
    code, display = ("AUT", "author") if ACTIONS.get(interaction) in ("C", "U") else ("IRCP", "information recipient")
    return {"type": {"coding": [coding(PARTICIPATION, code, display)]}, "who": who, "requestor": True}


def patient_entity(patient: str) -> Resource:
    """Returns the entity of the patient."""
    return {
        "what": {"reference": patient},
        "type": coding(ENTITY_TYPE, "1", "Person"),
        "role": coding(ROLE, "1", "Patient"),
    }


def data_entity(reference: str) -> Resource:
    """Returns the entity of the resource."""
    return {
        "what": {"reference": reference},
        "type": coding(ENTITY_TYPE, "2", "System Object"),
        "role": coding(ROLE, "4", "Domain Resource"),
    }


def query_entity(query: str) -> Resource:
    """Returns the entity of a search, with its parameters as they were sent."""
    text = base64.b64encode(query.encode()).decode()
    return {"type": coding(ENTITY_TYPE, "2", "System Object"), "role": coding(ROLE, "24", "Query"), "query": text}


def request_entity(request: str) -> Resource:
    """Returns the entity of the X-Request-Id, by which the operational log has the same request."""
    return {"what": identified(None, request), "type": coding(f"{BALP}/CodeSystem/BasicAuditEntityType", "XrequestId")}


def audit_event(
    id: str, recorded: str, interaction: str, status: int, agents: list[Any], entities: list[Any], profile: str | None
) -> Resource:
    """Returns an AuditEvent. ``recorded`` is an instant."""
    is_refused = status >= 400
    described: Mapping[str, Any] = {"outcomeDesc": f"{status} {HTTPStatus(status).phrase}"} if is_refused else {}
    return {
        "resourceType": "AuditEvent",
        "id": id,
        **({"meta": {"profile": [profile]}} if profile else {}),
        "type": coding(EVENT_TYPE, "rest", "RESTful Operation"),
        "subtype": [coding(INTERACTION, interaction, interaction)],
        "action": ACTIONS.get(interaction, "E"),
        "recorded": recorded,
        "outcome": outcome_code(status),
        **described,
        "agent": agents,
        "source": {"observer": identified(BASE, "sural"), "type": [coding(SOURCE_TYPE, "4", "Application Server")]},
        "entity": entities,
    }
