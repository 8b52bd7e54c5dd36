"""Patterns in the order in which they are shown, and gathered into cards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.screening.patterns import Reported
from service.screening.urgency import Urgency


@dataclass(frozen=True)
class Card:
    """Patterns that are shown as one; the first of them leads."""

    items: tuple[Reported, ...]

    @property
    def urgency(self) -> Urgency:
        return max(item.urgency for item in self.items)


def in_order(reported: Iterable[Reported]) -> list[Reported]:
    """The most urgent first, then the surest, then bodily before mood, then specific before umbrella."""
    return sorted(
        reported,
        key=lambda item: (-item.urgency, -item.confidence, item.pattern.kind != "bodily", item.pattern.umbrella),
    )


def cards(reported: Iterable[Reported], at_most: int) -> Sequence[Card]:
    """The first cards in order, and every later one that is urgent."""
    grouped: dict[str, list[Reported]] = {}
    for item in in_order(reported):
        grouped.setdefault(item.pattern.card or item.pattern.id, []).append(item)
    made = [Card(tuple(items)) for items in grouped.values()]
    return [card for index, card in enumerate(made) if index < at_most or card.urgency >= Urgency.SAME_DAY]
