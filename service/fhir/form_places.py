"""The items of a Questionnaire, each with its place.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.item
"""

from collections.abc import Iterator
from dataclasses import dataclass

from service.fhir.reading import Resource


@dataclass(frozen=True)
class Place:
    """One item, where it stands, its number from the top, and the linkIds of the items that hold it."""

    item: Resource
    path: str
    number: int
    above: tuple[str, ...]

    @property
    def link_id(self) -> str:
        return str(self.item["linkId"])


def places(questionnaire: Resource) -> dict[str, Place]:
    """Every item by its linkId; of two with the same the first."""
    found: dict[str, Place] = {}
    for number, (item, path, above) in enumerate(tree(questionnaire, "Questionnaire", ())):
        found.setdefault(item["linkId"], Place(item, path, number, above))
    return found


def tree(holder: Resource, path: str, above: tuple[str, ...]) -> Iterator[tuple[Resource, str, tuple[str, ...]]]:
    for index, item in enumerate(holder.get("item", ())):
        here = f"{path}.item[{index}]"
        yield item, here, above
        yield from tree(item, here, (*above, item["linkId"]))
