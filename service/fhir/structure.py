"""The shape of R4 resources: our own strict pass over elements, JSON types, codes and patterns, then fhir.resources.

The library coerces ("3" becomes 3), accepts codes outside required bindings and breaks on unknown contained
types, so our pass comes first; which elements there are it takes from the library's models.
https://hl7.org/fhir/R4/datatypes.html
"""

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from service.fhir.contained import contained_faults
from service.fhir.elements import (
    MATCHES,
    WHOLE_NUMBERS,
    Element,
    elements_of,
    fhir_name,
    is_resource_type,
    required_elements,
)
from service.fhir.reading import MAX_FAULTS, Resource
from service.screening.faults import Fault, Malformed

# Where an element stands: the place it stands in, and its name or index there.
Place = tuple[Any, str | int]


def check_structure(resource: Resource, expected: str) -> None:
    """Refuses what is not an R4 resource of the expected type. Raises Malformed with every fault."""
    if resource.get("resourceType") != expected:
        text = f"The resource is not a {expected}. Send resourceType {expected}."
        raise Malformed([Fault("structure", "resourceType", text)])
    found = Found()
    check_resource(resource, (None, expected), found)
    if not found.faults and (found.local or "contained" in resource):
        local = [(words_of(place), id) for place, id in found.local]
        found.faults += contained_faults(resource, expected, local)
    faults = found.faults or list(gate_faults(resource, expected))
    if faults:
        raise Malformed(faults)


class Found:
    """The faults found so far, and the references to contained resources.

    Places are chains from the element up to the root, put into words only for a fault.

    Raises Malformed once there are more than anyone is told of.
    """

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.local: list[tuple[Place, str]] = []

    def add(self, code: str, place: Place, text: str) -> None:
        self.faults.append(Fault(code, words_of(place), text))
        if len(self.faults) > MAX_FAULTS:
            raise Malformed(self.faults)


def words_of(place: Place) -> str:
    """The path of a place."""
    steps: list[str] = []
    at: Place | None = place
    while at is not None:
        at, step = at
        steps.append(f"[{step}]" if isinstance(step, int) else f".{step}")
    return "".join(reversed(steps)).lstrip(".")


def check_resource(resource: Resource, place: Place, found: Found) -> None:
    """The faults of a resource, contained ones included."""
    name = resource.get("resourceType")
    if not is_resource_type(name):
        found.add("structure", (place, "resourceType"), "This is not the name of an R4 resource type.")
        return
    check_elements({k: v for k, v in resource.items() if k != "resourceType"}, str(name), place, found)


def check_elements(value: Resource, name: str, place: Place, found: Found) -> None:
    """The faults of one object of a type."""
    elements = elements_of(name) or {}
    choices: list[tuple[str, str]] = []
    for key, inner in value.items():
        element = elements.get(key)
        if element is None:
            element = check_sibling(key, inner, value, name, place, found)
        else:
            check_value(inner, element, (place, element.choice or key), found)
        if element is not None:
            if element.choice is not None:
                choices.append((element.choice, key.removeprefix("_")))
            if element.many and element.primitive and not (key.startswith("_") and key[1:] in value):
                check_pairs(key, value, place, found)
    check_presence(value, name, place, choices, found)


def check_sibling(key: str, inner: Any, value: Resource, name: str, place: Place, found: Found) -> Element | None:
    """The id and extensions of a primitive, which stand in a property with an underscore; nothing else is known."""
    element = (elements_of(name) or {}).get(key[1:]) if key.startswith("_") else None
    if element is None or not element.primitive:
        found.add("structure", place, f"An element stands here that {name} does not have. Leave it out.")
        return None
    here = (place, element.choice or key[1:])
    if isinstance(inner, list) != element.many:
        found.add("structure", here, "The property with an underscore has the same form as the one without.")
        return None
    for each in inner if element.many else [inner]:
        if isinstance(each, dict):
            check_elements(each, "Element", here, found)
        elif each is not None:
            found.add("structure", here, "The property with an underscore holds an object.")
    if element.required and key[1:] not in value and name.startswith("Questionnaire"):
        # What the response or the question means hangs on it; an extension in its place says that nobody knows.
        found.add("required", here, "This element must have a value.")
    return element


def check_pairs(key: str, value: Resource, place: Place, found: Found) -> None:
    """Repeated primitives and their siblings keep step: each place in the arrays has a value, extensions or both."""
    bare = key.removeprefix("_")
    values, siblings = value.get(bare), value.get(f"_{bare}")
    given = [each for each in (values, siblings) if isinstance(each, list)]
    if len({len(each) for each in given}) > 1:
        found.add("structure", (place, bare), "The arrays with and without an underscore are of equal length.")
    elif any(all(each is None for each in pair) for pair in zip(*given, strict=True)):
        found.add("structure", (place, bare), "A null stands here where nothing else is given. Leave it out.")


def check_presence(value: Resource, name: str, place: Place, choices: list[tuple[str, str]], found: Found) -> None:
    """What must be there and is not, and what may be there only once."""
    for key in required_elements(name):
        if key not in value and f"_{key}" not in value:
            found.add("required", (place, key), "This element is required.")
    if len(choices) > 1:
        names = [choice for choice, _ in sorted(set(choices))]
        for choice in sorted({choice for choice in names if names.count(choice) > 1}):
            found.add("structure", (place, choice), "This element may have one type only. Send one of them.")
    if name == "Reference" and str(value.get("reference", "")).startswith("#"):
        found.local.append((place, value["reference"][1:]))
    if name == "Extension" and bool(choices) == ("extension" in value):
        found.add("invariant", place, "An extension has either a value or extensions inside it.")


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
    lowest, highest = WHOLE_NUMBERS.get(element.type, (None, None))
    if not has_json_type(value, element.type):
        text = f"This element is a FHIR {fhir_name(element.type)}; its JSON type is another."
        found.add("value", place, text)
    elif matches is not None and not matches(value):
        found.add("value", place, f"This is not a FHIR {fhir_name(element.type)}.")
    elif lowest is not None and not lowest <= value <= highest:
        found.add("value", place, f"A FHIR {fhir_name(element.type)} is a whole number from {lowest} to {highest}.")
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


def gate_faults(resource: Resource, expected: str) -> Iterator[Fault]:
    """What fhir.resources still finds, in our words: its own name Python modules and repeat values."""
    try:
        get_fhir_model_class(expected).model_validate(passable(resource))
    except ValidationError as problem:
        for error in problem.errors(include_url=False, include_context=False, include_input=False):
            place = choice_place(error["loc"], resource, expected)
            yield Fault("structure", words_of(place), "This element is not valid in FHIR R4.")


def choice_place(steps: tuple[int | str, ...], resource: Resource, expected: str) -> Place:
    """A place as the library names it, with ``value`` for ``valueDate`` as FHIRPath has it."""
    place: Place = (None, expected)
    at: Any = resource
    name = expected
    for step in steps:
        with suppress(LookupError, TypeError):
            at = at[step]
        element = (elements_of(name) or {}).get(str(step))
        name = element.type if element else name
        if name == "Resource" and isinstance(at, dict):
            name = str(at.get("resourceType"))
        place = (place, (element and element.choice) or step)
    return place


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
