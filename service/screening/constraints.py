"""What a questionnaire demands of the value of one answer, beyond its type and options.

https://hl7.org/fhir/R4/questionnaire-profiles.html#extensions
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from service.screening.instrument import Coding
from service.screening.logic import Truth
from service.screening.magnitudes import alike, at_least, at_most
from service.screening.regexes import matches
from service.screening.response import Answer

TARGET = re.compile(r"(?:.*/)?([A-Z][A-Za-z]{1,60})/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?", re.DOTALL)
MEGABYTE = 1_048_576
Contained = Mapping[str, str]


def written(answer: Answer) -> str | None:
    """The answer as it is typed; None for one that is not typed in."""
    if isinstance(answer.value, str):
        return answer.value
    return str(answer.value) if answer.kind in ("integer", "decimal") else None


@dataclass(frozen=True, slots=True)
class Minimum:
    """The least value: http://hl7.org/fhir/StructureDefinition/minValue"""

    kind: str
    value: Any
    code: ClassVar[str] = "value"

    @property
    def text(self) -> str:
        return f"This answer is below the least that the question takes. Give at least {in_words(self.value)}."

    def allows(self, answer: Answer, contained: Contained) -> Truth:
        return at_least(answer.kind, answer.value, self.kind, self.value) if bounds(self.kind, answer) else True


@dataclass(frozen=True, slots=True)
class Maximum:
    """The greatest value: http://hl7.org/fhir/StructureDefinition/maxValue"""

    kind: str
    value: Any
    code: ClassVar[str] = "value"

    @property
    def text(self) -> str:
        return f"This answer is above the most that the question takes. Give at most {in_words(self.value)}."

    def allows(self, answer: Answer, contained: Contained) -> Truth:
        return at_most(answer.kind, answer.value, self.kind, self.value) if bounds(self.kind, answer) else True


def bounds(kind: str, answer: Answer) -> bool:
    """Whether a bound of this kind is about the answer; a number and a quantity lack a unit in common."""
    return alike(kind, answer.kind) or answer.kind == "Quantity"


def in_words(value: Any) -> str:
    """A bound as a person reads it."""
    if not isinstance(value, dict):
        return str(value)
    return f"{value.get('value', '')} {value.get('unit') or value.get('code') or ''}".strip()


@dataclass(frozen=True, slots=True)
class LongestText:
    """https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.maxLength"""

    length: int
    code: ClassVar[str] = "too-long"

    @property
    def text(self) -> str:
        return f"This answer is too long. Shorten it to at most {self.length} characters."

    def allows(self, answer: Answer, contained: Contained) -> Truth:
        text = written(answer)
        return text is None or len(text) <= self.length


@dataclass(frozen=True, slots=True)
class ShortestText:
    """http://hl7.org/fhir/StructureDefinition/minLength"""

    length: int
    code: ClassVar[str] = "value"

    @property
    def text(self) -> str:
        return f"This answer is too short. Write at least {self.length} characters."

    def allows(self, answer: Answer, contained: Contained) -> Truth:
        text = written(answer)
        return text is None or len(text) >= self.length


@dataclass(frozen=True, slots=True)
class DecimalPlaces:
    """http://hl7.org/fhir/StructureDefinition/maxDecimalPlaces"""

    places: int
    code: ClassVar[str] = "value"

    @property
    def text(self) -> str:
        return f"This number has too many decimal places. Give at most {self.places}."

    def allows(self, answer: Answer, contained: Contained) -> Truth:
        number = answer.value.get("value") if answer.kind == "Quantity" else answer.value
        if not isinstance(number, Decimal):
            return True
        exponent = number.as_tuple().exponent
        return isinstance(exponent, int) and -exponent <= self.places


@dataclass(frozen=True, slots=True)
class Pattern:
    """http://hl7.org/fhir/StructureDefinition/regex"""

    regex: str
    code: ClassVar[str] = "value"
    text: ClassVar[str] = "This answer is not written in the form that the question asks for. Write it as asked."

    def allows(self, answer: Answer, contained: Contained) -> Truth:
        text = written(answer)
        return True if text is None else matches(self.regex, text)


@dataclass(frozen=True, slots=True)
class Units:
    """The units offered, as codes or as the members of a value set: questionnaire-unitOption, -unitValueSet, -unit."""

    units: frozenset[Coding]
    members: Callable[[Coding], Truth] | None = None
    code: ClassVar[str] = "code-invalid"
    text: ClassVar[str] = (
        "This unit is not offered. Send the value with system and code of one of the question's units."
    )

    def allows(self, answer: Answer, contained: Contained) -> Truth:
        unit = Coding(answer.value.get("system"), answer.value.get("code"))
        if unit in self.units:
            return True
        return self.members(unit) if self.members is not None and unit.code is not None else False


@dataclass(frozen=True, slots=True)
class Targets:
    """The types of resource that may be referred to: questionnaire-referenceResource, -referenceProfile."""

    types: frozenset[str]
    code: ClassVar[str] = "value"

    @property
    def text(self) -> str:
        return f"This reference is to another type of resource. Refer to a {' or '.join(sorted(self.types))}."

    def allows(self, answer: Answer, contained: Contained) -> Truth:
        named = {answer.value.get("type"), target_type(answer.value.get("reference", ""), contained)} - {None}
        return named <= self.types if named else None


def target_type(reference: str, contained: Contained) -> str | None:
    """The type that a reference names: of a contained resource, or in a relative or absolute address."""
    if reference.startswith("#"):
        return contained.get(reference[1:])
    found = TARGET.fullmatch(reference)
    return found[1] if found else None


@dataclass(frozen=True, slots=True)
class MediaTypes:
    """http://hl7.org/fhir/StructureDefinition/mimeType"""

    types: frozenset[str]
    code: ClassVar[str] = "value"

    @property
    def text(self) -> str:
        return f"This attachment is not of a type that the question takes. Send {' or '.join(sorted(self.types))}."

    def allows(self, answer: Answer, contained: Contained) -> Truth:
        given = str(answer.value.get("contentType", "")).partition(";")[0].strip().lower()
        if not given:
            return None
        return any(given == kind or (kind.endswith("/*") and given.startswith(kind[:-1])) for kind in self.types)


@dataclass(frozen=True, slots=True)
class LargestAttachment:
    """In megabytes: http://hl7.org/fhir/StructureDefinition/maxSize"""

    megabytes: Decimal
    code: ClassVar[str] = "too-long"

    @property
    def text(self) -> str:
        return f"This attachment is too large. Send one of at most {self.megabytes} MB."

    def allows(self, answer: Answer, contained: Contained) -> Truth:
        size = attachment_size(answer.value)
        return None if size is None else size <= self.megabytes * MEGABYTE


def attachment_size(attachment: Mapping[str, Any]) -> int | None:
    """The size in bytes: of the data that is there, else as stated."""
    data = attachment.get("data")
    if data is None:
        return attachment.get("size")
    packed = "".join(data.split())
    return len(packed) * 3 // 4 - packed.count("=")
