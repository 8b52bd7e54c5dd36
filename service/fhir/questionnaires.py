"""A FHIR Questionnaire read into an instrument.

https://hl7.org/fhir/R4/questionnaire.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from service.fhir.limits import CORE, MAX_OCCURS, MIN_OCCURS, SDC, UNIT, constraints, first, unchecked
from service.fhir.modifiers import has_modifier
from service.fhir.reading import Resource
from service.fhir.valuesets import Binding, Terms
from service.screening.instrument import Coding, EnableWhen, Expression, Instrument, Item, Option

ITEM_WEIGHT = f"{CORE}/itemWeight"
ORDINAL_VALUE = f"{CORE}/ordinalValue"
OPTION_EXCLUSIVE = f"{CORE}/questionnaire-optionExclusive"
ENABLE_WHEN_EXPRESSION = f"{SDC}/sdc-questionnaire-enableWhenExpression"
VARIABLE = f"{CORE}/variable"
TRANSLATION = f"{CORE}/translation"
OBSERVATION_EXTRACT = f"{SDC}/sdc-questionnaire-observationExtract"
EXTRACT_CATEGORY = f"{SDC}/sdc-questionnaire-observation-extract-category"


@dataclass(frozen=True)
class Reading:
    """What items need to know of the questionnaire they stand in."""

    terms: Terms
    variables: tuple[tuple[str, str], ...] = ()


def read_instrument(questionnaire: Resource, terms: Terms | None = None) -> Instrument:
    """Reads a Questionnaire whose structure has been checked; value sets are looked up among the terms when used."""
    categories = read_categories(questionnaire)
    period = questionnaire.get("effectivePeriod", {})
    reading = Reading(Terms(questionnaire.get("contained", ()), terms), tuple(read_variables(questionnaire)))
    return Instrument(
        name=str(questionnaire.get("url") or questionnaire.get("id") or "").rsplit("/", 1)[-1],
        url=questionnaire.get("url", ""),
        version=questionnaire.get("version", ""),
        title=questionnaire.get("title", ""),
        status=questionnaire.get("status", ""),
        items=read_items(questionnaire, extension(questionnaire, OBSERVATION_EXTRACT) is True, categories, reading),
        code=tuple(coding(code) for code in questionnaire.get("code", ())),
        categories=categories,
        effective=(period.get("start"), period.get("end")),
        subject_types=tuple(questionnaire.get("subjectType", ())),
        unchecked=tuple(unchecked_whole(questionnaire)),
    )


def unchecked_whole(questionnaire: Resource) -> Iterator[str]:
    """What can change the meaning of the whole questionnaire and could not be taken into account."""
    if has_modifier(questionnaire):
        yield "The questionnaire has an element that can change its meaning, which could not be taken into account."
    yield from unchecked({**questionnaire, "type": "group"})


def read_variables(questionnaire: Resource) -> Iterator[tuple[str, str]]:
    """The variables that FHIRPath expressions may name; one in another language stays unknown to them."""
    for value in extensions(questionnaire, VARIABLE):
        if (
            isinstance(value, dict)
            and value.get("language") == "text/fhirpath"
            and {"name", "expression"} <= value.keys()
        ):
            yield value["name"], value["expression"]


def read_items(parent: Resource, extract: bool, categories: tuple[Coding, ...], reading: Reading) -> tuple[Item, ...]:
    return tuple(read_item(item, extract, categories, reading) for item in parent.get("item", ()))


def read_item(item: Resource, inherited: bool, above: tuple[Coding, ...], reading: Reading) -> Item:
    """Reads one item; whether and how its answers become Observations is inherited unless it says so itself."""
    own = extension(item, OBSERVATION_EXTRACT)
    extract = inherited if own is None else own is True
    categories = read_categories(item) or above
    unit = first(item, UNIT)
    value_set = item.get("answerValueSet")
    return Item(
        link_id=item["linkId"],
        type=item["type"],
        text=item.get("text", ""),
        code=tuple(coding(code) for code in item.get("code", ())),
        required=item.get("required", False),
        repeats=item.get("repeats", False),
        read_only=item.get("readOnly", False),
        options=tuple(each for option in item.get("answerOption", ()) for each in read_option(option)),
        enable_when=tuple(read_enable_when(condition) for condition in item.get("enableWhen", ())),
        enable_all=item.get("enableBehavior") == "all",
        extract=extract,
        categories=categories,
        unit=None if unit is None else coding(unit),
        items=read_items(item, extract, categories, reading),
        texts=frozenset(read_translations(item.get("_text", {}))),
        min_occurs=first(item, MIN_OCCURS),
        max_occurs=first(item, MAX_OCCURS),
        constraints=tuple(constraints(item, reading.terms)),
        value_set=None if value_set is None else Binding(value_set, reading.terms),
        enable_expression=read_expression(item, reading),
        unchecked=tuple(unchecked(item)),
    )


def read_translations(sibling: Resource) -> Iterator[str]:
    """The words of a text in other languages: http://hl7.org/fhir/StructureDefinition/translation"""
    for entry in sibling.get("extension", ()):
        if entry.get("url") == TRANSLATION:
            yield from (part["valueString"] for part in entry.get("extension", ()) if "valueString" in part)


def read_expression(item: Resource, reading: Reading) -> Expression | None:
    """The condition of display that SDC adds; one that cannot be read is one that cannot be judged."""
    found = [entry for entry in item.get("extension", ()) if entry.get("url") == ENABLE_WHEN_EXPRESSION]
    if not found:
        return None
    value = found[0].get("valueExpression", {})
    return Expression(value.get("language", ""), value.get("expression", ""), reading.variables)


def read_categories(element: Resource) -> tuple[Coding, ...]:
    """The categories of Observations that the element names, one coding each."""
    concepts = (concept for concept in extensions(element, EXTRACT_CATEGORY) if isinstance(concept, dict))
    return tuple(coding(code) for concept in concepts for code in concept.get("coding", ()))


def read_option(option: Resource) -> Iterator[Option]:
    """One option; one without a value offers nothing."""
    try:
        kind, value = choice(option, "value")
    except KeyError:
        return
    weights = (extension(option, url) for url in (ITEM_WEIGHT, ORDINAL_VALUE))
    weight = next((weight for weight in weights if isinstance(weight, int | Decimal)), None)
    exclusive = extension(option, OPTION_EXCLUSIVE) is True
    yield Option(kind, value, None if weight is None else Decimal(weight), exclusive)


def read_enable_when(condition: Resource) -> EnableWhen:
    """One condition; one without an answer can never be told."""
    try:
        kind, value = choice(condition, "answer")
    except KeyError:
        kind, value = "", None
    return EnableWhen(condition["question"], condition["operator"], kind, value)


def choice(element: Resource, name: str) -> tuple[str, Any]:
    """The type and value of a choice element such as value[x]; raises KeyError when there is none."""
    for key, value in element.items():
        if key.startswith(name) and key != name:
            kind = key[len(name) :]
            return typed(kind, value)
    raise KeyError(name)


def typed(kind: str, value: Any) -> tuple[str, Any]:
    """A value with its type as FHIR names it: complex types as they are, primitives in lower case."""
    if kind == "Coding":
        return kind, coding(value)
    return (kind if isinstance(value, dict) else kind[0].lower() + kind[1:]), value


def coding(value: Resource) -> Coding:
    return Coding(value.get("system"), value.get("code"), value.get("display"))


def extension(element: Resource, url: str) -> Any:
    """The value of the first extension with this url, or None."""
    return next(iter(extensions(element, url)), None)


def extensions(element: Resource, url: str) -> list[Any]:
    """The values of all extensions with this url."""
    found = (entry for entry in element.get("extension", ()) if entry.get("url") == url)
    return [value for entry in found for key, value in entry.items() if key.startswith("value")]
