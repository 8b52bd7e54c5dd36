"""The limits that a questionnaire sets for the value of one answer, one class per element or extension.

https://hl7.org/fhir/R4/questionnaire-profiles.html#extensions
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from service.issues import IssueType, shorten_name
from service.screening.instruments.comparison import are_different_kinds, at_least, at_most, comparable
from service.screening.instruments.typed_value import Coding, TypedValue
from service.screening.kleene import Truth
from service.work import spend_steps

# The type in a relative or absolute reference, e.g. "Patient" in "http://example.org/fhir/Patient/1/_history/2".
TARGET = re.compile(r"(?:.*/)?([A-Z][A-Za-z]{1,60})/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?", re.DOTALL)
MAX_NAMES = 20
BYTES_PER_MEGABYTE = 1_048_576
# The type of each contained resource, by its id.
Contained = Mapping[str, str]


def typed_text(answer: TypedValue) -> str | None:
    """The text that the patient typed; None for an answer that is not typed in, e.g. a Coding."""
    if isinstance(answer.value, str):
        return answer.value
    return str(answer.value) if answer.type in ("integer", "decimal") else None


@dataclass(frozen=True, slots=True)
class MinValue:
    """http://hl7.org/fhir/StructureDefinition/minValue"""

    bound: TypedValue
    code: ClassVar[IssueType] = "value"

    @property
    def text(self) -> str:
        """States the bound."""
        return f"This answer is too low. It must be at least {bound_text(self.bound)}."

    def allows(self, answer: TypedValue, contained: Contained) -> Truth:
        """Whether the answer is not below the bound."""
        return at_least(answer, self.bound) if is_bound_for(self.bound, answer) else True


@dataclass(frozen=True, slots=True)
class MaxValue:
    """http://hl7.org/fhir/StructureDefinition/maxValue"""

    bound: TypedValue
    code: ClassVar[IssueType] = "value"

    @property
    def text(self) -> str:
        """States the bound."""
        return f"This answer is too high. It must be at most {bound_text(self.bound)}."

    def allows(self, answer: TypedValue, contained: Contained) -> Truth:
        """Whether the answer is not above the bound."""
        return at_most(answer, self.bound) if is_bound_for(self.bound, answer) else True


@dataclass(frozen=True, slots=True)
class ComparableUnit:
    """A quantity must be of the kind of its least or greatest value: no length where a mass is the limit."""

    bound: TypedValue
    code: ClassVar[IssueType] = "value"
    text: ClassVar[str] = "The unit of this answer cannot be compared with that of the limit. Use one of the same kind."

    def allows(self, answer: TypedValue, contained: Contained) -> Truth:
        """Whether the units are of one kind, as far as UCUM says."""
        return not are_different_kinds(answer, self.bound)


def is_bound_for(bound: TypedValue, answer: TypedValue) -> bool:
    """Whether a bound applies to the answer. It applies to a Quantity even if it has no unit to compare."""
    if are_different_kinds(bound, answer):
        return False
    return comparable(bound.type, answer.type) or answer.type == "Quantity"


def bound_text(bound: TypedValue) -> str:
    """A bound as a person reads it, e.g. ``5 kg``."""
    if not isinstance(bound.value, dict):
        return shorten_name(str(bound.value))
    unit = shorten_name(bound.value.get("unit") or bound.value.get("code") or "")
    return f"{bound.value.get('value', '')} {unit}".strip()


@dataclass(frozen=True, slots=True)
class MaxLength:
    """https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.maxLength"""

    characters: int
    code: ClassVar[IssueType] = "too-long"

    @property
    def text(self) -> str:
        """States the greatest length."""
        return f"This answer is too long. It must have at most {self.characters} characters."

    def allows(self, answer: TypedValue, contained: Contained) -> Truth:
        """Whether the typed text has at most so many characters."""
        text = typed_text(answer)
        return text is None or len(text) <= self.characters


@dataclass(frozen=True, slots=True)
class MinLength:
    """http://hl7.org/fhir/StructureDefinition/minLength"""

    characters: int
    code: ClassVar[IssueType] = "value"

    @property
    def text(self) -> str:
        """States the least length."""
        return f"This answer is too short. It must have at least {self.characters} characters."

    def allows(self, answer: TypedValue, contained: Contained) -> Truth:
        """Whether the typed text has at least so many characters."""
        text = typed_text(answer)
        return text is None or len(text) >= self.characters


@dataclass(frozen=True, slots=True)
class MaxDecimalPlaces:
    """http://hl7.org/fhir/StructureDefinition/maxDecimalPlaces"""

    places: int
    code: ClassVar[IssueType] = "value"

    @property
    def text(self) -> str:
        """States the greatest number of decimal places."""
        return f"This number has too many decimal places. It must have at most {self.places}."

    def allows(self, answer: TypedValue, contained: Contained) -> Truth:
        """Whether the number, or the number in a Quantity, has at most so many decimal places."""
        number = answer.element("value") if answer.type == "Quantity" else answer.value
        if not isinstance(number, Decimal):
            return True
        exponent = number.as_tuple().exponent
        return isinstance(exponent, int) and -exponent <= self.places


@dataclass(frozen=True, slots=True)
class Regex:
    """http://hl7.org/fhir/StructureDefinition/regex"""

    matches: Callable[[str], Truth]
    code: ClassVar[IssueType] = "value"
    text: ClassVar[str] = "This answer does not match the regular expression of the question. Correct its format."

    def allows(self, answer: TypedValue, contained: Contained) -> Truth:
        """Whether the whole typed text matches; unknown if the matcher does not support the regular expression."""
        text = typed_text(answer)
        return True if text is None else self.matches(text)


@dataclass(frozen=True, slots=True)
class AllowedUnits:
    """The units offered by questionnaire-unitOption and -unit, or as ``members`` of a questionnaire-unitValueSet."""

    units: frozenset[Coding]
    members: Callable[[Coding], Truth] | None = None
    code: ClassVar[IssueType] = "code-invalid"
    text: ClassVar[str] = "This unit is not offered. Use system and code of one of the question's units."

    def allows(self, answer: TypedValue, contained: Contained) -> Truth:
        """Whether the coded unit of the Quantity is offered."""
        unit = Coding(answer.element("system"), answer.element("code"))
        if unit in self.units:
            return True
        return self.members(unit) if self.members is not None and unit.code is not None else False


@dataclass(frozen=True, slots=True)
class ReferenceTargets:
    """The types of resource allowed by questionnaire-referenceResource and -referenceProfile."""

    types: frozenset[str]
    code: ClassVar[IssueType] = "value"

    @property
    def text(self) -> str:
        """States the allowed types."""
        return f"This reference must be to a {list_names(self.types)}."

    def allows(self, answer: TypedValue, contained: Contained) -> Truth:
        """Whether the reference is to an allowed type; unknown if it names no type."""
        target = target_type(answer.element("reference") or "", contained)
        named = {answer.element("type"), target} - {None}
        return named <= self.types if named else None


def list_names(names: frozenset[str]) -> str:
    """The names as a person reads them, e.g. ``Group or Patient``; at most ``MAX_NAMES`` of them."""
    spend_steps(len(names))
    shown = [shorten_name(name) for name in sorted(names)[:MAX_NAMES]]
    return " or ".join([*shown, "one of the others allowed"] if len(names) > MAX_NAMES else shown)


def target_type(reference: str, contained: Contained) -> str | None:
    """The type of resource that a reference names, e.g. ``Patient`` of ``Patient/1`` and of ``#p`` if contained."""
    if reference.startswith("#"):
        return contained.get(reference[1:])
    found = TARGET.fullmatch(reference)
    return found[1] if found else None


@dataclass(frozen=True, slots=True)
class MimeTypes:
    """http://hl7.org/fhir/StructureDefinition/mimeType"""

    types: frozenset[str]
    code: ClassVar[IssueType] = "value"

    @property
    def text(self) -> str:
        """States the allowed types."""
        return f"The contentType of this attachment must be {list_names(self.types)}."

    def allows(self, answer: TypedValue, contained: Contained) -> Truth:
        """Whether ``contentType`` is allowed, also by a pattern such as ``image/*``; unknown if it is absent."""
        sent = str(answer.element("contentType") or "").partition(";")[0].strip().lower()
        if not sent:
            return None
        return sent in self.types or f"{sent.partition('/')[0]}/*" in self.types


@dataclass(frozen=True, slots=True)
class MaxSize:
    """http://hl7.org/fhir/StructureDefinition/maxSize"""

    megabytes: Decimal
    code: ClassVar[IssueType] = "too-long"

    @property
    def text(self) -> str:
        """States the greatest size."""
        return f"This attachment is too large. It must have at most {self.megabytes} MB."

    def allows(self, answer: TypedValue, contained: Contained) -> Truth:
        """Whether the attachment has at most so many megabytes.

        Unknown if it has neither data nor size, or more bytes than the number: later editions of FHIR count bytes.
        """
        size = attachment_bytes(answer)
        if size is None or 1 <= self.megabytes < size <= self.megabytes * BYTES_PER_MEGABYTE:
            return None
        return size <= self.megabytes * BYTES_PER_MEGABYTE

    def why_unknown(self, answer: TypedValue) -> str:
        """States the two readings of the limit, if they are why ``allows`` is unknown."""
        if attachment_bytes(answer) is None:
            return ""
        return f"The limit is {self.megabytes} MB in R4 and {self.megabytes} bytes in later editions of FHIR."


def attachment_bytes(answer: TypedValue) -> int | None:
    """The size of an Attachment in bytes: of its ``data``, or else its ``size`` as sent."""
    data = answer.element("data")
    if data is None:
        size: int | None = answer.element("size")
        return size
    base64 = "".join(data.split())
    return len(base64) * 3 // 4 - base64.count("=")
