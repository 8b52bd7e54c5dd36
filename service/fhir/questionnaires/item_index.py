"""Index of the items of a Questionnaire by linkId, each with its path, position and ancestors.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.item
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from service.fhir.questionnaires.questionnaire_reader import read_option
from service.fhir.r4.types import Resource
from service.screening.instruments.instrument import Option
from service.screening.instruments.typed_value import Coding, ValueType


@dataclass(frozen=True)
class IndexedItem:
    """An item, its path, its position when the items are read from the top, and the linkIds of the items around it.

    Example of a path: ``"Questionnaire.item[0].item[2]"``.
    """

    item: Resource
    path: str
    position: int
    ancestors: tuple[str, ...]

    @property
    def link_id(self) -> str:
        """The linkId of the item."""
        return str(self.item["linkId"])

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """The options of the question."""
        return tuple(option for element in self.item.get("answerOption", ()) for option in read_option(element))

    @cached_property
    def option_types(self) -> frozenset[ValueType]:
        """The types of the options."""
        return frozenset(option.type for option in self.options)

    @cached_property
    def codings(self) -> frozenset[Coding]:
        """The coded options."""
        return frozenset(option.value for option in self.options if isinstance(option.value, Coding))


def index_items(questionnaire: Resource) -> dict[str, IndexedItem]:
    """Returns every item by its linkId, the first one if a linkId is repeated."""
    items: dict[str, IndexedItem] = {}
    for item in walk_questionnaire(questionnaire):
        items.setdefault(item.link_id, item)
    return items


def walk_questionnaire(questionnaire: Resource) -> Iterator[IndexedItem]:
    """Yields every item, each before the items nested in it."""
    yield from walk_nested(questionnaire, "Questionnaire", (), count())


def walk_nested(
    parent: Resource, path: str, ancestors: tuple[str, ...], positions: Iterator[int]
) -> Iterator[IndexedItem]:
    """Yields the items nested in an item or a questionnaire, at any depth."""
    for index, item in enumerate(parent.get("item", ())):
        item_path = f"{path}.item[{index}]"
        yield IndexedItem(item, item_path, next(positions), ancestors)
        yield from walk_nested(item, item_path, (*ancestors, item["linkId"]), positions)
