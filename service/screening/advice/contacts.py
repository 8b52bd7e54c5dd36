"""The numbers that a patient may call, set by the operator (EX-28)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from service.screening.rules.assessment import InstrumentRules

NumberName = Literal["crisis-line", "emergency-number", "text-number", "relay-number"]


@dataclass(frozen=True)
class Contacts:
    """The numbers of the operator; None for a number that is not set.

    ``text_number``: texts to the crisis line. ``relay_number``: text or relay to emergency help.
    """

    crisis_line: str | None = None
    emergency_number: str | None = None
    text_number: str | None = None
    relay_number: str | None = None

    def by_name(self) -> dict[NumberName, str | None]:
        """Returns the numbers by their names in advice.yaml."""
        return {
            "crisis-line": self.crisis_line,
            "emergency-number": self.emergency_number,
            "text-number": self.text_number,
            "relay-number": self.relay_number,
        }


@dataclass(frozen=True)
class NumberWords:
    """The words for a number: ``when_set`` if the operator has set it, else ``when_unset``."""

    number: NumberName
    when_set: str
    when_unset: str


def contact_words(words: Mapping[str, NumberWords], contacts: Contacts) -> dict[str, str]:
    """Returns the text for each name in braces, such as ``{"crisis-line": "your local crisis line"}``."""
    numbers = contacts.by_name()
    given = {name: number for name, number in numbers.items() if number is not None}
    return {
        name: entry.when_unset if numbers[entry.number] is None else entry.when_set.format(**given)
        for name, entry in words.items()
    }


def may_be_offered(rules: InstrumentRules, contacts: Contacts) -> bool:
    """True if patients may be offered the form of the instrument.

    A form that asks about self-harm needs the crisis line and the emergency number.
    """
    asks = any(flag.kind == "self-harm" for flag in rules.flags)
    return not asks or (contacts.crisis_line is not None and contacts.emergency_number is not None)
