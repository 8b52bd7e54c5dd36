"""The value of an answer, an option or a limit, together with its FHIR type.

https://hl7.org/fhir/R4/questionnaireresponse-definitions.html#QuestionnaireResponse.item.answer.value_x_
"""

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

# A weight before or behind the words of an option: "2 - Often", "Often (2)".
AT_THE_ENDS = re.compile(r"^\(?\d{1,3}\)?[ \-:=.]{0,5}(?=[^\d.])|[ \-:=]{0,5}(?:\(\d{1,3}\)|(?<=[ \-:=])\d{1,3})$")
# Questionnaire.item.type: https://hl7.org/fhir/R4/valueset-item-type.html
ItemType = Literal[
    "group",
    "display",
    "question",
    "boolean",
    "decimal",
    "integer",
    "date",
    "dateTime",
    "time",
    "string",
    "text",
    "url",
    "choice",
    "open-choice",
    "attachment",
    "reference",
    "quantity",
]
# The types of QuestionnaireResponse.item.answer.value[x].
ValueType = Literal[
    "boolean",
    "decimal",
    "integer",
    "date",
    "dateTime",
    "time",
    "string",
    "uri",
    "Attachment",
    "Coding",
    "Quantity",
    "Reference",
]


@dataclass(frozen=True, slots=True)
class Coding:
    """A code in its system. Two codings are equal if system and code are equal; ``display`` is not compared."""

    system: str | None
    code: str | None
    display: str | None = field(default=None, compare=False)


# A Coding, a primitive as parsed from JSON, or the JSON object of an Attachment, Quantity or Reference.
Value = Coding | bool | int | Decimal | str | dict[str, Any]


@dataclass(frozen=True, slots=True)
class TypedValue:
    """A value and its type as FHIR names it, e.g. ``TypedValue("date", "2026-11")``."""

    type: ValueType
    value: Value

    def is_same_value(self, other: "TypedValue") -> bool:
        """Whether type and value are equal, whatever else an answer or an option carries."""
        return self.type == other.type and self.value == other.value

    @property
    def comparison_key(self) -> Hashable:
        """A key that two values have in common if, and only if, ``is_same_value`` is true of them."""
        return self.type, hashable_value(self.value)

    def element(self, name: str) -> Any:
        """One element of a complex value, e.g. ``reference`` of a Reference; None if it is absent."""
        return self.value.get(name) if isinstance(self.value, dict) else None


def plain_name(display: str) -> str:
    """A display without case and with single spaces: how two displays are compared."""
    return " ".join(display.split()).casefold()


def bare_name(display: str) -> str:
    """A display as ``plain_name``, without a weight at either end and the full stop: ``Often (2).`` gives ``often``."""
    return AT_THE_ENDS.sub("", plain_name(display).rstrip(".,;! ")).strip()


def hashable_value(value: Any) -> Hashable:
    """A value of JSON as a key: objects and arrays, which cannot be hashed, become sets and tuples."""
    if isinstance(value, dict):
        return frozenset((name, hashable_value(inner)) for name, inner in value.items())
    return tuple(map(hashable_value, value)) if isinstance(value, list) else value
