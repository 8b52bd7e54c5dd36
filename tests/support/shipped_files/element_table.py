"""Writes service/fhir/r4/element_table.json from the models of fhir.resources: `make elements`, after its upgrade."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from fhir.resources.R4B import fhirtypes, get_fhir_model_class
from fhir.resources.R4B.resource import Resource as ResourceModel
from pydantic.fields import FieldInfo

from service.fhir.r4.element_definitions import TABLE, ElementDefinition

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


def library_elements(name: str) -> dict[str, ElementDefinition]:
    """Returns the element definitions of a type of R4, by the library."""
    excluded = ELEMENTS_ONLY_IN_R4B.get(name, set())
    elements = {
        str(field.alias): read_element(name, field)
        for field in get_fhir_model_class(name).model_fields.values()
        if field.alias and not field.alias.startswith(("_", "fhir_comments")) and field.alias not in excluded
    }
    for alias, type_name in ELEMENTS_ONLY_IN_R4.get(name, {}).items():
        elements[alias] = ElementDefinition(type_name, False, False, False, frozenset(), "value")
    return elements


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


def type_names() -> Iterator[str]:
    """Yields the name of each type of R4 that the library has a model of."""
    for attribute in sorted(vars(fhirtypes)):
        name = attribute.removesuffix("Type")
        is_model = attribute != name and hasattr(getattr(fhirtypes, attribute), "get_model_klass")
        if is_model and re.fullmatch(r"[A-Z][A-Za-z]{1,60}", name) and name not in TYPES_ONLY_IN_R4B:
            yield name


def is_sendable(name: str) -> bool:
    """Returns whether a type is one of resource that can be sent (not an abstract type)."""
    return name not in ("Resource", "DomainResource") and issubclass(get_fhir_model_class(name), ResourceModel)


def row(element: ElementDefinition) -> dict[str, Any]:
    """Returns an element as it stands in the file: only what differs from the defaults."""
    stated = {name: sorted(value) if isinstance(value, frozenset) else value for name, value in asdict(element).items()}
    return {name: value for name, value in stated.items() if value}


def table_text() -> str:
    """Returns the file: one line for each type."""
    names = list(type_names())
    resources = json.dumps([name for name in names if is_sendable(name)])
    rows = {name: {alias: row(each) for alias, each in library_elements(name).items()} for name in names}
    lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(each, separators=(',', ':'))}" for name, each in rows.items())
    return f'{{"resources":{resources},\n"types":{{\n{lines}\n}}}}\n'


if __name__ == "__main__":
    TABLE.write_text(table_text())
