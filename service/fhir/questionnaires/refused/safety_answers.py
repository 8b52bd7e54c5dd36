"""Reads the answers to safety questions from a response that is refused, as far as anything of it can be read.

Nothing of the content is assumed: neither that it is FHIR, nor that its questionnaire is known.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from service.fhir.questionnaires.questionnaire_reader import ITEM_WEIGHT, ORDINAL_VALUE
from service.screening.instruments.editions import Edition
from service.screening.instruments.instrument import Item
from service.screening.instruments.typed_value import Coding

# Where items and answers are nested; `group` and `question` are those of DSTU2.
NESTING = ("item", "answer", "group", "question")
# https://hl7.org/fhir/R4/extension-iso21090-co-value.html
CO_VALUE = "http://hl7.org/fhir/StructureDefinition/iso21090-CO-value"
WEIGHTS = (ITEM_WEIGHT, ORDINAL_VALUE, CO_VALUE)
LONGEST_NUMBER = 20
# Far more than a response may have (docs/operations.md): this much takes about a quarter of a second.
MOST_ELEMENTS = 20_000
MAX_DEPTH = 64


@dataclass(frozen=True)
class SafetyQuestion:
    """A question whose answers a person must see, the name that clinicians know it by, and the options that are danger
    signs, by code."""

    name: str
    item: Item
    signs: frozenset[str]

    @cached_property
    def codes(self) -> frozenset[str]:
        """The codes of the question."""
        return frozenset(coding.code for coding in self.item.code if coding.code)

    @cached_property
    def wordings(self) -> frozenset[str]:
        """The text of the question and its translations."""
        return frozenset(as_words(text) for text in self.item.known_texts if text)

    @cached_property
    def option_by_text(self) -> dict[str, str]:
        """The code of each option by its code and by its words."""
        named = {as_words(display): code for code, display in self.displays.items()}
        return {**named, **{as_words(code): code for code in self.displays}}

    @cached_property
    def option_by_weight(self) -> dict[Decimal, str]:
        """The code of each option by its weight; empty if the options have none."""
        return {
            option.weight: option.value.code
            for option in self.item.options
            if option.weight is not None and isinstance(option.value, Coding) and option.value.code
        }

    @cached_property
    def displays(self) -> dict[str, str]:
        """The words of each option by its code."""
        return {code: coding.display or code for code, coding in self.item.option_of.items()}


@dataclass(frozen=True)
class ReadAnswer:
    """The options of a safety question that a response chooses. ``path`` is the FHIRPath of the first answer, or of the
    first one that is a danger sign."""

    question: SafetyQuestion
    path: str
    chosen: frozenset[str]

    @property
    def is_sign(self) -> bool:
        """True if an option is a danger sign."""
        return not self.chosen.isdisjoint(self.question.signs)

    @property
    def texts(self) -> tuple[str, ...]:
        """The words of the options on our form, in its order."""
        return tuple(text for code, text in self.question.displays.items() if code in self.chosen)


def find_safety_answers(
    resource: Any, questions: Sequence[SafetyQuestion], edition: Edition | None, root: str
) -> list[ReadAnswer]:
    """The answers to safety questions in any JSON, once for each question that has one that can be read.

    ``edition`` is the one that the response names, if it is known; ``root`` is the path of the resource.
    """
    found: dict[str, ReadAnswer] = {}
    for answer, path, question in answers_to(resource, questions, edition, root):
        chosen = chosen_options(answer, question, edition)
        if chosen:
            found[question.name] = merge(found.get(question.name), ReadAnswer(question, path, chosen))
    return list(found.values())


def merge(before: ReadAnswer | None, read: ReadAnswer) -> ReadAnswer:
    """Two answers to one question as one: the place is that of the danger sign, if there is one."""
    if before is None:
        return read
    path = read.path if read.is_sign and not before.is_sign else before.path
    return ReadAnswer(read.question, path, before.chosen | read.chosen)


def answers_to(
    resource: Any, questions: Sequence[SafetyQuestion], edition: Edition | None, root: str
) -> Iterator[tuple[dict[str, Any], str, SafetyQuestion]]:
    """Yields each answer to a safety question, with its path, in the order of the response.

    At most ``MOST_ELEMENTS`` items and answers are read, and none below ``MAX_DEPTH``: the content may be anything.
    """
    about: tuple[SafetyQuestion, ...] = ()
    waiting: list[tuple[Any, str, int, tuple[SafetyQuestion, ...]]] = [(resource, root, 0, about)]
    for _ in range(MOST_ELEMENTS):
        if not waiting:
            return
        element, path, depth, about = waiting.pop()
        if not isinstance(element, dict) or depth > MAX_DEPTH:
            continue
        for question in about:
            yield element, path, question
        own = tuple(question for question in questions if is_issue_about(element, question, edition))
        for name in reversed(NESTING):
            nested = [(inner, f"{path}.{name}{place}") for inner, place in entries(element.get(name))]
            waiting += [(*each, depth + 1, own if name == "answer" else ()) for each in reversed(nested)]


def entries(value: Any) -> Iterable[tuple[Any, str]]:
    """The entries of an array with their index in brackets; a single value without an index; nothing for none."""
    if isinstance(value, list):
        return [(entry, f"[{index}]") for index, entry in enumerate(value)]
    return [] if value is None else [(value, "")]


def is_issue_about(item: dict[str, Any], question: SafetyQuestion, edition: Edition | None) -> bool:
    """True if the linkId, the definition or the text of an item is that of a question or has its code."""
    link_id, text = item.get("linkId"), item.get("text")
    if isinstance(link_id, str):
        ours = edition.link_ids.get(link_id, link_id) if edition is not None else link_id
        if ours == question.item.link_id or ends_with_code(link_id, question.codes):
            return True
    if isinstance(text, str) and as_words(text) in question.wordings:
        return True
    definition = item.get("definition")
    return isinstance(definition, str) and ends_with_code(definition, question.codes)


def ends_with_code(text: str, codes: Iterable[str]) -> bool:
    """True if a text ends with one of these codes, alone or behind a prefix: "44260-8", "/44260-8", "phq.44260-8"."""
    for code in codes:
        before = text.removesuffix(code)
        if before != text and not (before[-1:].isalnum() or before[-1:] == "-"):
            return True
    return False


def chosen_options(answer: dict[str, Any], question: SafetyQuestion, edition: Edition | None) -> frozenset[str]:
    """The codes of the options that an answer means; empty if it cannot be read."""
    values = [value for name, value in answer.items() if name.startswith("value")]
    return frozenset(code for value in [answer, *values] for code in read_options(value, question, edition))


def read_options(value: Any, question: SafetyQuestion, edition: Edition | None) -> Iterator[str]:
    """Yields the codes of the options that a value means: by code, words or weight; a contradiction means several."""
    if isinstance(value, dict):
        yield from translated_option(value, question, edition)
        for name in ("code", "display", "value"):
            yield from matched_option(value.get(name), question)
        for coding, _ in entries(value.get("coding")):
            if isinstance(coding, dict):
                yield from read_options({**coding, "coding": None}, question, edition)
        for extension, _ in entries(value.get("extension")):
            if isinstance(extension, dict) and extension.get("url") in WEIGHTS:
                for name in ("valueDecimal", "valueInteger"):
                    yield from matched_option(extension.get(name), question)
    else:
        yield from matched_option(value, question)


def translated_option(value: dict[str, Any], question: SafetyQuestion, edition: Edition | None) -> Iterator[str]:
    """Yields the code of our option that an edition maps a Coding to."""
    system, code = value.get("system"), value.get("code")
    if edition is None or not isinstance(code, str) or not isinstance(system, str | None):
        return
    theirs = Coding(system, code)
    ours = edition.codings.get((question.item.link_id, theirs)) or edition.codings.get(("", theirs))
    if ours is not None and ours.code in question.displays:
        yield str(ours.code)


def matched_option(value: Any, question: SafetyQuestion) -> Iterator[str]:
    """Yields the code of the option that has this code, these words or this weight."""
    if isinstance(value, str) and as_words(value) in question.option_by_text:
        yield question.option_by_text[as_words(value)]
    elif isinstance(value, str | int | float | Decimal) and not isinstance(value, bool):
        weight = as_number(value)
        if weight in question.option_by_weight:
            yield question.option_by_weight[weight]


def as_number(value: str | float | Decimal) -> Decimal | None:
    """The value as a number; None if it is no number, or longer than any weight."""
    text = str(value)
    try:
        number = Decimal(text if len(text) <= LONGEST_NUMBER else "NaN")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def as_words(text: str) -> str:
    """A text without differences that mean nothing: case, white space, a full stop at the end."""
    return " ".join(text.split()).removesuffix(".").casefold()
