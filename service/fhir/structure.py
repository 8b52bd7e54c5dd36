"""The shape of R4 resources: our own strict pass over elements, JSON types, codes and patterns, then fhir.resources.

The library coerces ("3" becomes 3), accepts codes outside required bindings and breaks on unknown contained
types, so our pass comes first; which elements there are it takes from the library's models.
https://hl7.org/fhir/R4/datatypes.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from service.fhir.reading import Resource
from service.screening.faults import Fault, Malformed

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
WHOLE_NUMBERS = {"Integer", "PositiveInt", "UnsignedInt"}
R4_ONLY = {"Extension": {"valueMeta": "Meta"}}
NOT_R4 = {"Extension": {"valueCodeableReference", "valueRatioRange"}}
# The library's list of a long required value set breaks off with "+": these are whole, others go unchecked.
ITEM_TYPES = """group display question boolean decimal integer date dateTime time string text url choice open-choice
attachment reference quantity"""
WHOLE_VALUE_SETS = {("QuestionnaireItem", "type"): frozenset(ITEM_TYPES.split())}


# Where an element stands: the place it stands in, and its name or index there.
Place = tuple[Any, str | int]


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a type: the name of its own type, and how it may stand."""

    type: str
    primitive: bool
    many: bool
    required: bool
    codes: frozenset[str]
    choice: str | None


def check_structure(resource: Resource, expected: str) -> None:
    """Refuses what is not an R4 resource of the expected type. Raises Malformed with every fault."""
    if resource.get("resourceType") != expected:
        text = f"The resource is not a {expected}. Send resourceType {expected}."
        raise Malformed([Fault("structure", "resourceType", text)])
    found = Found()
    check_resource(resource, (None, expected), found)
    faults = found.faults or list(gate_faults(resource, expected))
    if faults:
        raise Malformed(faults)


class Found:
    """The faults found so far. Places are chains from the element up to the root, put into words only for a fault."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def add(self, code: str, place: Place, text: str) -> None:
        steps: list[str] = []
        at: Place | None = place
        while at is not None:
            at, step = at
            steps.append(f"[{step}]" if isinstance(step, int) else f".{step}")
        self.faults.append(Fault(code, "".join(reversed(steps)).lstrip("."), text))


def check_resource(resource: Resource, place: Place, found: Found) -> None:
    """The faults of a resource, contained ones included."""
    name = resource.get("resourceType")
    if not isinstance(name, str) or elements_of(name) is None:
        found.add("structure", (place, "resourceType"), "This is not the name of an R4 resource type.")
        return
    check_elements({k: v for k, v in resource.items() if k != "resourceType"}, name, place, found)


@cache
def elements_of(name: str) -> Mapping[str, Element] | None:
    """The elements of a type by their JSON name; None when R4 has no such type."""
    if not re.fullmatch(r"[A-Z][A-Za-z]{1,60}", name):
        return None
    try:
        model = get_fhir_model_class(name)
    except (KeyError, ValueError, AttributeError, ImportError):
        return None
    left_out = NOT_R4.get(name, set())
    found = {
        str(field.alias): element_of(name, field)
        for field in model.model_fields.values()
        if field.alias
        and not field.alias.startswith(("_", "fhir_comments", "resource_type", "resourceType"))
        and field.alias not in left_out
    }
    for alias, type_name in R4_ONLY.get(name, {}).items():
        found[alias] = Element(type_name, False, False, False, frozenset(), "value")
    return found


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


def check_elements(value: Resource, name: str, place: Place, found: Found) -> None:
    """The faults of one object of a type."""
    elements = elements_of(name) or {}
    choices: list[str] = []
    for key, inner in value.items():
        element = elements.get(key)
        if element is not None:
            if element.choice is not None:
                choices.append(element.choice)
            check_value(inner, element, (place, element.choice or key), found)
        else:
            check_sibling(key, inner, name, place, found)
    check_presence(value, name, place, choices, found)


def check_sibling(key: str, value: Any, name: str, place: Place, found: Found) -> None:
    """The id and extensions of a primitive, which stand in a property with an underscore; nothing else is known."""
    element = (elements_of(name) or {}).get(key[1:]) if key.startswith("_") else None
    if element is None or not element.primitive:
        found.add("structure", place, f"An element stands here that {name} does not have. Leave it out.")
        return
    here = (place, element.choice or key[1:])
    if isinstance(value, list) != element.many:
        found.add("structure", here, "The property with an underscore has the same form as the one without.")
        return
    for inner in value if element.many else [value]:
        if isinstance(inner, dict):
            check_elements(inner, "Element", here, found)
        elif inner is not None:
            found.add("structure", here, "The property with an underscore holds an object.")


def check_presence(value: Resource, name: str, place: Place, choices: list[str], found: Found) -> None:
    """What must be there and is not, and what may be there only once."""
    for key in required_elements(name):
        if key not in value and f"_{key}" not in value:
            found.add("required", (place, key), "This element is required.")
    if len(choices) > 1:
        for choice in sorted({choice for choice in choices if choices.count(choice) > 1}):
            found.add("structure", (place, choice), "This element may have one type only. Send one of them.")
    if name == "Extension" and bool(choices) == ("extension" in value):
        found.add("invariant", place, "An extension has either a value or extensions inside it.")


@cache
def required_elements(name: str) -> tuple[str, ...]:
    """The elements that must be there."""
    return tuple(key for key, element in (elements_of(name) or {}).items() if element.required)


def check_value(value: Any, element: Element, place: Place, found: Found) -> None:
    """The faults of the value of one element."""
    if isinstance(value, list) != element.many:
        wanted = "an array" if element.many else "one value, not an array"
        found.add("structure", place, f"This element is {wanted}.")
    elif element.many:
        for index, inner in enumerate(value):
            check_one(inner, element, (place, index), found)
    else:
        check_one(value, element, place, found)


def check_one(value: Any, element: Element, place: Place, found: Found) -> None:
    """The faults of one value of an element."""
    if element.primitive:
        check_primitive(value, element, place, found)
    elif not isinstance(value, dict):
        found.add("structure", place, "This element is an object.")
    elif element.type == "Resource":
        check_resource(value, place, found)
    else:
        check_elements(value, element.type, place, found)


def check_primitive(value: Any, element: Element, place: Place, found: Found) -> None:
    """JSON type, pattern and required code of a primitive."""
    if value is None and element.many:
        return
    matches = MATCHES.get(element.type)
    if not has_json_type(value, element.type):
        text = f"This element is a FHIR {fhir_name(element.type)}; its JSON type is another."
        found.add("value", place, text)
    elif matches is not None and not matches(value):
        found.add("value", place, f"This is not a FHIR {fhir_name(element.type)}.")
    elif element.codes and value not in element.codes:
        found.add("code-invalid", place, f"This code is not one of {', '.join(sorted(element.codes))}.")


def has_json_type(value: Any, name: str) -> bool:
    """Whether a JSON value is of the kind that the primitive type is written in."""
    if name == "Boolean":
        return isinstance(value, bool)
    if name in WHOLE_NUMBERS:
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "Decimal":
        return isinstance(value, int | Decimal) and not isinstance(value, bool)
    return isinstance(value, str)


def fhir_name(name: str) -> str:
    """A primitive type as FHIR writes it."""
    return name[0].lower() + name[1:]


def gate_faults(resource: Resource, expected: str) -> Iterator[Fault]:
    """What fhir.resources still finds, in our words: its own name Python modules and repeat values."""
    try:
        get_fhir_model_class(expected).model_validate(passable(resource))
    except ValidationError as problem:
        for error in problem.errors(include_url=False, include_context=False, include_input=False):
            path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"])
            yield Fault("structure", expected + path, "This element is not valid in FHIR R4.")


TREE = (dict, list)


def passable(value: Any) -> Any:
    """A copy without what the library wrongly refuses: primitive siblings and Meta as values of extensions."""
    if isinstance(value, list):
        return [passable(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if "url" in value:
        value = {key: inner for key, inner in value.items() if not key.startswith("_value") and key != "valueMeta"}
    return {key: passable(inner) if isinstance(inner, TREE) else inner for key, inner in value.items()}
