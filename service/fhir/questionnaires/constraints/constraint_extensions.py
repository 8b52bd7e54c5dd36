"""Reads the constraints on answers (minValue, regex, maxSize, unit, ...) from the extensions of R4 and SDC.

https://hl7.org/fhir/R4/questionnaire-profiles.html#extensions
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

from service.fhir.questionnaires.regular_expressions import RegexMatcher
from service.fhir.r4.types import Resource
from service.fhir.terminology.value_set_membership import TerminologyResources, ValueSetBinding
from service.issues import shorten_name
from service.screening.instruments.instrument import Constraint
from service.screening.instruments.typed_value import Coding, TypedValue, ValueType
from service.screening.validation.constraints import (
    AllowedUnits,
    ComparableUnit,
    MaxDecimalPlaces,
    MaxLength,
    MaxSize,
    MaxValue,
    MimeTypes,
    MinLength,
    MinValue,
    ReferenceTargets,
    Regex,
)

CORE = "http://hl7.org/fhir/StructureDefinition"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition"
MIN_OCCURS = f"{CORE}/questionnaire-minOccurs"
MAX_OCCURS = f"{CORE}/questionnaire-maxOccurs"
MIN_VALUES = (f"{CORE}/minValue", f"{SDC}/sdc-questionnaire-minQuantity")
MAX_VALUES = (f"{CORE}/maxValue", f"{SDC}/sdc-questionnaire-maxQuantity")
MIN_LENGTH = f"{CORE}/minLength"
MAX_DECIMAL_PLACES = f"{CORE}/maxDecimalPlaces"
REGEX = f"{CORE}/regex"
MIME_TYPE = f"{CORE}/mimeType"
MAX_SIZE = f"{CORE}/maxSize"
UNIT = f"{CORE}/questionnaire-unit"
UNIT_OPTION = f"{CORE}/questionnaire-unitOption"
UNIT_VALUE_SET = f"{CORE}/questionnaire-unitValueSet"
UNIT_OPEN = f"{SDC}/sdc-questionnaire-unitOpen"
REFERENCE_RESOURCE = f"{CORE}/questionnaire-referenceResource"
REFERENCE_PROFILE = f"{CORE}/questionnaire-referenceProfile"
# The value types that we read from each extension. Its value is unchecked if it has another type.
VALUE_TYPES = {
    MIN_OCCURS: ("valueInteger",),
    MAX_OCCURS: ("valueInteger",),
    MIN_LENGTH: ("valueInteger",),
    MAX_DECIMAL_PLACES: ("valueInteger",),
    REGEX: ("valueString",),
    MIME_TYPE: ("valueCode",),
    MAX_SIZE: ("valueDecimal",),
    UNIT: ("valueCoding",),
    UNIT_OPTION: ("valueCoding",),
    UNIT_VALUE_SET: ("valueCanonical",),
    REFERENCE_RESOURCE: ("valueCode",),
    REFERENCE_PROFILE: ("valueCanonical",),
    **dict.fromkeys((MIN_VALUES[1], MAX_VALUES[1]), ("valueQuantity",)),
    **dict.fromkeys(
        (MIN_VALUES[0], MAX_VALUES[0]),
        ("valueDate", "valueDateTime", "valueTime", "valueDecimal", "valueInteger", "valueQuantity"),
    ),
}
# Constraints that are not checked: each is a warning that the check is incomplete.
UNCHECKED = frozenset(
    {
        f"{SDC}/sdc-questionnaire-targetConstraint",
        f"{CORE}/targetConstraint",
        f"{SDC}/sdc-questionnaire-answerExpression",
        f"{SDC}/sdc-questionnaire-answerOptionsToggleExpression",
        f"{SDC}/sdc-questionnaire-unitSupplementalSystem",
    }
)


def extension_values(element: Resource, url: str) -> list[Any]:
    """Returns the values of an extension that have one of its ``VALUE_TYPES``."""
    entries = (entry for entry in element.get("extension", ()) if entry.get("url") == url)
    return [entry[key] for entry in entries for key in VALUE_TYPES[url] if key in entry]


def first_value(element: Resource, url: str) -> Any:
    """Returns the first of these values, or None."""
    return next(iter(extension_values(element, url)), None)


def read_bound(element: Resource, urls: tuple[str, ...]) -> TypedValue | None:
    """Returns the least or greatest value of an item with its type: ``TypedValue("date", "2026-11-21")``."""
    for entry in element.get("extension", ()):
        for key in VALUE_TYPES.get(entry.get("url"), ()) if entry.get("url") in urls else ():
            if key in entry:
                kind = key.removeprefix("value")
                type_name = kind if kind == "Quantity" else kind[0].lower() + kind[1:]
                return TypedValue(cast(ValueType, type_name), entry[key])
    return None


def read_constraints(item: Resource, terms: TerminologyResources) -> Iterator[Constraint]:
    """Yields every constraint on the value of an answer."""
    least, most = read_bound(item, MIN_VALUES), read_bound(item, MAX_VALUES)
    if least is not None:
        yield MinValue(least)
    if most is not None:
        yield MaxValue(most)
    if item["type"] == "quantity" and (bound := least or most) is not None:
        yield ComparableUnit(bound)
    if "maxLength" in item:
        yield MaxLength(item["maxLength"])
    if (length := first_value(item, MIN_LENGTH)) is not None:
        yield MinLength(length)
    if (places := first_value(item, MAX_DECIMAL_PLACES)) is not None:
        yield MaxDecimalPlaces(places)
    if (regex := first_value(item, REGEX)) is not None:
        yield Regex(RegexMatcher(regex))
    yield from read_type_constraints(item, terms)


def read_type_constraints(item: Resource, terms: TerminologyResources) -> Iterator[Constraint]:
    """Yields the constraints on quantities, references and attachments."""
    if item["type"] == "quantity" and not allows_other_units(item) and (units := read_units(item, terms)) is not None:
        yield units
    if item["type"] == "reference" and (types := read_target_types(item)):
        yield ReferenceTargets(frozenset(types))
    if item["type"] == "attachment" and (media := extension_values(item, MIME_TYPE)):
        yield MimeTypes(frozenset(str(kind).lower() for kind in media))
    if item["type"] == "attachment" and (size := first_value(item, MAX_SIZE)) is not None:
        yield MaxSize(Decimal(size))


def read_units(item: Resource, terms: TerminologyResources) -> AllowedUnits | None:
    """Returns the units that are offered; None if the item offers none.

    A single questionnaire-unit is for integers and decimals: it restricts no quantity.
    """
    offered = extension_values(item, UNIT_OPTION)
    canonical = first_value(item, UNIT_VALUE_SET)
    if not offered and canonical is None:
        return None
    codings = frozenset(Coding(unit.get("system"), unit.get("code")) for unit in offered)
    return AllowedUnits(codings, None if canonical is None else ValueSetBinding(canonical, terms))


def allows_other_units(item: Resource) -> bool:
    """Returns whether an answer may have other units than those offered: unitOpen of https://hl7.org/fhir/uv/sdc/"""
    entries = (entry for entry in item.get("extension", ()) if entry.get("url") == UNIT_OPEN)
    return any(entry.get("valueCode") != "optionsOnly" for entry in entries)


def read_target_types(item: Resource) -> set[str]:
    """Returns the resource types that a reference may have: of referenceResource, or of a base type in
    referenceProfile."""
    profiles = (str(canonical).partition("|")[0] for canonical in extension_values(item, REFERENCE_PROFILE))
    named = (profile.removeprefix(f"{CORE}/") for profile in profiles)
    return {*extension_values(item, REFERENCE_RESOURCE), *(name for name in named if name.isalpha())}


def describe_unchecked(item: Resource) -> Iterator[str]:
    """Yields a text for each constraint of an item or a questionnaire that is not checked."""
    for entry in item.get("extension", ()):
        url = entry.get("url")
        name = f"`{shorten_name(str(url).rpartition('/')[2])}`"
        if url in UNCHECKED:
            yield f"{name} is not supported, so that answers could not be checked against it."
        elif url in VALUE_TYPES and not any(key in entry for key in VALUE_TYPES[url]):
            yield f"{name} has no value of a supported type, so that answers could not be checked against it."
        elif url == REFERENCE_PROFILE and not is_base_definition(entry):
            yield f"{name} is supported only for base resource types, so that the profile could not be checked."


def is_base_definition(entry: Resource) -> bool:
    """Returns whether a profile is the base definition of a resource type."""
    name = str(entry.get("valueCanonical", "")).partition("|")[0].removeprefix(f"{CORE}/")
    return name.isalpha()
