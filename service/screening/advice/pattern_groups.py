"""Patterns in display order, and in families for the page of the patient."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from service.screening.advice.advice import PatternAdvice
from service.screening.rules.patterns import ReportedPattern
from service.screening.rules.urgency import Urgency


@dataclass(frozen=True)
class PatternGroup:
    """The patterns of one family, which the page shows as one entry. ``lead`` gives the words and the confidence."""

    lead: ReportedPattern
    items: tuple[ReportedPattern, ...]

    @property
    def urgency(self) -> Urgency:
        """The highest urgency in the group."""
        return max(item.urgency for item in self.items)


def display_order(reported: Iterable[ReportedPattern]) -> list[ReportedPattern]:
    """Returns patterns by urgency, then confidence, then bodily before mood, then specific before umbrella."""
    return sorted(
        reported,
        key=lambda item: (-item.urgency, -item.confidence, item.pattern.kind != "bodily", item.pattern.umbrella),
    )


def group_patterns(reported: Iterable[ReportedPattern], advice: Mapping[str, PatternAdvice]) -> list[PatternGroup]:
    """Returns one group for each family, danger patterns first, then in display order.

    The lead is the narrowest pattern of those with the highest confidence in the family; of equals, the first.
    """
    by_family: dict[str, list[ReportedPattern]] = {}
    for item in sorted(display_order(reported), key=lambda item: not item.pattern.danger):
        by_family.setdefault(item.pattern.family, []).append(item)
    return [PatternGroup(lead_pattern(items, advice), tuple(items)) for items in by_family.values()]


def lead_pattern(items: Iterable[ReportedPattern], advice: Mapping[str, PatternAdvice]) -> ReportedPattern:
    """Returns the pattern that a patient reads of."""
    return max(items, key=lambda item: (item.confidence, advice[item.pattern.id].specific))
