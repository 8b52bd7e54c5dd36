"""Random resources of every R4 type, from the element definitions: with all required elements and a few others."""

from collections.abc import Mapping
from functools import cache
from random import Random
from typing import Any

from fhir.resources.R4B import fhirtypes

from service.fhir.r4.element_definitions import ElementDefinition, elements_of, is_resource_type, required_elements

DEEPEST = 4
MOST_OPTIONAL = 3
VALUES: Mapping[str, Any] = {
    "Boolean": True,
    "Integer": 3,
    "Integer64": 3,
    "PositiveInt": 1,
    "UnsignedInt": 0,
    "Decimal": 2,
    "Id": "a",
    "Code": "en",
    "Uri": "urn:oid:1.2.3",
    "Url": "http://a.example",
    "Canonical": "http://a.example/x|1",
    "Oid": "urn:oid:1.2.3",
    "Uuid": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
    "Date": "2026-11-21",
    "DateTime": "2026-11-21T09:00:00Z",
    "Instant": "2026-11-21T09:00:00Z",
    "Time": "09:00:00",
    "Base64Binary": "WnljdXJi",
    "Xhtml": '<div xmlns="http://www.w3.org/1999/xhtml">a</div>',
    "ResourceType": "Patient",
}


@cache
def resource_types() -> tuple[str, ...]:
    """The names of all resource types of R4 that the library models."""
    names = {name.removesuffix("Type") for name in dir(fhirtypes) if name.endswith("Type")}
    return tuple(sorted(name for name in names if is_resource_type(name)))


def random_resource(random: Random, type_name: str, depth: int = 0) -> dict[str, Any]:
    """A resource of a type."""
    return {"resourceType": type_name, **random_elements(random, type_name, depth)}


def random_elements(random: Random, type_name: str, depth: int) -> dict[str, Any]:
    """The elements of a type: one name of each required element, and some of the others, fewer the deeper."""
    elements = elements_of(type_name) or {}
    names = [random.choice([n for n in each if n in elements]) for each in required_elements(type_name).values()]
    taken = {elements[name].choice or name for name in names}
    others = [name for name in elements if elements[name].type != "Resource" or depth == 0]
    for name in random.sample(others, min(len(others), random.randint(0, MOST_OPTIONAL if depth < DEEPEST else 0))):
        if (elements[name].choice or name) not in taken:
            taken.add(elements[name].choice or name)
            names.append(name)
    return {name: random_value(random, elements[name], depth) for name in names}


def random_value(random: Random, element: ElementDefinition, depth: int) -> Any:
    """The value of an element, in an array if it repeats."""
    count = random.randint(1, 2) if element.many else 1
    values = [random_single_value(random, element, depth) for _ in range(count)]
    return values if element.many else values[0]


def random_single_value(random: Random, element: ElementDefinition, depth: int) -> Any:
    """One value of the type of an element."""
    if element.primitive:
        return random.choice(sorted(element.codes)) if element.codes else VALUES.get(element.type, "a")
    if element.type == "Reference":
        return {"reference": f"{random.choice(sorted(element.targets) or ['Patient'])}/1"}
    if element.type == "Extension":
        return {"url": "http://a.example/x", "valueString": "a"}
    if element.type == "Resource":
        return random_resource(random, random.choice(resource_types()), depth + 1)
    return random_elements(random, element.type, depth + 1) or {"extension": [{"url": "urn:x", "valueCode": "a"}]}
