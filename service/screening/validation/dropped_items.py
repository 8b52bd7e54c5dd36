"""Issues that tell a sender which answers are not read: those to questions that an edition drops."""

from collections.abc import Iterable, Iterator

from service.issues import Issue
from service.screening.instruments.editions import InstrumentEdition
from service.screening.instruments.response import AnsweredItem, Response, walk_answered_items


def dropped_item_issues(response: Response, form: InstrumentEdition) -> list[Issue]:
    """One issue for each item with an answer that our questionnaire has no item for. The response is as received."""
    if form.edition is None or not form.edition.dropped:
        return []
    text = f"{form.instrument.title} has no item for this here. What was answered is stored, and not used."
    dropped = outermost_dropped(response.items, form.edition.dropped)
    return [
        Issue("informational", item.path, text, severity="information")
        for item in dropped
        if any(each.answers for each in walk_answered_items((item,)))
    ]


def outermost_dropped(items: Iterable[AnsweredItem], dropped: frozenset[str]) -> Iterator[AnsweredItem]:
    """The items that an edition drops, in groups and in answers too, without those inside another one of them."""
    for item in items:
        if item.link_id in dropped:
            yield item
            continue
        yield from outermost_dropped(item.items, dropped)
        for answer in item.answers:
            yield from outermost_dropped(answer.items, dropped)
