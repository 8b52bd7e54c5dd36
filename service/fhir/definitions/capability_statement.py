"""The CapabilityStatement, made from the tables that the routes read, so that it cannot promise more than they do.

https://hl7.org/fhir/R4/capabilitystatement.html
"""

from collections.abc import Mapping, Sequence

from service.fhir.definitions.code_systems import version_algorithm
from service.fhir.definitions.smart_configuration import AuthorizationServer, security_element
from service.fhir.ids import BASE
from service.fhir.interactions import (
    CONDITIONAL_CREATE,
    OPERATIONS,
    PUBLISHED,
    READING,
    SDC,
    STORED,
    SYSTEM,
    SYSTEM_OPERATIONS,
    UPDATE_CREATE,
    WRITING,
)
from service.fhir.r4.strict_json import LIMITS
from service.fhir.r4.types import Resource
from service.fhir.search.search_parameters import EFFECTIVE_TIME, INCLUDES, REVERSE_INCLUDES, parameters_of
from service.fhir.search.sort_and_include import sort_names

JSON_PATCH = "application/json-patch+json"
# The roles of Structured Data Capture whose required rows the service fulfils. tests/fhir/definitions/sdc_roles.yaml
# has a copy of the rows.
ROLES = (f"{SDC}/CapabilityStatement/sdc-form-receiver",)
LIMITS_TEXT = "Taken up to these limits, and refused with 400 (a body that is too large with 413) beyond them: "
LIMITS_OF_RESPONSES = LIMITS_TEXT + "; ".join(f"{name}: {limit}" for name, limit in LIMITS.items()) + "."
SYSTEM_TEXT = (
    "An unknown or unsupported parameter is refused, unless the client prefers handling=lenient. A transaction is "
    "about one patient: all QuestionnaireResponses that it creates are assessed together, in one ClinicalImpression."
)
TASK_TEXT = (
    "Created by clients are Tasks after the profile sdc-task of Structured Data Capture, with the code "
    "`complete-questionnaire`: the answer has the address of the forms, which is told once. An update takes such a "
    "Task back, with the status cancelled or entered-in-error."
)
# US Core: a server must document the types of changes that `_lastUpdated` detects.
LAST_UPDATED_TEXT = (
    "The time of the current version. Every change makes a version: a corrected answer, a completed or withdrawn "
    "response, and each result that changes with it or when its act is assessed again."
)
PARAMETER_TEXTS: Mapping[str, Resource] = {"_lastUpdated": {"documentation": LAST_UPDATED_TEXT}}


def capability_statement(
    base: str,
    version: str,
    date: str,
    cors: bool = False,
    requires_if_match: bool = False,
    canonicals: Sequence[str] = (),
    server: AuthorizationServer | None = None,
) -> Resource:
    """Returns the CapabilityStatement of the FHIR interface at ``base``. ``date`` is a FHIR dateTime.

    ``canonicals`` are the questionnaires to which responses are accepted, editions included. ``server`` gives out the
    tokens; without one there is no access control.
    """
    return {
        "resourceType": "CapabilityStatement",
        "id": "sural",
        "language": "en",
        "extension": [version_algorithm()],
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
        "patchFormat": [JSON_PATCH],
        "rest": [
            {
                "mode": "server",
                "documentation": SYSTEM_TEXT,
                "security": security_element(server, cors),
                "resource": [
                    type_capability(name, requires_if_match, canonicals) for name in sorted((*STORED, *PUBLISHED))
                ],
                "interaction": [{"code": code} for code in SYSTEM],
                "operation": [{"name": name, "definition": url} for name, url in SYSTEM_OPERATIONS],
            }
        ],
    }


def type_capability(type_name: str, requires_if_match: bool, canonicals: Sequence[str]) -> Resource:
    """Returns one ``rest.resource``: the interactions, search parameters and operations for a type."""
    by_name = parameters_of(type_name)
    parameters = [
        {"name": name, "type": by_name[name].type, **PARAMETER_TEXTS.get(name, {})} for name in sorted(by_name)
    ]
    is_stored = type_name in STORED
    operations = [{"name": name, "definition": url} for name, url in OPERATIONS.get(type_name, ())]
    return {
        "type": type_name,
        "documentation": documentation_of(type_name, canonicals),
        "interaction": [{"code": code} for code in (*WRITING.get(type_name, ()), *READING)],
        "versioning": "versioned-update" if requires_if_match and type_name in UPDATE_CREATE else "versioned",
        "readHistory": is_stored,
        "updateCreate": type_name in UPDATE_CREATE,
        "conditionalCreate": type_name in CONDITIONAL_CREATE,
        "conditionalRead": "full-support" if is_stored else "modified-since",
        **listed("searchInclude", [f"{type_name}:{name}" for name in INCLUDES.get(type_name, ())]),
        **listed("searchRevInclude", REVERSE_INCLUDES.get(type_name, ())),
        "searchParam": parameters,
        **({"operation": operations} if operations else {}),
    }


def documentation_of(type_name: str, canonicals: Sequence[str]) -> str:
    """Returns what the elements of ``rest.resource`` cannot say: the order of results, the limits, the forms taken."""
    effective = EFFECTIVE_TIME.get(type_name) if type_name in STORED else None
    default = f"by `{effective}`, the newest first" if effective else "in the order of publication"
    order = f"`_sort` accepts {', '.join(sort_names(type_name))}; without it, results are {default}."
    if type_name == "Task":
        return f"{order} {TASK_TEXT}"
    if type_name not in WRITING:
        return order
    return f"{order} {LIMITS_OF_RESPONSES} Responses to these questionnaires are taken: {', '.join(canonicals)}."


def listed(name: str, values: Sequence[str]) -> Resource:
    """Returns an object with this element, or an empty one if there are no values: FHIR has no empty arrays."""
    return {name: list(values)} if values else {}
