"""The Provenance of a submission: the software and rules that wrote the results, and the responses used.

https://hl7.org/fhir/R4/provenance.html
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from service.fhir.frozen_json import FrozenObject, freeze_object
from service.fhir.ids import VERSION_SYSTEM
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.types import Resource
from service.fhir.results.knowledge_base import KnowledgeBase
from service.fhir.results.submission import SourceResponse

PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
SOFTWARE = "Questionnaire screening software"
OPERATOR = "The organization that operates this software"


def provenance(
    lead: SourceResponse,
    sources: Iterable[SourceResponse],
    now: datetime,
    results: Iterable[Resource],
    knowledge: KnowledgeBase,
    version_slot: str | None = None,
) -> Resource:
    """Returns the Provenance whose targets are the results.

    ``agent`` is this software with the version of its rules, on behalf of the organization that operates it (US Core
    9.0.0, provenance-1); ``entity`` are the responses with their versions. ``version_slot`` is that of the submission;
    without it the version of the lead response.
    """
    id = lead.derived_id("Provenance", f"provenance/{version_slot or lead.version}")
    return {
        "resourceType": "Provenance",
        "id": id,
        "language": "en",
        "contained": [software_device(knowledge.version, knowledge.rules.canonical)],
        "target": [{"reference": f"{r['resourceType']}/{r['id']}"} for r in results],
        "recorded": format_instant(now),
        "agent": [software_agent(knowledge.organization)],
        "entity": [{"role": "source", "what": version_identifier(source)} for source in sources],
    }


@lru_cache
def software_device(version: str, rules: str) -> FrozenObject:
    """Returns the contained Device: this software in a version, with its rules in a version.

    The cache serves "from bytes to the bytes of the Bundle" of `make bench`, as does that of ``software_agent``.
    """
    return freeze_object(
        {
            "resourceType": "Device",
            "id": "software",
            "deviceName": [{"name": "Sural", "type": "user-friendly-name"}],
            "type": {"text": SOFTWARE},
            "version": [{"value": version}, {"value": rules}],
        }
    )


@lru_cache
def software_agent(operator: str | None) -> FrozenObject:
    """Returns ``Provenance.agent``: the contained Device, and the operator as a setting names it, else in words."""
    return freeze_object(
        {
            "type": {"coding": [{"system": PARTICIPANT, "code": "assembler"}]},
            "who": {"reference": "#software"},
            "onBehalfOf": {"reference": operator} if operator else {"display": OPERATOR},
        }
    )


def version_identifier(source: SourceResponse) -> Resource:
    """Returns a Reference to a response whose identifier names its version here: ``<id>/<version>``."""
    return {**source.reference, "identifier": {"system": VERSION_SYSTEM, "value": f"{source.id}/{source.version}"}}
