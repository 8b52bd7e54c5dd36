"""A questionnaire as the rules and checks need it: items, options, weights and conditions of display."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, Protocol

from service.screening.logic import Truth
from service.screening.response import Answer


@dataclass(frozen=True, slots=True)
class Coding:
    """A code in its system. Two codings are the same answer when system and code agree; texts may differ."""

    system: str | None
    code: str | None
    display: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Option:
    """One permitted answer: its type as FHIR names it (``Coding``, ``string``, ...), and what it weighs."""

    kind: str
    value: Any
    weight: Decimal | None = None
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class EnableWhen:
    """One condition of display: the answer to ``question`` stands to ``value`` as ``operator`` says."""

    question: str
    operator: str
    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition of display in a language of its own, with the variables that it may name."""

    language: str
    text: str
    variables: tuple[tuple[str, str], ...] = ()


class Constraint(Protocol):
    """A demand on the value of one answer; ``text`` says what is wrong and what to do where it is not met."""

    @property
    def code(self) -> str: ...
    @property
    def text(self) -> str: ...
    def allows(self, answer: Answer, contained: Mapping[str, str]) -> Truth: ...


class Holder:
    """What holds items: a questionnaire, a group or a question."""

    items: tuple["Item", ...]

    @cached_property
    def positions(self) -> dict[str, int]:
        """Where each item stands among those held, by linkId."""
        return {item.link_id: position for position, item in enumerate(self.items)}


@dataclass(frozen=True, eq=False)
class Item(Holder):
    """One item of a questionnaire, of any R4 type; ``text`` is what the patient reads. Equal only to itself.

    ``extract`` and ``categories`` say whether and under what its answers become Observations. ``texts`` are its
    words in other languages, ``value_set`` tells the members of its value set, ``unchecked`` says in words what
    it demands of answers that we cannot judge.
    """

    link_id: str
    type: str
    text: str = ""
    code: tuple[Coding, ...] = ()
    required: bool = False
    repeats: bool = False
    read_only: bool = False
    options: tuple[Option, ...] = ()
    enable_when: tuple[EnableWhen, ...] = ()
    enable_all: bool = False
    extract: bool = False
    categories: tuple[Coding, ...] = ()
    unit: Coding | None = None
    items: tuple["Item", ...] = ()
    texts: frozenset[str] = frozenset()
    min_occurs: int | None = None
    max_occurs: int | None = None
    constraints: tuple[Constraint, ...] = ()
    value_set: Callable[[Coding], Truth] | None = None
    enable_expression: Expression | None = None
    unchecked: tuple[str, ...] = ()

    @cached_property
    def option_of(self) -> dict[str, Coding]:
        """The coded options by code."""
        return {option.value.code: option.value for option in self.options if option.kind == "Coding"}

    @cached_property
    def codings(self) -> frozenset[Coding]:
        """The coded options; the same code may stand in two systems."""
        return frozenset(option.value for option in self.options if option.kind == "Coding")

    @cached_property
    def exclusive(self) -> frozenset[str]:
        """The codes of the options that stand alone."""
        return frozenset(option.value.code for option in self.options if option.exclusive and option.kind == "Coding")

    @cached_property
    def option_kinds(self) -> frozenset[str]:
        """The types of the options."""
        return frozenset(option.kind for option in self.options)


@dataclass(frozen=True)
class Instrument(Holder):
    """A questionnaire: its canonical, and its items as a tree.

    ``effective`` is the period in which it is meant to be answered, ``unchecked`` as of an item.
    """

    name: str
    url: str
    version: str
    title: str
    status: str
    items: tuple[Item, ...]
    code: tuple[Coding, ...] = ()
    categories: tuple[Coding, ...] = ()
    effective: tuple[str | None, str | None] = (None, None)
    subject_types: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()

    @property
    def canonical(self) -> str:
        return f"{self.url}|{self.version}"

    @cached_property
    def by_link_id(self) -> dict[str, Item]:
        """Every item of the tree by its linkId."""
        return {item.link_id: item for item in walk(self.items)}

    @cached_property
    def order(self) -> dict[str, int]:
        """The place of every item of the tree when it is read from top to bottom, by linkId."""
        return {link_id: position for position, link_id in enumerate(self.by_link_id)}

    @cached_property
    def has_expressions(self) -> bool:
        """Whether an item hangs on an expression."""
        return any(item.enable_expression is not None for item in self.by_link_id.values())

    @cached_property
    def paths(self) -> dict[str, str]:
        """The linkIds from the root down to each item, joined by "/"."""
        return dict(link_id_paths(self.items))


def link_id_paths(items: tuple[Item, ...], above: str = "") -> Iterator[tuple[str, str]]:
    """Every linkId with its path."""
    for item in items:
        path = f"{above}/{item.link_id}" if above else item.link_id
        yield item.link_id, path
        yield from link_id_paths(item.items, path)


def walk(items: tuple[Item, ...]) -> Iterator[Item]:
    """Every item of a tree, parents before their children, in order."""
    for item in items:
        yield item
        yield from walk(item.items)
