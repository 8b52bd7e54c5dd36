"""Element definitions of R4 types, read from the models of fhir.resources, and the regexes of primitive types.

https://hl7.org/fhir/R4/datatypes.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.resource import Resource as ResourceModel
from pydantic.fields import FieldInfo

from service.fhir.r4.values.uris import CANONICAL, OID, URI, UUID, WORDS


class StringForm(NamedTuple):
    """Form of a primitive type that is a JSON string: its regex, and the form in words for an issue."""

    regex: str
    words: str


YEAR = r"(?!0000)\d{4}"
DAY = rf"{YEAR}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
CLOCK = r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"
BASE64 = r"\s*(?:(?:[0-9A-Za-z+/]\s*){4})*(?:(?:[0-9A-Za-z+/]\s*){2}(?:=\s*=|[0-9A-Za-z+/]\s*=)\s*)?"
ZONE = r"(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))"
STRING_FORMS: Mapping[str, StringForm] = {
    "Id": StringForm(r"[A-Za-z0-9\-.]{1,64}", "1 to 64 letters, digits, hyphens and dots"),
    "Code": StringForm(r"\S+(\s\S+)*", "no white space at the start or end, and only single spaces inside"),
    "Uri": StringForm(URI, WORDS),
    "Url": StringForm(URI, WORDS),
    "Canonical": StringForm(CANONICAL, WORDS),
    "Oid": StringForm(OID, "such as urn:oid:1.2.3"),
    "Uuid": StringForm(UUID, "such as urn:uuid:c757873d-ec9a-4326-a141-556f43239520"),
    "Date": StringForm(rf"{YEAR}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", "such as 2026, 2026-11 or 2026-11-21"),
    "DateTime": StringForm(
        rf"{YEAR}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T{CLOCK}{ZONE})?)?)?",
        "such as 2026-11-21 or 2026-11-21T09:00:00Z",
    ),
    "Instant": StringForm(rf"{DAY}T{CLOCK}{ZONE}", "such as 2026-11-21T09:00:00Z"),
    "Time": StringForm(CLOCK, "such as 09:00:00"),
    "Base64Binary": StringForm(BASE64, "base64"),
}
MATCHES = {name: re.compile(form.regex, re.ASCII).fullmatch for name, form in STRING_FORMS.items()}
MAX_INTEGER = 2**31 - 1
INTEGER_RANGES: Mapping[str, tuple[int, int]] = {
    "Integer": (-MAX_INTEGER - 1, MAX_INTEGER),
    "PositiveInt": (1, MAX_INTEGER),
    "UnsignedInt": (0, MAX_INTEGER),
}
# fhir.resources describes R4B. These tables give the differences to R4.
ELEMENTS_ONLY_IN_R4 = {"Extension": {"valueMeta": "Meta"}}
ELEMENTS_ONLY_IN_R4B = {"Extension": {"valueCodeableReference", "valueRatioRange"}}
NAMES_ONLY_IN_R4B = """AdministrableProductDefinition Citation ClinicalUseDefinition CodeableReference EvidenceReport
Ingredient ManufacturedItemDefinition MedicinalProductDefinition NutritionProduct
PackagedProductDefinition RatioRange RegulatedAuthorization SubscriptionStatus SubscriptionTopic
SubstanceDefinition"""
TYPES_ONLY_IN_R4B = frozenset(NAMES_ONLY_IN_R4B.split())
# fhir.resources cuts long required value sets and marks the cut with "+". We list item types in full; the other
# cut ones are not checked.
ITEM_TYPE_CODES = """group display question boolean decimal integer date dateTime time string text url choice
open-choice attachment reference quantity"""
FULL_VALUE_SETS = {
    ("QuestionnaireItem", "type"): frozenset(ITEM_TYPE_CODES.split()),
    **{
        (quantity, "comparator"): frozenset(("<", "<=", ">=", ">"))
        for quantity in ("Quantity", "Age", "Count", "Distance", "Duration")
    },
}
# Elements with a narrower type than R4 says: the code is the name of a type of resource; the uri of a protocol may name
# a version, and is a canonical since R5 (https://hl7.org/fhir/R5/clinicalimpression-definitions.html).
NARROWER_TYPES = {("Questionnaire", "subjectType"): "ResourceType", ("ClinicalImpression", "protocol"): "Canonical"}


class ElementType(NamedTuple):
    """Type of an element, e.g. ``ElementType("Coding", primitive=False, many=True)`` for Questionnaire.code."""

    name: str
    primitive: bool
    many: bool


@dataclass(frozen=True, slots=True)
class ElementDefinition:
    """Definition of one element of a type.

    ``type`` is its type as fhir.resources names it (``"DateTime"``), ``many`` true if its maximum is above 1,
    ``required`` true if its minimum is 1; of a choice element, if one of its types must be present.
    ``targets`` are the types that a reference or canonical may name.
    ``codes`` is the required value set, empty if the element has none or if it is not checked. ``choice`` is the
    name of a choice element without its type: ``"value"`` for ``valueDate``.
    """

    type: str
    primitive: bool
    many: bool
    required: bool
    codes: frozenset[str]
    choice: str | None
    targets: frozenset[str] = frozenset()


def elements_of(name: str) -> Mapping[str, ElementDefinition] | None:
    """Returns the element definitions of a type by their JSON name, or None if R4 has no such type.

    Only types that exist are cached: the name comes from the sender, and there is no limit to wrong names.
    """
    try:
        return read_elements(name)
    except (KeyError, ValueError, AttributeError, ImportError):
        return None


@cache
def read_elements(name: str) -> Mapping[str, ElementDefinition]:
    """Returns the element definitions of a type. Raises KeyError, or an error of the library, if there is no such
    type."""
    if name in TYPES_ONLY_IN_R4B or not re.fullmatch(r"[A-Z][A-Za-z]{1,60}", name):
        raise KeyError(name)
    excluded = ELEMENTS_ONLY_IN_R4B.get(name, set())
    elements = {
        str(field.alias): read_element(name, field)
        for field in get_fhir_model_class(name).model_fields.values()
        if field.alias and not field.alias.startswith(("_", "fhir_comments")) and field.alias not in excluded
    }
    for alias, type_name in ELEMENTS_ONLY_IN_R4.get(name, {}).items():
        elements[alias] = ElementDefinition(type_name, False, False, False, frozenset(), "value")
    return elements


def is_resource_type(name: Any) -> bool:
    """Returns whether the value is the name of an R4 resource type that can be sent (not an abstract type)."""
    if not isinstance(name, str) or elements_of(name) is None or name in ("Resource", "DomainResource"):
        return False
    return issubclass(get_fhir_model_class(name), ResourceModel)


def read_element(type_name: str, field: FieldInfo) -> ElementDefinition:
    """Returns the definition of the element that a field of a library model describes."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    element_type = read_annotation(field.annotation)
    choice = extra.get("one_of_many")
    return ElementDefinition(
        type=NARROWER_TYPES.get((type_name, str(field.alias)), element_type.name),
        primitive=element_type.primitive,
        many=element_type.many,
        required=field.is_required() or bool(extra.get("element_required") or extra.get("one_of_many_required")),
        codes=FULL_VALUE_SETS.get((type_name, str(field.alias)), required_codes(extra.get("enum_values"))),
        choice=str(choice) if choice else None,
        targets=read_targets(extra.get("enum_reference_types")),
    )


def required_codes(listed: Any) -> frozenset[str]:
    """Returns the codes of a required binding, or nothing if the library does not list them all."""
    codes = frozenset(str(code) for code in listed) if isinstance(listed, list) else frozenset()
    return frozenset() if "+" in codes else codes


def read_targets(listed: Any) -> frozenset[str]:
    """Returns the types of resource that an element may refer to; empty if the library lists none."""
    return frozenset(str(name) for name in listed) - TYPES_ONLY_IN_R4B if isinstance(listed, list) else frozenset()


def read_annotation(annotation: Any, many: bool = False) -> ElementType:
    """Returns the FHIR type that the annotation of a library model says."""
    if get_origin(annotation) is Annotated:
        name = type(get_args(annotation)[-1]).__name__
        return ElementType("Uuid" if name == "UuidVersion" else name, True, many)
    if annotation is bool:
        return ElementType("Boolean", True, many)
    arguments = [argument for argument in get_args(annotation) if argument is not type(None)]
    if arguments:
        return read_annotation(arguments[0], many or get_origin(annotation) is list)
    return ElementType(annotation.__name__.removesuffix("Type"), False, many)


@cache
def required_elements(name: str) -> Mapping[str, tuple[str, ...]]:
    """Returns the required elements of a type, each with its names in JSON: ``{"value": ("valueDate", ...)}``."""
    found: dict[str, tuple[str, ...]] = {}
    for key, element in (elements_of(name) or {}).items():
        if element.required:
            names = (key, f"_{key}") if element.primitive else (key,)
            found[element.choice or key] = (*found.get(element.choice or key, ()), *names)
    return found


def fhir_type_name(name: str) -> str:
    """Returns the name of a primitive type as FHIR writes it: ``"dateTime"`` for ``"DateTime"``."""
    return name[0].lower() + name[1:]
