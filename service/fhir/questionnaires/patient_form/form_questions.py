"""The questions of a Questionnaire as a form shows them: control, options, limits, unit and help.

https://hl7.org/fhir/R4/questionnaire-definitions.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from service.fhir.questionnaires.constraints.constraint_extensions import (
    CORE,
    MAX_OCCURS,
    MAX_VALUES,
    MIN_OCCURS,
    MIN_VALUES,
    UNIT,
    UNIT_OPTION,
)
from service.fhir.questionnaires.patient_form.translations import text_in
from service.fhir.questionnaires.questionnaire_reader import (
    OPTION_EXCLUSIVE,
    all_extension_values,
    first_extension_value,
)
from service.fhir.r4.types import Resource
from service.fhir.terminology.value_set_membership import TerminologyResources, listed_codes

ITEM_CONTROL = f"{CORE}/questionnaire-itemControl"
HIDDEN = f"{CORE}/questionnaire-hidden"
ENTRY_FORMAT = f"{CORE}/entryFormat"
# The most numbers that are shown as buttons: 0 to 10.
MOST_NUMBERS = 11
# From so many options on, one of them is chosen from a list that opens.
MANY_OPTIONS = 20
# Lines that a control takes on a page, for the division into pages.
LINES_OF_TEXT = 3

Control = Literal[
    "radios", "checkboxes", "yes-no", "numbers", "select", "number", "date", "date-time", "time", "text", "lines",
    "read-only", "not-supported",
]  # fmt: skip
TEXT_TYPES = ("string", "text", "url")


@dataclass(frozen=True)
class FormOption:
    """One option: its text, and the elements of `answer` that choose it."""

    text: str
    answer: Mapping[str, Any]
    exclusive: bool = False


@dataclass(frozen=True)
class FormQuestion:
    """One question of a form. ``path`` are the linkIds of the items that contain it, then its own.

    ``type`` is the item type. ``options`` of a `select` of units are the units. ``low_text`` and ``high_text`` are the
    words at the ends of a scale. ``open_text``: an answer in words of the patient is allowed beside the options.
    """

    path: tuple[str, ...]
    type: str
    text: str
    control: Control
    help: str = ""
    required: bool = False
    repeats: bool = False
    options: tuple[FormOption, ...] = ()
    units: tuple[FormOption, ...] = ()
    unit: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    max_length: int | None = None
    min_occurs: int = 0
    max_occurs: int | None = None
    format: str = ""
    low_text: str = ""
    high_text: str = ""
    open_text: bool = False

    @property
    def link_id(self) -> str:
        """The linkId of the item."""
        return self.path[-1]

    @property
    def lines(self) -> int:
        """How many lines the control takes on a page."""
        if self.control in ("radios", "checkboxes"):
            return len(self.options) + (LINES_OF_TEXT if self.open_text else 0)
        return LINES_OF_TEXT

    @property
    def has_exclusive(self) -> bool:
        """True if an option excludes the others."""
        return any(option.exclusive for option in self.options)


def form_question(item: Resource, path: tuple[str, ...], language: str, terms: TerminologyResources) -> FormQuestion:
    """Returns the question of an item that is neither a group nor a display."""
    options = tuple(read_form_options(item, language, terms))
    minimum, maximum = limit_of(item, MIN_VALUES), limit_of(item, MAX_VALUES)
    helps = dict(display_texts(item, language))
    unit = first_extension_value(item, UNIT)
    return FormQuestion(
        path=path,
        type=item["type"],
        text=" ".join(filter(None, (item.get("prefix"), text_in(item, "text", language)))),
        control=control_of(item, options, minimum, maximum),
        help=" ".join(text for control, text in display_texts(item, language) if control not in ("lower", "upper")),
        required=item.get("required", False),
        repeats=item.get("repeats", False),
        options=options if item["type"] != "integer" else tuple(number_options(minimum, maximum)),
        units=tuple(unit_options(item)),
        unit=unit_text(unit) if isinstance(unit, dict) else "",
        minimum=minimum,
        maximum=maximum,
        max_length=item.get("maxLength"),
        min_occurs=first_extension_value(item, MIN_OCCURS) or 0,
        max_occurs=first_extension_value(item, MAX_OCCURS),
        format=first_extension_value(item, ENTRY_FORMAT) or "",
        low_text=helps.get("lower", ""),
        high_text=helps.get("upper", ""),
        open_text=item["type"] == "open-choice",
    )


def control_of(
    item: Resource, options: tuple[FormOption, ...], minimum: Decimal | None, maximum: Decimal | None
) -> Control:
    """Returns the control that an item is answered with."""
    kind, repeats = item["type"], item.get("repeats", False)
    if item.get("readOnly"):
        return "read-only"
    if kind in ("choice", "open-choice") or (options and kind != "boolean"):
        return choice_control(item, options, repeats)
    if kind == "integer" and not repeats and is_short_scale(minimum, maximum):
        return "numbers"
    if repeats and kind in (*TEXT_TYPES, "integer", "decimal"):
        return "lines"
    return CONTROLS.get(kind, "not-supported")


CONTROLS: Mapping[str, Control] = {
    "boolean": "yes-no",
    "integer": "number",
    "decimal": "number",
    "quantity": "number",
    "date": "date",
    "dateTime": "date-time",
    "time": "time",
    "string": "text",
    "text": "text",
    "url": "text",
}


def choice_control(item: Resource, options: tuple[FormOption, ...], repeats: bool) -> Control:
    """Returns the control of a question with options."""
    if not options:
        return "text" if item["type"] == "open-choice" else "not-supported"
    if repeats:
        return "checkboxes"
    wants_list = controls_of(item) & {"drop-down", "autocomplete"} or len(options) >= MANY_OPTIONS
    return "select" if wants_list and item["type"] != "open-choice" else "radios"


def is_short_scale(minimum: Decimal | None, maximum: Decimal | None) -> bool:
    """True if every number of a scale gets a button."""
    return minimum is not None and maximum is not None and 0 <= maximum - minimum < MOST_NUMBERS


def number_options(minimum: Decimal | None, maximum: Decimal | None) -> Iterator[FormOption]:
    """Yields an option for each number of a short scale; none of any other."""
    if minimum is not None and maximum is not None and is_short_scale(minimum, maximum):
        for number in range(int(minimum), int(maximum) + 1):
            yield FormOption(str(number), {"valueInteger": number})


def read_form_options(item: Resource, language: str, terms: TerminologyResources) -> Iterator[FormOption]:
    """Yields the options of an item, or the codes that its value set lists."""
    for option in item.get("answerOption", ()):
        answer = {name: value for name, value in option.items() if name.startswith("value")}
        if answer:
            exclusive = first_extension_value(option, OPTION_EXCLUSIVE) is True
            yield FormOption(option_text(answer, language), without_extensions(answer), exclusive)
    if "answerValueSet" in item:
        for coding, _ in listed_codes(item["answerValueSet"], terms):
            parts = {"system": coding.system, "code": coding.code, "display": coding.display}
            value = {name: part for name, part in parts.items() if part is not None}
            yield FormOption(coding.display or coding.code or "", {"valueCoding": value})


def option_text(answer: Mapping[str, Any], language: str) -> str:
    """Returns the words of an option: the display of a Coding or a Reference, or the value."""
    value = next(iter(answer.values()))
    if not isinstance(value, dict):
        return str(value)
    return text_in(value, "display", language) or str(value.get("code") or value.get("reference") or "")


def without_extensions(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the elements of an answer without weights and translations, which belong to the questionnaire."""
    extra = ("extension", "_display")
    return {
        name: {key: part for key, part in value.items() if key not in extra} if isinstance(value, dict) else value
        for name, value in answer.items()
    }


def unit_options(item: Resource) -> Iterator[FormOption]:
    """Yields the units among which the patient chooses."""
    for coding in all_extension_values(item, UNIT_OPTION):
        if isinstance(coding, dict):
            yield FormOption(unit_text(coding), {"valueCoding": coding})


def unit_text(coding: Resource) -> str:
    """Returns a unit in words."""
    return str(coding.get("display") or coding.get("code") or "")


def limit_of(item: Resource, urls: tuple[str, ...]) -> Decimal | None:
    """Returns the least or greatest number that an item allows; None if there is none, or it is no number."""
    values = (first_extension_value(item, url) for url in urls)
    numbers = (value.get("value") if isinstance(value, dict) else value for value in values)
    kinds = (int, float, Decimal)
    return next((Decimal(str(n)) for n in numbers if isinstance(n, kinds) and not isinstance(n, bool)), None)


def controls_of(item: Resource) -> set[str]:
    """Returns the codes of `questionnaire-itemControl` of an item."""
    concepts = all_extension_values(item, ITEM_CONTROL)
    return {code.get("code", "") for concept in concepts if isinstance(concept, dict) for code in concept["coding"]}


def display_texts(item: Resource, language: str) -> Iterator[tuple[str, str]]:
    """Yields the control and the text of each display item directly inside an item."""
    for inner in item.get("item", ()):
        if inner["type"] == "display" and not is_hidden(inner):
            yield next(iter(sorted(controls_of(inner))), ""), text_in(inner, "text", language)


def is_hidden(item: Resource) -> bool:
    """True if an item is never shown."""
    return first_extension_value(item, HIDDEN) is True
