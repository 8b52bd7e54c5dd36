"""A Questionnaire as a value: its items, options, weights, constraints and conditions of display.

https://hl7.org/fhir/R4/questionnaire.html
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, Protocol

from service.issues import IssueType
from service.screening.instruments.typed_value import Coding, ItemType, TypedValue, ValueType, plain_name
from service.screening.kleene import Truth

Operator = Literal["exists", "=", "!=", ">", "<", ">=", "<="]


@dataclass(frozen=True, slots=True)
class Option(TypedValue):
    """One ``answerOption``. ``exclusive``: it excludes the other options; ``weight`` is its itemWeight.

    ``names``: its display and the translations of it, each as ``plain_name``.
    """

    weight: Decimal | None = None
    exclusive: bool = False
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EnableWhen:
    """One ``enableWhen``: the answer to ``question`` compared by ``operator`` with ``answer``.

    ``answer`` is None if the questionnaire gives none; such a condition is never met by an answer.
    """

    question: str
    operator: Operator
    answer: TypedValue | None

    @property
    def answer_code(self) -> str | None:
        """The code that the condition compares with; None if it does not compare with a Coding."""
        return self.answer.value.code if self.answer is not None and isinstance(self.answer.value, Coding) else None


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression (SDC) with the variables that it may use, as pairs of name and expression.

    ``environment``: parts of the questionnaire by the name of the variable that is their value. ``if_empty``: the truth
    of an empty result.
    """

    language: str
    text: str
    variables: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, Any], ...] = field(default=(), compare=False, repr=False)
    if_empty: Truth = False


@dataclass(frozen=True, slots=True)
class ExpressionConstraint:
    """A rule on answers that the questionnaire writes as an expression. ``human``: the rule in words."""

    severity: Literal["error", "warning"]
    human: str
    expression: Expression


def option_key(value: TypedValue) -> Hashable:
    """A key of an option and of the answers that choose it: of a Reference only ``reference`` matters."""
    return ("Reference", value.element("reference")) if value.type == "Reference" else value.comparison_key


class Constraint(Protocol):
    """A limit on the value of an answer. ``code`` and ``text`` are those of the issue if the limit is broken."""

    @property
    def code(self) -> IssueType: ...
    @property
    def text(self) -> str: ...
    def allows(self, answer: TypedValue, contained: Mapping[str, str]) -> Truth: ...


class ValueSet(Protocol):
    """The value set of a question: call it with a Coding to learn whether it is a member."""

    def __call__(self, coding: Coding, /) -> Truth: ...
    def is_named_otherwise(self, coding: Coding) -> bool: ...
    def may_mean_member(self, coding: Coding) -> bool: ...
    def names_of(self, coding: Coding) -> frozenset[str]: ...


class ItemContainer:
    """A questionnaire or an item: both contain items."""

    items: tuple["Item", ...]

    @cached_property
    def positions(self) -> dict[str, int]:
        """The index of each item among ``items``, by linkId."""
        return {item.link_id: position for position, item in enumerate(self.items)}


@dataclass(frozen=True, eq=False)
class Item(ItemContainer):
    """One item of a questionnaire. ``text`` is for the patient, ``texts`` are its translations. Equal only to itself.

    ``extract``: its answers become Observations, with the categories ``categories``. ``value_set`` tells whether a
    code is a member of its value set. ``unchecked`` are the texts of the warnings about limits that are not checked.
    """

    link_id: str
    type: ItemType
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
    value_set: ValueSet | None = None
    enable_expression: Expression | None = None
    expression_constraints: tuple[ExpressionConstraint, ...] = ()
    unchecked: tuple[str, ...] = ()

    @cached_property
    def option_of(self) -> dict[str, Coding]:
        """The coded options by code."""
        return {coding.code: coding for coding in self.codings_in_order if coding.code is not None}

    @cached_property
    def codings(self) -> frozenset[Coding]:
        """The coded options; two systems may use the same code."""
        return frozenset(self.codings_in_order)

    @property
    def codings_in_order(self) -> tuple[Coding, ...]:
        """The coded options in the order of the questionnaire."""
        return tuple(option.value for option in self.options if isinstance(option.value, Coding))

    @cached_property
    def words_of_code(self) -> dict[str | None, tuple[str | None, str | None, Decimal | None]]:
        """System, display and weight of each coded option, by its code, if no other option has this code.

        A code alone is found without the hash of a Coding, which Python computes.
        """
        coded = [(option.value, option.weight) for option in self.options if isinstance(option.value, Coding)]
        codes = [coding.code for coding, _ in coded]
        words = {coding.code: (coding.system, coding.display, weight) for coding, weight in coded}
        return {code: each for code, each in words.items() if code is not None and codes.count(code) == 1}

    @cached_property
    def has_condition(self) -> bool:
        """Whether the questionnaire says when the item is enabled."""
        return bool(self.enable_when) or self.enable_expression is not None

    @cached_property
    def is_plain_choice(self) -> bool:
        """Whether a single answer is right if it is one of the options: there are no other limits, and no items."""
        others = (self.items, self.constraints, self.expression_constraints, self.unchecked)
        is_limited = any(others) or self.min_occurs is not None or self.max_occurs is not None
        return self.type in ("choice", "open-choice") and not is_limited

    @cached_property
    def exclusive(self) -> frozenset[str]:
        """The codes of the options that exclude the other options."""
        values = (option.value for option in self.options if option.exclusive)
        return frozenset(value.code for value in values if isinstance(value, Coding) and value.code is not None)

    @cached_property
    def option_keys(self) -> frozenset[Hashable]:
        """The keys of the options, each as ``option_key`` of an answer that chooses it."""
        return frozenset(map(option_key, self.options))

    @cached_property
    def option_by_key(self) -> dict[Hashable, Option]:
        """The options by their key."""
        return {option_key(option): option for option in self.options}

    def may_mean_option(self, coding: Coding) -> bool:
        """Whether a Coding without system or code may mean one of the options: by its code, or its display."""
        if coding.code is not None:
            return coding.system is None and coding.code in self.option_of
        return plain_name(coding.display or "") in self.option_by_name

    def option_number(self, value: TypedValue) -> int:
        """The number of the option that a value chooses, from 1."""
        return list(self.option_by_key).index(option_key(value)) + 1

    @cached_property
    def option_by_name(self) -> dict[str, Option]:
        """The options by each of their names."""
        return {name: option for option in self.options for name in option.names}

    @cached_property
    def known_texts(self) -> frozenset[str]:
        """The text and its translations, with one space between words."""
        return frozenset(" ".join(text.split()) for text in (self.text, *self.texts))

    @cached_property
    def option_types(self) -> frozenset[ValueType]:
        """The types of the options."""
        return frozenset(option.type for option in self.options)


@dataclass(frozen=True)
class Instrument(ItemContainer):
    """A questionnaire. ``name`` is ours, the other fields are those of the Questionnaire.

    ``effective`` is the start and end of ``effectivePeriod``; ``unchecked`` as in an item.
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
    expression_constraints: tuple[ExpressionConstraint, ...] = ()
    unchecked: tuple[str, ...] = ()

    @property
    def canonical(self) -> str:
        """``url|version``."""
        return f"{self.url}|{self.version}"

    @cached_property
    def by_link_id(self) -> dict[str, Item]:
        """Every item of the tree by its linkId."""
        return {item.link_id: item for item in walk_items(self.items)}

    @cached_property
    def order(self) -> dict[str, int]:
        """The position of every item of the tree, read from top to bottom, by linkId."""
        return {link_id: position for position, link_id in enumerate(self.by_link_id)}

    @cached_property
    def hanging(self) -> tuple[tuple[Item, str | None], ...]:
        """The items with an enableWhen of their own or of an item around them, each with the linkId of its parent."""
        return tuple(hanging_items(self.items, None, False))

    @cached_property
    def has_expressions(self) -> bool:
        """Whether the questionnaire or an item has an expression to evaluate."""
        return bool(self.expression_constraints) or any(
            item.enable_expression is not None or item.expression_constraints for item in self.by_link_id.values()
        )

    @cached_property
    def paths(self) -> dict[str, str]:
        """The linkIds from the root down to each item, joined by "/", e.g. ``{"lp-side": "lp-details/lp-side"}``."""
        return dict(link_id_paths(self.items))


def link_id_paths(items: tuple[Item, ...], above: str = "") -> Iterator[tuple[str, str]]:
    """Every linkId with its path, e.g. ``("lp-side", "lp-details/lp-side")``."""
    for item in items:
        path = f"{above}/{item.link_id}" if above else item.link_id
        yield item.link_id, path
        yield from link_id_paths(item.items, path)


def hanging_items(items: tuple[Item, ...], parent: str | None, parent_hangs: bool) -> Iterator[tuple[Item, str | None]]:
    """The items that hang on an answer, or on an item that does, each with the linkId of its parent, in order."""
    for item in items:
        hangs = parent_hangs or bool(item.enable_when)
        if hangs:
            yield item, parent
        yield from hanging_items(item.items, item.link_id, hangs)


def walk_items(items: tuple[Item, ...]) -> Iterator[Item]:
    """Every item of the tree in order, each before the items nested in it."""
    for item in items:
        yield item
        yield from walk_items(item.items)
