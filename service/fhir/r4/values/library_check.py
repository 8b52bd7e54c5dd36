"""The issues that fhir.resources finds in a resource: a second opinion beside service/fhir/r4/structure.py.

The library models R4B, so that parts that only R4 has are taken out first.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from service.fhir.r4.element_definitions import elements_of
from service.fhir.r4.types import Resource
from service.fhir.r4.values.element_path import ElementPath, format_path, name_element
from service.issues import Issue


def library_issues(resource: Resource, expected: str) -> Iterator[Issue]:
    """Yields the issues that fhir.resources finds, in our words: its own name Python modules and repeat values."""
    try:
        get_fhir_model_class(expected).model_validate(adapt_to_library(resource))
    except ValidationError as problem:
        for error in problem.errors(include_url=False, include_context=False, include_input=False):
            path = locate_library_error(error["loc"], resource, expected)
            text = f"{name_element(path)} is missing or not valid in FHIR R4. Add or correct it."
            yield Issue("structure", format_path(path), text)


def locate_library_error(steps: tuple[int | str, ...], resource: Resource, expected: str) -> ElementPath:
    """Returns the path of an error of the library, with ``value`` for ``valueDate`` as in FHIRPath."""
    path: ElementPath = (None, expected)
    value: Any = resource
    type_name = expected
    for step in steps:
        with suppress(LookupError, TypeError):
            value = value[step]
        element = (elements_of(type_name) or {}).get(str(step))
        type_name = element.type if element else type_name
        if type_name == "Resource" and isinstance(value, dict):
            type_name = str(value.get("resourceType"))
        path = (path, (element and element.choice) or step)
    return path


CONTAINERS = (dict, list)


def adapt_to_library(value: Any) -> Any:
    """Returns a copy without the parts that R4 allows in an extension and the library refuses: ``_value[x]`` and
    ``valueMeta``."""
    if isinstance(value, list):
        return [adapt_to_library(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if "url" in value:
        value = {key: inner for key, inner in value.items() if not key.startswith("_value") and key != "valueMeta"}
    return {key: adapt_to_library(inner) if isinstance(inner, CONTAINERS) else inner for key, inner in value.items()}
