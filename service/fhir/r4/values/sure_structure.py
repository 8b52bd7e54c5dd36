"""Recognises resources in whose structure nothing can be wrong, in a third of the time of the check that names issues.

service/fhir/r4/structure.py looks at all others element by element. Both must agree: what is sure here has no issue
there (tests/fhir/r4/test_sure_structure.py). It serves "from bytes to the bytes of the Bundle" of `make bench`.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from service.fhir.r4.datetimes import is_impossible
from service.fhir.r4.element_definitions import (
    INTEGER_RANGES,
    MATCHES,
    ElementDefinition,
    elements_of,
    is_resource_type,
    required_elements,
)
from service.fhir.r4.types import Resource
from service.fhir.r4.values.invariants import INVARIANTS, broken_invariants
from service.fhir.r4.values.narrative import RENDERING_XHTML
from service.fhir.r4.values.references import is_core_canonical_of_another_type, reference_faults

# The other check charges each object before it looks at it: of so many, this one may look at each in vain.
MOST_OBJECTS = 2_000
# The other check looks into these. An object of them may contain others of any type, or needs a parser.
NEVER_SURE = ("Resource", "ResourceType", "Xhtml", "Base64Binary")
DATES = ("Date", "DateTime", "Instant")
NUMBERS = (int, Decimal)
# The types of which some elements must fit together.
WITH_RULES = {"Extension", "Reference", *INVARIANTS}

# A test of a primitive value: what it returns counts as true or false.
IsSure = Callable[[Any], object]


class SureElement(NamedTuple):
    """What the check needs of an element. ``is_sure`` tells it of a primitive value; None for an object."""

    many: bool
    is_choice: bool
    is_sure: IsSure | None
    type: str
    targets: frozenset[str]


class SureType(NamedTuple):
    """The elements of a type by their names in JSON, and the names of which one is required, for each such element.

    ``has_rules``: some of its elements must fit together.
    """

    elements: dict[str, SureElement]
    required: tuple[tuple[str, ...], ...]
    has_rules: bool


def count_sure_objects(resource: Resource, type_name: str) -> int:
    """The number of objects of a resource of this type in which nothing can be wrong; 0 if the other check decides."""
    if not is_resource_type(type_name):
        return 0
    check = SureCheck()
    elements = {k: v for k, v in resource.items() if k != "resourceType"}
    is_sure = check.is_sure(elements, SureElement(False, False, None, type_name, frozenset()))
    return check.objects if is_sure else 0


class SureCheck:
    """One check: it gives up where it is in doubt. ``objects`` counts those that it has looked at."""

    def __init__(self) -> None:
        self.objects = 0

    def is_sure(self, value: Any, holder: SureElement) -> bool:
        """Whether nothing can be wrong in one value of an element whose values are objects."""
        self.objects += 1
        if type(value) is not dict or self.objects > MOST_OBJECTS:
            return False
        elements, required, has_rules = sure_type(holder.type)
        choices = 0
        for name, inner in value.items():
            element = elements.get(name)
            if element is None:
                return False
            many, is_choice, is_sure, _, _ = element
            if many is not (type(inner) is list):
                return False
            for each in inner if many else (inner,):
                if not (self.is_sure(each, element) if is_sure is None else is_sure(each)):
                    return False
            choices += is_choice
        if choices > 1 or (required and lacks(value, required)) or (len(value) == 1 and "id" in value):
            return False
        return not has_rules or fits_together(value, holder, choices)


def lacks(value: Resource, required: Iterable[tuple[str, ...]]) -> bool:
    """Whether an object lacks a required element, under each of its names."""
    return any(map(value.keys().isdisjoint, required))


def fits_together(value: Resource, holder: SureElement, choices: int) -> bool:
    """Whether the elements of an object fit together. An Extension with text to parse is never sure."""
    type_name = holder.type
    if type_name == "Reference" and not is_sure_reference(value, holder.targets):
        return False
    if type_name == "Extension" and (bool(choices) == ("extension" in value) or value.get("url") == RENDERING_XHTML):
        return False
    return next(broken_invariants(value, type_name), None) is None


def is_sure_reference(value: Resource, targets: frozenset[str]) -> bool:
    """Whether nothing can be wrong in a Reference. One to a contained resource is never sure."""
    literal = value.get("reference", "")
    if not isinstance(literal, str) or literal.startswith("#"):
        return False
    return next(reference_faults(value, targets, is_resource_type), None) is None


@cache
def sure_type(name: str) -> SureType:
    """What the check needs of a type. Of one that does not exist nothing is known, so that nothing of it is sure."""
    elements = {key: sure_element(element) for key, element in (elements_of(name) or {}).items()}
    return SureType(elements, tuple(required_elements(name).values()), name in WITH_RULES)


def sure_element(element: ElementDefinition) -> SureElement:
    """What the check needs of an element."""
    is_object = not element.primitive and element.type not in NEVER_SURE
    is_sure = None if is_object else sure_primitive(element)
    return SureElement(element.many, element.choice is not None, is_sure, element.type, element.targets)


def sure_primitive(element: ElementDefinition) -> IsSure:
    """The test whether nothing can be wrong in a value of a primitive element."""
    name = element.type
    if name in NEVER_SURE:
        return lambda value: False
    if name == "Boolean":
        return lambda value: type(value) is bool
    if name == "Decimal":
        return lambda value: type(value) in NUMBERS
    if name in INTEGER_RANGES:
        lowest, highest = INTEGER_RANGES[name]
        return lambda value: type(value) is int and lowest <= value <= highest
    return sure_text(element)


def sure_text(element: ElementDefinition) -> IsSure:
    """The test whether nothing can be wrong in a value of an element that is a string."""
    matches = MATCHES.get(element.type, bool)
    if element.codes:
        codes = frozenset(code for code in element.codes if matches(code))
        return lambda value: type(value) is str and value in codes
    if element.type in DATES:
        return lambda value: type(value) is str and matches(value) and not is_impossible(value)
    if element.targets:
        return lambda value: type(value) is str and matches(value) and not of_another_type(value, element.targets)
    return lambda value: type(value) is str and matches(value)


def of_another_type(canonical: str, targets: frozenset[str]) -> bool:
    """Whether a canonical of R4 itself is of a type that its element does not name."""
    return is_core_canonical_of_another_type(canonical, targets, is_resource_type)
