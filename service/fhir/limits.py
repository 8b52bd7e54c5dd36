"""What a Questionnaire demands of the values of answers, read from the extensions of R4 and SDC.

https://hl7.org/fhir/R4/questionnaire-profiles.html#extensions
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from service.fhir.reading import Resource
from service.fhir.valuesets import Binding, Terms
from service.screening.constraints import (
    DecimalPlaces,
    LargestAttachment,
    LongestText,
    Maximum,
    MediaTypes,
    Minimum,
    Pattern,
    ShortestText,
    Targets,
    Units,
)
from service.screening.instrument import Coding, Constraint

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
# The type that the value of each must have; with another the extension cannot be read.
TYPES = {
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
# Demands that we do not judge, with what they are in words.
UNCHECKED = {
    f"{CORE}/questionnaire-constraint": "a rule of its own",
    f"{SDC}/sdc-questionnaire-targetConstraint": "a rule of its own",
    f"{CORE}/targetConstraint": "a rule of its own",
    f"{SDC}/sdc-questionnaire-answerExpression": "options that are computed",
    f"{SDC}/sdc-questionnaire-answerOptionsToggleExpression": "options that depend on other answers",
    f"{SDC}/sdc-questionnaire-unitSupplementalSystem": "units from another system",
}


def valued(element: Resource, url: str) -> list[Any]:
    """The values of an extension that are of the type it should have."""
    found = (entry for entry in element.get("extension", ()) if entry.get("url") == url)
    return [entry[key] for entry in found for key in TYPES[url] if key in entry]


def first(element: Resource, url: str) -> Any:
    return next(iter(valued(element, url)), None)


def bound(element: Resource, urls: tuple[str, ...]) -> tuple[str, Any] | None:
    """A least or greatest value, with its kind as answers name it."""
    for entry in element.get("extension", ()):
        for key in TYPES.get(entry.get("url"), ()) if entry.get("url") in urls else ():
            if key in entry:
                kind = key.removeprefix("value")
                return (kind if kind == "Quantity" else kind[0].lower() + kind[1:]), entry[key]
    return None


def constraints(item: Resource, terms: Terms) -> Iterator[Constraint]:
    """Every demand on the value of one answer."""
    least, most = bound(item, MIN_VALUES), bound(item, MAX_VALUES)
    if least is not None:
        yield Minimum(*least)
    if most is not None:
        yield Maximum(*most)
    if "maxLength" in item:
        yield LongestText(item["maxLength"])
    if (length := first(item, MIN_LENGTH)) is not None:
        yield ShortestText(length)
    if (places := first(item, MAX_DECIMAL_PLACES)) is not None:
        yield DecimalPlaces(places)
    if (regex := first(item, REGEX)) is not None:
        yield Pattern(regex)
    yield from of_kind(item, terms)


def of_kind(item: Resource, terms: Terms) -> Iterator[Constraint]:
    """Demands on quantities, references and attachments."""
    if item["type"] == "quantity" and not is_open(item) and (units := read_units(item, terms)) is not None:
        yield units
    if item["type"] == "reference" and (types := target_types(item)):
        yield Targets(frozenset(types))
    if item["type"] == "attachment" and (media := valued(item, MIME_TYPE)):
        yield MediaTypes(frozenset(str(kind).lower() for kind in media))
    if item["type"] == "attachment" and (size := first(item, MAX_SIZE)) is not None:
        yield LargestAttachment(Decimal(size))


def read_units(item: Resource, terms: Terms) -> Units | None:
    """The units offered; one unit alone is the only one."""
    offered = valued(item, UNIT_OPTION) or valued(item, UNIT)
    canonical = first(item, UNIT_VALUE_SET)
    if not offered and canonical is None:
        return None
    codings = frozenset(Coding(unit.get("system"), unit.get("code")) for unit in offered)
    return Units(codings, None if canonical is None else Binding(canonical, terms))


def is_open(item: Resource) -> bool:
    """Whether other units than those offered may be given: https://hl7.org/fhir/uv/sdc/ (unitOpen)."""
    entries = (entry for entry in item.get("extension", ()) if entry.get("url") == UNIT_OPEN)
    return any(entry.get("valueCode") != "optionsOnly" for entry in entries)


def target_types(item: Resource) -> set[str]:
    """The types that a reference may be to: named, or profiled by the base definition of a type."""
    profiles = (str(canonical).partition("|")[0] for canonical in valued(item, REFERENCE_PROFILE))
    named = (profile.removeprefix(f"{CORE}/") for profile in profiles)
    return {*valued(item, REFERENCE_RESOURCE), *(name for name in named if name.isalpha())}


def unchecked(item: Resource) -> Iterator[str]:
    """What the item demands that we do not judge, in words."""
    text = "This question has {}, which could not be taken into account."
    for entry in item.get("extension", ()):
        url = entry.get("url")
        if url in UNCHECKED:
            yield text.format(UNCHECKED[url])
        elif url in TYPES and not any(key in entry for key in TYPES[url]):
            yield text.format("a limit that is computed or of another type")
        elif url == REFERENCE_PROFILE and not base_type(entry):
            yield text.format("a profile for what it refers to")


def base_type(entry: Resource) -> bool:
    """Whether a profile is the definition of a resource type itself."""
    name = str(entry.get("valueCanonical", "")).partition("|")[0].removeprefix(f"{CORE}/")
    return name.isalpha()
