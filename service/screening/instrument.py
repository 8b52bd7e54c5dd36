"""A questionnaire as the rules and checks need it: items, options, weights and conditions of display."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any


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


@dataclass(frozen=True, eq=False)
class Item:
    """One item of a questionnaire, of any R4 type; ``text`` is what the patient reads. Equal only to itself.

    ``extract`` and ``categories`` say whether and under what its answers become Observations.
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

    @cached_property
    def option_of(self) -> dict[str, Coding]:
        """The coded options by code."""
        return {option.value.code: option.value for option in self.options if option.kind == "Coding"}

    @cached_property
    def exclusive(self) -> frozenset[str]:
        """The codes of the options that stand alone."""
        return frozenset(option.value.code for option in self.options if option.exclusive and option.kind == "Coding")

    @cached_property
    def option_kinds(self) -> frozenset[str]:
        """The types of the options."""
        return frozenset(option.kind for option in self.options)


@dataclass(frozen=True)
class Instrument:
    """A published questionnaire: its canonical, and its items as a tree."""

    name: str
    url: str
    version: str
    title: str
    status: str
    items: tuple[Item, ...]
    code: tuple[Coding, ...] = ()
    categories: tuple[Coding, ...] = ()

    @property
    def canonical(self) -> str:
        return f"{self.url}|{self.version}"

    @cached_property
    def by_link_id(self) -> dict[str, Item]:
        """Every item of the tree by its linkId."""
        return {item.link_id: item for item in walk(self.items)}

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
