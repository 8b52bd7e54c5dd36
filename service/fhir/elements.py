"""The elements of R4 types, as the models of fhir.resources name them, with the patterns of primitive values.

https://hl7.org/fhir/R4/datatypes.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.resource import Resource as ResourceModel
from pydantic.fields import FieldInfo

DAY = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
CLOCK = r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"
ZONE = r"(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))"
PATTERNS = {
    "Id": r"[A-Za-z0-9\-.]{1,64}",
    "Code": r"\S+(\s\S+)*",
    "Uri": r"\S+",
    "Url": r"\S+",
    "Canonical": r"\S+",
    "Oid": r"urn:oid:[0-2](\.(0|[1-9]\d*))+",
    "Uuid": r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "Date": r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?",
    "DateTime": rf"\d{{4}}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T{CLOCK}{ZONE})?)?)?",
    "Instant": rf"{DAY}T{CLOCK}{ZONE}",
    "Time": CLOCK,
    "Base64Binary": r"[0-9A-Za-z+/=\s]+",
}
MATCHES = {name: re.compile(pattern, re.ASCII).fullmatch for name, pattern in PATTERNS.items()}
LARGEST = 2**31 - 1
WHOLE_NUMBERS = {"Integer": (-LARGEST - 1, LARGEST), "PositiveInt": (1, LARGEST), "UnsignedInt": (0, LARGEST)}
R4_ONLY = {"Extension": {"valueMeta": "Meta"}}
NOT_R4 = {"Extension": {"valueCodeableReference", "valueRatioRange"}}
AFTER_R4_TYPES = """AdministrableProductDefinition Citation ClinicalUseDefinition CodeableReference EvidenceReport
Ingredient ManufacturedItemDefinition MedicinalProductDefinition NutritionProduct
PackagedProductDefinition RatioRange RegulatedAuthorization SubscriptionStatus SubscriptionTopic
SubstanceDefinition"""
AFTER_R4 = frozenset(AFTER_R4_TYPES.split())
# The library's list of a long required value set breaks off with "+": these are whole, others go unchecked.
ITEM_TYPES = """group display question boolean decimal integer date dateTime time string text url choice open-choice
attachment reference quantity"""
WHOLE_VALUE_SETS = {("QuestionnaireItem", "type"): frozenset(ITEM_TYPES.split())}


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a type: the name of its own type, and how it may stand."""

    type: str
    primitive: bool
    many: bool
    required: bool
    codes: frozenset[str]
    choice: str | None


def elements_of(name: str) -> Mapping[str, Element] | None:
    """The elements of a type by their JSON name; None when R4 has no such type.

    Only what was found is remembered: names come from outside, and there is no end of them.
    """
    try:
        return known_elements(name)
    except (KeyError, ValueError, AttributeError, ImportError):
        return None


@cache
def known_elements(name: str) -> Mapping[str, Element]:
    """The elements of a type. Raises KeyError, or what the library raises, when there is none."""
    if name in AFTER_R4 or not re.fullmatch(r"[A-Z][A-Za-z]{1,60}", name):
        raise KeyError(name)
    left_out = NOT_R4.get(name, set())
    found = {
        str(field.alias): element_of(name, field)
        for field in get_fhir_model_class(name).model_fields.values()
        if field.alias
        and not field.alias.startswith(("_", "fhir_comments", "resource_type", "resourceType"))
        and field.alias not in left_out
    }
    for alias, type_name in R4_ONLY.get(name, {}).items():
        found[alias] = Element(type_name, False, False, False, frozenset(), "value")
    return found


def is_resource_type(name: Any) -> bool:
    """Whether this is the name of an R4 resource type, and not of a data type or of nothing."""
    if not isinstance(name, str) or elements_of(name) is None or name in ("Resource", "DomainResource"):
        return False
    return issubclass(get_fhir_model_class(name), ResourceModel)


def element_of(name: str, field: FieldInfo) -> Element:
    """Reads one field of a library model."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    kind, many = unwrap(field.annotation)
    choice = extra.get("one_of_many")
    return Element(
        type=kind[0],
        primitive=kind[1],
        many=many,
        required=bool(extra.get("element_required")),
        codes=WHOLE_VALUE_SETS.get((name, str(field.alias)), required_codes(extra.get("enum_values"))),
        choice=str(choice) if choice else None,
    )


def required_codes(listed: Any) -> frozenset[str]:
    """The codes of a required binding, when the library lists them all."""
    codes = frozenset(str(code) for code in listed) if isinstance(listed, list) else frozenset()
    return frozenset() if "+" in codes else codes


def unwrap(annotation: Any, many: bool = False) -> tuple[tuple[str, bool], bool]:
    """The FHIR type in an annotation, whether it is primitive, and whether it repeats."""
    if get_origin(annotation) is Annotated:
        return (type(get_args(annotation)[1]).__name__, True), many
    if annotation is bool:
        return ("Boolean", True), many
    inner = [part for part in get_args(annotation) if part is not type(None)]
    if inner:
        return unwrap(inner[0], many or get_origin(annotation) is list)
    return (annotation.__name__.removesuffix("Type"), False), many


@cache
def required_elements(name: str) -> tuple[str, ...]:
    """The elements that must be there."""
    return tuple(key for key, element in (elements_of(name) or {}).items() if element.required)


def fhir_name(name: str) -> str:
    """A primitive type as FHIR writes it."""
    return name[0].lower() + name[1:]
