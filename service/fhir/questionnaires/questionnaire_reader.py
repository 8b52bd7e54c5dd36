"""Reads a Questionnaire into an Instrument.

https://hl7.org/fhir/R4/questionnaire.html
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, cast

from service.fhir.questionnaires.constraints.constraint_expressions import read_expression_constraints
from service.fhir.questionnaires.constraints.constraint_extensions import (
    CORE,
    MAX_OCCURS,
    MIN_OCCURS,
    SDC,
    UNIT,
    describe_unchecked,
    first_value,
    read_constraints,
)
from service.fhir.r4.modifier_extensions import has_modifier
from service.fhir.r4.types import Resource
from service.fhir.terminology.value_set_membership import TerminologyResources, ValueSetBinding
from service.screening.instruments.instrument import EnableWhen, Expression, Instrument, Item, Option
from service.screening.instruments.typed_value import Coding, TypedValue, ValueType, plain_name

ITEM_WEIGHT = f"{CORE}/itemWeight"
ORDINAL_VALUE = f"{CORE}/ordinalValue"
# The extensions that state a weight, in R4, in the editions of FHIR before it and after it, and in SDC.
OTHER_WEIGHTS = ("iso21090-CO-value", "questionnaire-ordinalValue", "valueset-ordinalValue", "codesystem-ordinalValue")
WEIGHTS = (
    ITEM_WEIGHT,
    ORDINAL_VALUE,
    *(f"{CORE}/{name}" for name in OTHER_WEIGHTS),
    f"{SDC}/sdc-questionnaire-itemWeight",
)
OPTION_EXCLUSIVE = f"{CORE}/questionnaire-optionExclusive"
ENABLE_WHEN_EXPRESSION = f"{SDC}/sdc-questionnaire-enableWhenExpression"
VARIABLE = f"{CORE}/variable"
TRANSLATION = f"{CORE}/translation"
OBSERVATION_EXTRACT = f"{SDC}/sdc-questionnaire-observationExtract"
EXTRACT_CATEGORY = f"{SDC}/sdc-questionnaire-observation-extract-category"


@dataclass(frozen=True)
class ReaderContext:
    """Parts of the questionnaire that its items need: ValueSets, CodeSystems, and FHIRPath variables by name."""

    terms: TerminologyResources
    variables: tuple[tuple[str, str], ...] = ()
    questionnaire: Resource = field(default_factory=dict)


def read_instrument(questionnaire: Resource, terms: TerminologyResources | None = None) -> Instrument:
    """Returns the Instrument of a Questionnaire whose structure is valid. Value sets are resolved only when used."""
    categories = read_categories(questionnaire)
    period = questionnaire.get("effectivePeriod", {})
    context = ReaderContext(
        TerminologyResources(questionnaire.get("contained", ()), terms),
        tuple(read_variables(questionnaire)),
        questionnaire,
    )
    return Instrument(
        name=str(questionnaire.get("url") or questionnaire.get("id") or "").rsplit("/", 1)[-1],
        url=questionnaire.get("url", ""),
        version=questionnaire.get("version", ""),
        title=questionnaire.get("title", ""),
        status=questionnaire.get("status", ""),
        items=read_items(
            questionnaire, first_extension_value(questionnaire, OBSERVATION_EXTRACT) is True, categories, context
        ),
        code=tuple(read_coding(code) for code in questionnaire.get("code", ())),
        categories=categories,
        effective=(period.get("start"), period.get("end")),
        subject_types=tuple(questionnaire.get("subjectType", ())),
        expression_constraints=tuple(
            read_expression_constraints(questionnaire, context.variables, (("questionnaire", questionnaire),))
        ),
        unchecked=tuple(describe_unchecked_in_form(questionnaire)),
    )


def describe_unchecked_in_form(questionnaire: Resource) -> Iterator[str]:
    """Yields a text for each part of the whole questionnaire that could change a result and is not checked."""
    if has_modifier(questionnaire):
        yield "`modifierExtension` or `implicitRules` of the questionnaire can change its meaning and is not supported."
    yield from describe_unchecked({**questionnaire, "type": "group"})


def read_variables(questionnaire: Resource) -> Iterator[tuple[str, str]]:
    """Yields the name and expression of each FHIRPath variable. Variables in other languages are ignored, so that
    expressions that use them are unknown."""
    for value in all_extension_values(questionnaire, VARIABLE):
        if (
            isinstance(value, dict)
            and value.get("language") == "text/fhirpath"
            and {"name", "expression"} <= value.keys()
        ):
            yield value["name"], value["expression"]


def read_items(
    parent: Resource, extract: bool, categories: tuple[Coding, ...], context: ReaderContext
) -> tuple[Item, ...]:
    """Returns the items nested in a questionnaire or an item."""
    return tuple(read_item(item, extract, categories, context) for item in parent.get("item", ()))


def read_item(
    item: Resource, inherited_extract: bool, inherited_categories: tuple[Coding, ...], context: ReaderContext
) -> Item:
    """Returns an item. Whether its answers become Observations, and with which categories, is inherited by default."""
    own = first_extension_value(item, OBSERVATION_EXTRACT)
    extract = inherited_extract if own is None else own is True
    categories = read_categories(item) or inherited_categories
    unit = first_value(item, UNIT)
    if VARIABLE in (entry.get("url") for entry in item.get("extension", ())):
        context = replace(context, variables=(*context.variables, *read_variables(item)))
    value_set = item.get("answerValueSet")
    return Item(
        link_id=item["linkId"],
        type=item["type"],
        text=item.get("text", ""),
        code=tuple(read_coding(code) for code in item.get("code", ())),
        required=item.get("required", False),
        repeats=item.get("repeats", False),
        read_only=item.get("readOnly", False),
        options=tuple(each for option in item.get("answerOption", ()) for each in read_option(option)),
        enable_when=tuple(read_enable_when(condition) for condition in item.get("enableWhen", ())),
        enable_all=item.get("enableBehavior") == "all",
        extract=extract,
        categories=categories,
        unit=None if unit is None else read_coding(unit),
        items=read_items(item, extract, categories, context),
        texts=frozenset(read_translations(item.get("_text", {}))),
        min_occurs=first_value(item, MIN_OCCURS),
        max_occurs=first_value(item, MAX_OCCURS),
        constraints=tuple(read_constraints(item, context.terms)),
        value_set=None if value_set is None else ValueSetBinding(value_set, context.terms),
        enable_expression=read_expression(item, context),
        expression_constraints=tuple(
            read_expression_constraints(
                item, context.variables, (("questionnaire", context.questionnaire), ("qitem", item))
            )
        ),
        unchecked=tuple(describe_unchecked(item)),
    )


def read_translations(sibling: Resource) -> Iterator[str]:
    """Yields the translations of a text: http://hl7.org/fhir/StructureDefinition/translation"""
    for entry in sibling.get("extension", ()):
        if entry.get("url") == TRANSLATION:
            yield from (part["valueString"] for part in entry.get("extension", ()) if "valueString" in part)


def read_expression(item: Resource, context: ReaderContext) -> Expression | None:
    """Returns the enableWhenExpression of an item, or None. It may be in a language that cannot be evaluated."""
    entries = [entry for entry in item.get("extension", ()) if entry.get("url") == ENABLE_WHEN_EXPRESSION]
    if not entries:
        return None
    value = entries[0].get("valueExpression", {})
    return Expression(value.get("language", ""), value.get("expression", ""), context.variables)


def read_categories(element: Resource) -> tuple[Coding, ...]:
    """Returns the codings of the Observation categories of a questionnaire or an item."""
    concepts = (concept for concept in all_extension_values(element, EXTRACT_CATEGORY) if isinstance(concept, dict))
    return tuple(read_coding(code) for concept in concepts for code in concept.get("coding", ()))


def read_option(option: Resource) -> Iterator[Option]:
    """Yields the option, or nothing if it has no value."""
    try:
        kind, value = read_choice_element(option, "value")
    except KeyError:
        return
    exclusive = first_extension_value(option, OPTION_EXCLUSIVE) is True
    yield Option(kind, value, next(read_weights(option), None), exclusive, frozenset(read_names(option, value)))


def read_names(option: Resource, value: Any) -> Iterator[str]:
    """Yields the display of a coded option and its translations, as displays are compared."""
    if isinstance(value, Coding):
        if value.display:
            yield plain_name(value.display)
        yield from map(plain_name, read_translations(option["valueCoding"].get("_display", {})))


def read_weights(element: Resource) -> Iterator[Decimal]:
    """Yields the weights that an option or an answer states, also in its Coding."""
    for part in (element, element.get("valueCoding", {})):
        if "extension" in part:
            for url in WEIGHTS:
                for weight in all_extension_values(part, url):
                    if isinstance(weight, int | Decimal) and not isinstance(weight, bool):
                        yield Decimal(weight)


def read_enable_when(condition: Resource) -> EnableWhen:
    """Returns a condition. Without an answer it is always unknown."""
    try:
        answer = TypedValue(*read_choice_element(condition, "answer"))
    except KeyError:
        answer = None
    return EnableWhen(condition["question"], condition["operator"], answer)


def read_choice_element(element: Resource, name: str) -> tuple[ValueType, Any]:
    """Returns the type and value of a choice element: ``valueDate`` gives ("date", "2026-11-21").

    Raises KeyError if the element is absent.
    """
    for key, value in element.items():
        if key.startswith(name) and key != name:
            kind = key[len(name) :]
            return read_typed_value(kind, value)
    raise KeyError(name)


def read_typed_value(kind: str, value: Any) -> tuple[ValueType, Any]:
    """Returns a value with its type as FHIR names it: ``dateTime``, ``Quantity``."""
    if kind == "Coding":
        return "Coding", read_coding(value)
    return cast(ValueType, kind if isinstance(value, dict) else kind[0].lower() + kind[1:]), value


def read_coding(value: Resource) -> Coding:
    """Returns a Coding as a value."""
    return Coding(value.get("system"), value.get("code"), value.get("display"))


def first_extension_value(element: Resource, url: str) -> Any:
    """Returns the value of the first extension with a url, or None."""
    return next(iter(all_extension_values(element, url)), None)


def all_extension_values(element: Resource, url: str) -> list[Any]:
    """Returns the values of all extensions with a url."""
    entries = (entry for entry in element.get("extension", ()) if entry.get("url") == url)
    return [value for entry in entries for key, value in entry.items() if key.startswith("value")]
