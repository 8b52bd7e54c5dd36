"""A question as the template shows it: what is chosen or entered, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.fhir.questionnaires.patient_form.declined_answers import is_declined
from service.fhir.questionnaires.patient_form.entered_answers import NONE, PARTS, Fields
from service.fhir.questionnaires.patient_form.form_layout import BodyMap
from service.fhir.questionnaires.patient_form.form_questions import FormOption, FormQuestion

# Options of so few characters, at most three of them, are beside each other.
SHORT_WORDS = 14
FEW_OPTIONS = 3


@dataclass(frozen=True)
class FieldView:
    """One question on a page. ``values`` are the values of its field, ``parts`` of the fields with a suffix.

    ``note`` is a word of the service about it, ``fault`` what is wrong, ``is_optional`` that it may be left open.
    ``may_decline``: the patient may prefer not to say.
    ``areas`` are those of the drawing by number of the option, ``sides`` the sides that the drawing lights.
    """

    name: str
    question: FormQuestion
    values: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""
    fault_part: str = ""
    note: str = ""
    is_optional: bool = False
    offers_none: bool = False
    may_decline: bool = False
    is_declined: bool = False
    areas: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    sides: tuple[str, ...] = ()

    @property
    def first_id(self) -> str:
        """The id of the first control, to which a line of the summary of errors links."""
        if self.fault_part:
            return f"{self.name}-{self.fault_part}"
        kind = self.question.control
        if kind in ("date", "date-time"):
            return f"{self.name}-day"
        return f"{self.name}-0" if kind in ("radios", "checkboxes", "numbers", "yes-no") else self.name

    @property
    def is_in_row(self) -> bool:
        """True if the options are beside each other, as for yes and no."""
        options = self.question.options
        return len(options) <= FEW_OPTIONS and all(len(option.text) <= SHORT_WORDS for option in options)

    @property
    def described_by(self) -> str:
        """The ids of the texts that describe the field."""
        ids = [
            f"{self.name}-help" if self.question.help else "",
            f"{self.name}-note" if self.note else "",
            f"{self.name}-fault" if self.fault else "",
        ]
        return " ".join(filter(None, ids))

    def is_chosen(self, value: object) -> bool:
        """True if an option is chosen."""
        return str(value) in self.values

    @property
    def value(self) -> str:
        """The text of a field with one value."""
        return self.values[0] if self.values else ""

    @property
    def drawn(self) -> list[tuple[int, str]]:
        """The areas of the drawing with the number of their option."""
        return [(number, area) for number, areas in self.areas.items() for area in areas]


def entered_values(question: FormQuestion, answers: Sequence[Mapping[str, Any]] | None) -> tuple[str, ...]:
    """The values of the field of a question that has these answers; "none" if the patient chose none of the options."""
    if answers is not None and not answers and question.control == "checkboxes":
        return (NONE,)
    given = [] if is_declined(answers) else [dict(answer) for answer in answers or ()]
    if question.control in ("radios", "checkboxes", "numbers", "select"):
        return tuple(str(number) for number, option in enumerate(question.options) if dict(option.answer) in given)
    if question.control == "yes-no":
        return tuple("yes" if answer.get("valueBoolean") else "no" for answer in given)
    texts = [value_text(next(iter(answer.values()))) for answer in given]
    return ("\n".join(texts),) if texts else ()


def entered_parts(question: FormQuestion, answers: Sequence[Mapping[str, Any]] | None) -> dict[str, str]:
    """The values of the fields with a suffix."""
    first = dict(answers[0]) if answers else {}
    if question.control in ("date", "date-time") and first:
        day, _, time = str(next(iter(first.values()))).partition("T")
        year, month, day_of_month = (*day.split("-"), "", "")[:3]
        return {"year": year, "month": month, "day": day_of_month, "time": time[:5]}
    if "valueQuantity" in first:
        code = first["valueQuantity"].get("code")
        codes = [option.answer["valueCoding"].get("code") for option in question.units]
        return {"unit": str(codes.index(code))} if code in codes else {}
    own = next((str(answer["valueString"]) for answer in answers or () if "valueString" in answer), "")
    return {"other": own} if question.open_text and own else {}


def value_text(value: Any) -> str:
    """A value as it is entered."""
    if isinstance(value, dict):
        return str(value.get("value", value.get("display", "")))
    return str(value)


def posted_parts(name: str, fields: Fields) -> dict[str, str]:
    """The fields with a suffix as they were sent."""
    return {part: fields.get(f"{name}-{part}", "") for part in (*PARTS, "unit")}


def lit_sides(body_map: BodyMap, answers: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The sides that the drawing lights: those of the answer, or both if the side is not known."""
    codes = [answer["valueCoding"].get("code") for answer in answers if "valueCoding" in answer]
    sides = [side for code in codes for side in body_map.sides.get(code, ())]
    return tuple(dict.fromkeys(sides)) or ("right", "left")


def drawn_areas(body_map: BodyMap, options: Sequence[FormOption]) -> dict[int, tuple[str, ...]]:
    """The areas that each option covers, by number of the option."""
    codes = [option.answer.get("valueCoding", {}).get("code", "") for option in options]
    return {number: body_map.areas[code] for number, code in enumerate(codes) if code in body_map.areas}
