"""A FHIR Questionnaire read into an instrument.

https://hl7.org/fhir/R4/questionnaire.html
"""

from decimal import Decimal
from typing import Any

from service.fhir.reading import Resource
from service.screening.instrument import Coding, EnableWhen, Instrument, Item, Option

CORE = "http://hl7.org/fhir/StructureDefinition"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition"
ITEM_WEIGHT = f"{CORE}/itemWeight"
ORDINAL_VALUE = f"{CORE}/ordinalValue"
OPTION_EXCLUSIVE = f"{CORE}/questionnaire-optionExclusive"
UNIT = f"{CORE}/questionnaire-unit"
OBSERVATION_EXTRACT = f"{SDC}/sdc-questionnaire-observationExtract"
EXTRACT_CATEGORY = f"{SDC}/sdc-questionnaire-observation-extract-category"


def read_instrument(questionnaire: Resource) -> Instrument:
    """Reads a Questionnaire whose structure has been checked."""
    categories = read_categories(questionnaire)
    return Instrument(
        name=str(questionnaire.get("url") or questionnaire.get("id") or "").rsplit("/", 1)[-1],
        url=questionnaire.get("url", ""),
        version=questionnaire.get("version", ""),
        title=questionnaire.get("title", ""),
        status=questionnaire["status"],
        items=read_items(questionnaire, extension(questionnaire, OBSERVATION_EXTRACT) is True, categories),
        code=tuple(coding(code) for code in questionnaire.get("code", ())),
        categories=categories,
    )


def read_items(parent: Resource, extract: bool, categories: tuple[Coding, ...]) -> tuple[Item, ...]:
    return tuple(read_item(item, extract, categories) for item in parent.get("item", ()))


def read_item(item: Resource, inherited: bool, above: tuple[Coding, ...]) -> Item:
    """Reads one item; whether and how its answers become Observations is inherited unless it says so itself."""
    own = extension(item, OBSERVATION_EXTRACT)
    extract = inherited if own is None else own is True
    categories = read_categories(item) or above
    unit = extension(item, UNIT)
    return Item(
        link_id=item["linkId"],
        type=item["type"],
        text=item.get("text", ""),
        code=tuple(coding(code) for code in item.get("code", ())),
        required=item.get("required", False),
        repeats=item.get("repeats", False),
        read_only=item.get("readOnly", False),
        options=tuple(read_option(option) for option in item.get("answerOption", ())),
        enable_when=tuple(read_enable_when(condition) for condition in item.get("enableWhen", ())),
        enable_all=item.get("enableBehavior") == "all",
        extract=extract,
        categories=categories,
        unit=None if unit is None else coding(unit),
        items=read_items(item, extract, categories),
    )


def read_categories(element: Resource) -> tuple[Coding, ...]:
    """The categories of Observations that the element names, one coding each."""
    concepts = extensions(element, EXTRACT_CATEGORY)
    return tuple(coding(code) for concept in concepts for code in concept.get("coding", ()))


def read_option(option: Resource) -> Option:
    kind, value = choice(option, "value")
    weight = extension(option, ITEM_WEIGHT)
    if weight is None:
        weight = extension(option, ORDINAL_VALUE)
    exclusive = extension(option, OPTION_EXCLUSIVE) is True
    return Option(kind, value, None if weight is None else Decimal(weight), exclusive)


def read_enable_when(condition: Resource) -> EnableWhen:
    kind, value = choice(condition, "answer")
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
