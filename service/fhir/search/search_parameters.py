"""Table of the search parameters: for each resource type their names, types and elements.

https://hl7.org/fhir/R4/search.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

ParameterType = Literal["token", "reference", "date", "uri", "string"]
PARAMETER_TYPES: Mapping[str, ParameterType] = {name: name for name in get_args(ParameterType)}


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """A search parameter: its type, the paths of its elements, and the resource types that a reference may have.

    A path is the names of its elements, one in the other.
    ``system`` is the implied system of an element of type code: https://hl7.org/fhir/R4/search.html#token
    Example: ``SearchParameter("patient", "reference", (("subject",),), ("Patient",))``.
    """

    name: str
    type: ParameterType
    paths: tuple[tuple[str, ...], ...]
    targets: tuple[str, ...] = ()
    system: str | None = None


def build_parameters(*rows: tuple[str, ...]) -> dict[str, SearchParameter]:
    """Returns parameters by name, from rows of name, type, paths, and target types or implied system.

    Spaces separate paths and types.

    Raises KeyError if a type is no ParameterType.
    """
    common = (("_id", "token", "id"), ("_lastUpdated", "date", "meta.lastUpdated"))
    return {row[0]: build_parameter(*row) for row in (*common, *rows)}


def build_parameter(name: str, type_name: str, paths: str, last: str = "") -> SearchParameter:
    """Returns one parameter. ``last`` are the target types of a reference, or the implied system of a token."""
    type_, split = PARAMETER_TYPES[type_name], tuple(tuple(path.split(".")) for path in paths.split())
    if type_ == "token":
        return SearchParameter(name, type_, split, system=last or None)
    return SearchParameter(name, type_, split, tuple(last.split()))


IDENTIFIER = ("identifier", "token", "identifier")
PATIENT = (
    ("patient", "reference", "subject", "Patient"),
    ("subject", "reference", "subject", "Patient"),
    ("encounter", "reference", "encounter", "Encounter"),
)
PERSON_TYPES = "Patient Practitioner PractitionerRole RelatedPerson"
ANSWER_TYPES = "Observation QuestionnaireResponse"
DEFINITION = (
    ("url", "uri", "url"),
    ("version", "token", "version"),
    ("name", "string", "name"),
    ("title", "string", "title"),
    ("status", "token", "status", "http://hl7.org/fhir/publication-status"),
)
WRITTEN_TYPES = f"{ANSWER_TYPES} ClinicalImpression Task"
PARAMETERS: Mapping[str, Mapping[str, SearchParameter]] = {
    "QuestionnaireResponse": build_parameters(
        IDENTIFIER,
        *PATIENT,
        ("questionnaire", "reference", "questionnaire", "Questionnaire"),
        ("status", "token", "status", "http://hl7.org/fhir/questionnaire-answers-status"),
        ("authored", "date", "authored"),
        ("author", "reference", "author", f"{PERSON_TYPES} Device Organization"),
        ("source", "reference", "source", PERSON_TYPES),
        ("based-on", "reference", "basedOn", "CarePlan ServiceRequest"),
    ),
    "Observation": build_parameters(
        IDENTIFIER,
        *PATIENT,
        ("status", "token", "status", "http://hl7.org/fhir/observation-status"),
        ("category", "token", "category"),
        ("code", "token", "code"),
        ("date", "date", "effectiveDateTime"),
        ("value-concept", "token", "valueCodeableConcept"),
        ("derived-from", "reference", "derivedFrom", ANSWER_TYPES),
        ("has-member", "reference", "hasMember", ANSWER_TYPES),
    ),
    "ClinicalImpression": build_parameters(
        IDENTIFIER,
        *PATIENT,
        ("status", "token", "status", "http://hl7.org/fhir/event-status"),
        ("date", "date", "effectiveDateTime"),
        ("finding-code", "token", "finding.itemCodeableConcept"),
        ("investigation", "reference", "investigation.item", ANSWER_TYPES),
        ("previous", "reference", "previous", "ClinicalImpression"),
    ),
    "Provenance": build_parameters(
        ("target", "reference", "target", WRITTEN_TYPES),
        ("entity", "reference", "entity.what", WRITTEN_TYPES),
        ("recorded", "date", "recorded"),
    ),
    "Task": build_parameters(
        IDENTIFIER,
        ("patient", "reference", "for", "Patient"),
        ("subject", "reference", "for", "Patient"),
        ("encounter", "reference", "encounter", "Encounter"),
        ("status", "token", "status", "http://hl7.org/fhir/task-status"),
        ("priority", "token", "priority", "http://hl7.org/fhir/request-priority"),
        ("intent", "token", "intent", "http://hl7.org/fhir/request-intent"),
        ("code", "token", "code"),
        ("focus", "reference", "focus", WRITTEN_TYPES),
        ("authored-on", "date", "authoredOn"),
        ("modified", "date", "lastModified"),
    ),
    "Questionnaire": build_parameters(
        IDENTIFIER,
        *DEFINITION,
        ("publisher", "string", "publisher"),
        ("date", "date", "date"),
        ("code", "token", "code"),
        ("subject-type", "token", "subjectType", "http://hl7.org/fhir/resource-types"),
    ),
    "CodeSystem": build_parameters(IDENTIFIER, *DEFINITION),
    "ValueSet": build_parameters(IDENTIFIER, *DEFINITION),
}
OTHER_DEFINITIONS = build_parameters(*DEFINITION)
# The parameter whose value is the effective time of a resource: `_sort` accepts it, and the default order is by it.
EFFECTIVE_TIME: Mapping[str, str] = {
    "QuestionnaireResponse": "authored",
    "Observation": "date",
    "ClinicalImpression": "date",
    "Provenance": "recorded",
    "Task": "authored-on",
    "Questionnaire": "date",
}
# The references to resources that we hold: https://hl7.org/fhir/R4/search.html#include
INCLUDES: Mapping[str, tuple[str, ...]] = {
    "QuestionnaireResponse": ("questionnaire",),
    "Observation": ("derived-from", "has-member"),
    "ClinicalImpression": ("investigation", "previous"),
    "Provenance": ("target", "entity"),
    "Task": ("focus",),
}
# The types whose resources a Provenance names as its targets.
REVERSE_INCLUDES: Mapping[str, tuple[str, ...]] = dict.fromkeys(WRITTEN_TYPES.split(), ("Provenance:target",))
# Parameters with the same elements as another one, which is indexed for both.
SAME_AS = {"subject": "patient"}


def parameters_of(type_name: str) -> Mapping[str, SearchParameter]:
    """Returns the search parameters of a resource type by name."""
    return PARAMETERS.get(type_name, OTHER_DEFINITIONS)
