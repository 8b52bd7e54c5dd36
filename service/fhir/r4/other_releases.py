"""Recognises a resource that has the shape of another release of FHIR, STU3 or R5, so that an issue can say so.

https://hl7.org/fhir/R5/questionnaire.html#history and https://hl7.org/fhir/STU3/questionnaireresponse.html
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from service.fhir.r4.types import Resource
from service.issues import Issue


class Sign(NamedTuple):
    """An element that only another release has, or has in this form. ``in_items``: it is an element of an item."""

    release: str
    element: str
    in_items: bool = False
    has_form: Callable[[Any], bool] = lambda value: True


def is_new_item_type(value: Any) -> bool:
    """True for an item type that R5 has introduced."""
    return value in ("coding", "Coding")


# What R4 cannot have, by resource type. An element that R4 has too is a sign only in the form given.
SIGNS: Mapping[str, tuple[Sign, ...]] = {
    "QuestionnaireResponse": (
        Sign("STU3", "questionnaire", has_form=lambda value: isinstance(value, dict)),
        Sign("STU3", "context"),
        Sign("STU3", "parent"),
        Sign("STU3", "subject", in_items=True),
        Sign("R5", "identifier", has_form=lambda value: isinstance(value, list)),
    ),
    "Questionnaire": (
        Sign("STU3", "option", in_items=True),
        Sign("STU3", "options", in_items=True),
        Sign("R5", "versionAlgorithmString"),
        Sign("R5", "versionAlgorithmCoding"),
        Sign("R5", "copyrightLabel"),
        Sign("R5", "answerConstraint", in_items=True),
        Sign("R5", "disabledDisplay", in_items=True),
        Sign("R5", "type", in_items=True, has_form=is_new_item_type),
    ),
}
# Deeper items cannot make a form more of another release.
MOST_ITEMS = 1000


def release_issues(resource: Resource, type_name: str) -> list[Issue]:
    """The issue that a resource has the shape of another release, with the elements that show it; empty if it has not.

    The names of the elements are those of the table above, never of the resource.
    """
    items = items_at_any_depth(resource)
    shown: dict[str, list[str]] = {}
    for sign in SIGNS.get(type_name, ()):
        elements = items if sign.in_items else [resource]
        if any(sign.element in element and sign.has_form(element[sign.element]) for element in elements):
            shown.setdefault(sign.release, []).append(f"`{'item.' if sign.in_items else ''}{sign.element}`")
    return [
        Issue(
            "not-supported",
            type_name,
            f"This has the shape of FHIR {release} ({', '.join(elements)}). This service takes FHIR R4 (4.0.1): "
            "send the resource in its R4 form.",
        )
        for release, elements in shown.items()
    ]


def items_at_any_depth(resource: Resource) -> list[Resource]:
    """The items of a resource at any depth; those below an answer too."""
    found: list[Resource] = []
    waiting = [resource]
    while waiting and len(found) < MOST_ITEMS:
        element = waiting.pop()
        nested = [*children_of(element, "item"), *children_of(element, "answer")]
        found += [child for child in nested if "linkId" in child]
        waiting += nested
    return found


def children_of(element: Resource, name: str) -> Iterator[Resource]:
    """Yields the objects in an array of an element."""
    children = element.get(name)
    yield from (child for child in (children if isinstance(children, list) else ()) if isinstance(child, dict))
