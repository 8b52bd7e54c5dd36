"""Where each fact that asks for a place has found one: a question, a rule, a red flag or a piece of advice."""

from collections.abc import Iterator
from dataclasses import dataclass

from service.adapters.catalogue import Catalogue
from service.adapters.places import uses

# Facts of these kinds must show in the form, the rules or the advice; the others are background.
PLACED = frozenset(
    {"question", "answer-option", "rule-supports", "rule-opposes", "red-flag", "investigation", "management"}
)


@dataclass(frozen=True)
class Covered:
    """A fact with its places, or with the reason why it has none."""

    fact: str
    kinds: tuple[str, ...]
    places: tuple[str, ...]
    reason: str | None = None

    @property
    def lost(self) -> bool:
        return not self.places and self.reason is None


def coverage(catalogue: Catalogue) -> Iterator[Covered]:
    """Every fact that must have a place, in the order of the register."""
    places: dict[str, dict[str, None]] = {}
    for id, place in uses(catalogue):
        places.setdefault(id, {})[place] = None
    for id, fact in catalogue.lexicon.facts.items():
        if PLACED.intersection(fact.kinds):
            yield Covered(id, fact.kinds, tuple(places.get(id, ())), catalogue.excused.facts.get(id))
