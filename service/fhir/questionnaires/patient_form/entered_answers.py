"""Reads the fields of a page into answers, with every fault that the patient must correct.

The name of a field is that of its question, with a suffix for a part: "q4", "q4-day", "q4-unit", "q4-other".
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, Protocol

from service.fhir.questionnaires.patient_form.form_questions import FormQuestion

FaultKind = Literal[
    "choose", "choose-one-or-more", "enter", "choose-known", "none-beside-others", "number", "whole-number", "too-low",
    "too-high", "date", "date-year", "date-future", "time", "too-long", "too-few", "too-many", "unit", "characters",
    "not-accepted",
]  # fmt: skip
NUMBER = re.compile(r"[+-]?\d{1,12}([.,]\d{1,9})?")
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
# The most characters of a text without maxLength, and the most lines of a question that repeats.
MOST_CHARACTERS = 4_000
MOST_LINES = 20
EARLIEST_YEAR = 1900
# R4 allows these control characters in a string: tab, line feed, carriage return.
FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# The value of the field if the patient chose "None of these" where the questionnaire has no such option.
NONE = "none"


class Fields(Protocol):
    """The fields of a page that was sent."""

    def get(self, name: str, default: str) -> str: ...
    def getlist(self, name: str) -> list[str]: ...


@dataclass(frozen=True)
class EntryFault:
    """What is wrong with an entry. ``limit`` is the number that it breaks, ``part`` the suffix of the field."""

    link_id: str
    kind: FaultKind
    limit: str = ""
    part: str = ""


EntryReader = Callable[[FormQuestion, str, Fields, date], list[dict[str, Any]]]


class WrongEntry(Exception):
    """An entry cannot be an answer."""

    def __init__(self, kind: FaultKind, limit: object = "", part: str = "") -> None:
        super().__init__(kind)
        self.kind, self.limit, self.part = kind, str(limit), part


def read_entered_answer(
    question: FormQuestion, name: str, fields: Fields, today: date
) -> tuple[list[dict[str, Any]], EntryFault | None]:
    """Returns the answers to a question, none if it was left open, and what is wrong with them."""
    try:
        return check_count(question, READERS[question.control](question, name, fields, today)), None
    except WrongEntry as wrong:
        return [], EntryFault(question.link_id, wrong.kind, wrong.limit, wrong.part)


def is_open(question: FormQuestion, name: str, fields: Fields) -> bool:
    """True if the question was left open: also "None of these" is a choice."""
    return not any(value.strip() for value in (*fields.getlist(name), *(fields.get(f"{name}-{p}", "") for p in PARTS)))


PARTS = ("day", "month", "year", "time", "other")


def check_count(question: FormQuestion, answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers. Raises WrongEntry if they are too few or too many."""
    if answers and len(answers) < question.min_occurs:
        raise WrongEntry("too-few", question.min_occurs)
    if question.max_occurs is not None and len(answers) > question.max_occurs:
        raise WrongEntry("too-many", question.max_occurs)
    return answers


def read_one(question: FormQuestion, name: str, fields: Fields, today: date) -> list[dict[str, Any]]:
    """One option of several, or the words of the patient."""
    chosen, other = fields.get(name, ""), fields.get(f"{name}-other", "")
    if question.open_text and other.strip():
        return [{"valueString": checked_text(question, other)}]
    return chosen_answers(question, [chosen] if chosen else [])


def read_several(question: FormQuestion, name: str, fields: Fields, today: date) -> list[dict[str, Any]]:
    """Any number of options. Raises WrongEntry if an exclusive option is not alone."""
    chosen = fields.getlist(name)
    other = fields.get(f"{name}-other", "") if question.open_text else ""
    answers = chosen_answers(question, [value for value in chosen if value != NONE])
    if other.strip():
        answers.append({"valueString": checked_text(question, other)})
    alone = [option for option in question.options if option.exclusive and dict(option.answer) in answers]
    if (alone or NONE in chosen) and len(answers) + (NONE in chosen) > 1:
        raise WrongEntry("none-beside-others")
    return answers


def chosen_answers(question: FormQuestion, chosen: Sequence[str]) -> list[dict[str, Any]]:
    """The answers of options by number, in the order of the form. Raises WrongEntry for a number without option."""
    numbers = {str(number): option for number, option in enumerate(question.options)}
    if any(value not in numbers for value in chosen):
        raise WrongEntry("choose-known")
    return [dict(option.answer) for number, option in numbers.items() if number in chosen]


def read_yes_no(question: FormQuestion, name: str, fields: Fields, today: date) -> list[dict[str, Any]]:
    """Yes or no."""
    chosen = fields.get(name, "")
    if chosen not in ("", "yes", "no"):
        raise WrongEntry("choose-known")
    return [{"valueBoolean": chosen == "yes"}] if chosen else []


def read_number_entry(question: FormQuestion, name: str, fields: Fields, today: date) -> list[dict[str, Any]]:
    """A number, with its unit."""
    text = fields.get(name, "").strip()
    if not text:
        return []
    number = checked_number(question, text)
    if question.type == "quantity":
        return [{"valueQuantity": {"value": number, **unit_of_entry(question, name, fields)}}]
    return [{"valueInteger": int(number)} if question.type == "integer" else {"valueDecimal": number}]


def checked_number(question: FormQuestion, text: str) -> Decimal:
    """The number in a text. Raises WrongEntry if there is none, or it is outside the limits."""
    if not NUMBER.fullmatch(text):
        raise WrongEntry("whole-number" if question.type == "integer" else "number")
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise WrongEntry("number") from None
    if question.type == "integer" and number != number.to_integral_value():
        raise WrongEntry("whole-number")
    if question.minimum is not None and number < question.minimum:
        raise WrongEntry("too-low", question.minimum)
    if question.maximum is not None and number > question.maximum:
        raise WrongEntry("too-high", question.maximum)
    return number


def unit_of_entry(question: FormQuestion, name: str, fields: Fields) -> dict[str, Any]:
    """The unit of a quantity: the only one, or the one that was chosen. Raises WrongEntry if none was."""
    if not question.units:
        return {"unit": question.unit} if question.unit else {}
    chosen = fields.get(f"{name}-unit", "")
    units = {str(number): option.answer["valueCoding"] for number, option in enumerate(question.units)}
    if chosen not in units:
        raise WrongEntry("unit", part="unit")
    coding = units[chosen]
    known = {"unit": coding.get("display"), "system": coding.get("system"), "code": coding.get("code")}
    return {key: value for key, value in known.items() if value}


def read_date_entry(question: FormQuestion, name: str, fields: Fields, today: date) -> list[dict[str, Any]]:
    """A date; the day, or day and month, may be left out."""
    text = date_text(question, name, fields, today)
    return [{"valueDate": text}] if text else []


def date_text(question: FormQuestion, name: str, fields: Fields, today: date) -> str:
    """The date in three fields, such as "2026-03". Raises WrongEntry if there is no such date, or it is ahead."""
    day, month, year = (fields.get(f"{name}-{part}", "").strip() for part in ("day", "month", "year"))
    if not (day or month or year):
        return ""
    if not re.fullmatch(r"\d{4}", year) or int(year) < EARLIEST_YEAR:
        raise WrongEntry("date-year", EARLIEST_YEAR, "year")
    if not all(re.fullmatch(r"\d{0,2}", part) for part in (day, month)) or (day and not month):
        raise WrongEntry("date", part="month" if day and not month else "day")
    try:
        first = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise WrongEntry("date", part="day") from None
    if first > today:
        raise WrongEntry("date-future", part="year")
    return "-".join([year, *([month.zfill(2)] if month else []), *([day.zfill(2)] if day else [])])


def read_date_time(question: FormQuestion, name: str, fields: Fields, today: date) -> list[dict[str, Any]]:
    """A date, with a time if there is one. R4 asks for a zone beside a time: that of UTC."""
    text, time = date_text(question, name, fields, today), fields.get(f"{name}-time", "").strip()
    if not text and not time:
        return []
    if time and (not TIME.fullmatch(time) or len(text) < len("2026-01-01")):
        raise WrongEntry("time", part="time")
    return [{"valueDateTime": f"{text}T{with_seconds(time)}Z" if time else text}]


def read_entered_time(question: FormQuestion, name: str, fields: Fields, today: date) -> list[dict[str, Any]]:
    """A time of day."""
    time = fields.get(name, "").strip()
    if time and not TIME.fullmatch(time):
        raise WrongEntry("time")
    return [{"valueTime": with_seconds(time)}] if time else []


def with_seconds(time: str) -> str:
    """A time with seconds, as FHIR writes it."""
    return time if time.count(":") == 2 else f"{time}:00"


def read_text(question: FormQuestion, name: str, fields: Fields, today: date) -> list[dict[str, Any]]:
    """A text or an address."""
    text = fields.get(name, "")
    if not text.strip():
        return []
    return [{"valueUri" if question.type == "url" else "valueString": checked_text(question, text)}]


def checked_text(question: FormQuestion, text: str) -> str:
    """The text without blanks around it. Raises WrongEntry if it is too long or contains control characters."""
    text = text.replace("\r\n", "\n").strip()
    most = question.max_length or MOST_CHARACTERS
    if len(text) > most:
        raise WrongEntry("too-long", most)
    if FORBIDDEN.search(text) or (question.type == "url" and re.search(r"\s", text)):
        raise WrongEntry("characters")
    return text


def read_lines(question: FormQuestion, name: str, fields: Fields, today: date) -> list[dict[str, Any]]:
    """One answer on each line."""
    lines = [line for line in fields.get(name, "").splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise WrongEntry("too-many", MOST_LINES)
    if question.type == "integer":
        return [{"valueInteger": int(checked_number(question, line.strip()))} for line in lines]
    if question.type == "decimal":
        return [{"valueDecimal": checked_number(question, line.strip())} for line in lines]
    key = "valueUri" if question.type == "url" else "valueString"
    return [{key: checked_text(question, line)} for line in lines]


def read_nothing(question: FormQuestion, name: str, fields: Fields, today: date) -> list[dict[str, Any]]:
    """No answer: the form cannot take one."""
    return []


READERS: Mapping[str, EntryReader] = {
    "radios": read_one,
    "numbers": read_one,
    "select": read_one,
    "checkboxes": read_several,
    "yes-no": read_yes_no,
    "number": read_number_entry,
    "date": read_date_entry,
    "date-time": read_date_time,
    "time": read_entered_time,
    "text": read_text,
    "lines": read_lines,
    "read-only": read_nothing,
    "not-supported": read_nothing,
}


def needed(question: FormQuestion) -> FaultKind:
    """The fault of a required question that was left open."""
    if question.control == "checkboxes":
        return "choose-one-or-more"
    return "choose" if question.control in ("radios", "yes-no", "numbers", "select") else "enter"
