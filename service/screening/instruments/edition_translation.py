"""Translation of a response to another publisher's edition into our linkIds, codes and types."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from service.screening.instruments.editions import Edition, Gate, InstrumentEdition
from service.screening.instruments.instrument import Instrument, Item, ItemContainer, walk_items
from service.screening.instruments.response import Answer, AnsweredItem, Response, walk_answered_items
from service.screening.instruments.typed_value import Coding

# The units of a total that is a Quantity: https://ucum.org/ucum, "1" and the annotation of it; or none.
TOTAL_UNITS = {None, "", "1", "{score}", "score"}
# The data-absent-reason of a question that the form did not show.
NOT_ASKED = "not-asked"


def translated(response: Response, form: InstrumentEdition) -> tuple[Response, InstrumentEdition]:
    """The response in our linkIds, codes and types, and the form as it was shown: without what a gate left out.

    Every ``path`` remains that of the received response.
    """
    if form.edition is None:
        return response, form
    translation = Translation(form.edition, form.instrument)
    ours = replace(response, items=translation.translate_root(response.items))
    skipped = skipped_questions(form.edition.form.gates, ours, form.instrument)
    if not skipped:
        return ours, form
    shown = replace(form.edition.form, lacks=form.edition.form.lacks | skipped)
    return ours, replace(form, edition=replace(form.edition, form=shown))


@dataclass(frozen=True, slots=True)
class Translation:
    """The translation from one edition into our questionnaire."""

    edition: Edition
    instrument: Instrument

    def translate_root(self, items: Iterable[AnsweredItem]) -> tuple[AnsweredItem, ...]:
        """The items of a response in the groups and the order of our questionnaire: the sender's form has its own."""
        return place_in_groups(self.translate_items(items), self.instrument, self.instrument.order)

    def translate_items(self, items: Iterable[AnsweredItem]) -> Iterator[AnsweredItem]:
        """The items in our linkIds, without those that the edition drops, and without the groups of the sender's form.

        The contents of such a group take its place.
        """
        for item in items:
            if item.link_id not in self.edition.dropped:
                made = self.translate_item(item)
                yield from made.items if self.is_group_of_theirs(made) else (made,)

    def is_group_of_theirs(self, item: AnsweredItem) -> bool:
        """True for an item without an answer that our questionnaire does not have."""
        return not item.answers and item.absent is None and item.link_id not in self.instrument.by_link_id

    def translate_item(self, item: AnsweredItem) -> AnsweredItem:
        """One item without its text, which is that of the other edition."""
        link_id, not_answered = self.edition.link_ids.get(item.link_id, item.link_id), self.edition.not_answered
        ours = self.instrument.by_link_id.get(link_id)
        declining = [a.value for a in item.answers if isinstance(a.value, Coding) and a.value in not_answered]
        given = [answer for answer in item.answers if answer.value not in declining]
        return item._replace(
            link_id=link_id,
            answers=tuple(self.translate_answer(answer, ours) for answer in given),
            items=tuple(self.translate_items(item.items)),
            text=None,
            absent=None if given else item.absent or next(map(not_answered.get, declining), None),
        )

    def translate_answer(self, answer: Answer, ours: Item | None) -> Answer:
        """One answer; a value that the edition does not map remains as it is."""
        made = replace(answer, items=tuple(self.translate_items(answer.items)))
        if ours is None:
            return made
        if isinstance(answer.value, Coding):
            # The display remains that of the sender, which may be that of another option.
            ours_coded = self.translate_coding(answer.value, ours)
            return replace(made, value=replace(ours_coded, display=answer.value.display))
        if ours.type == "decimal":
            total = total_of(answer)
            return made if total is None else replace(made, type="decimal", value=total)
        option = option_with_weight(answer, ours) if self.edition.weights else None
        return made if option is None else replace(made, type="Coding", value=option)

    def translate_coding(self, value: Coding, ours: Item) -> Coding:
        """Our option for a Coding of theirs."""
        codings = self.edition.codings
        mapped = codings.get((ours.link_id, value)) or codings.get(("", value))
        if mapped is not None or value.system is not None or not self.edition.codes_alone:
            return mapped or value
        named = {option for option in ours.codings if option.code == value.code}
        named |= {
            option
            for (link_id, theirs), option in codings.items()
            if link_id in ("", ours.link_id) and theirs.code == value.code and option in ours.codings
        }
        return named.pop() if len(named) == 1 else value


def place_in_groups(
    items: Iterable[AnsweredItem], container: ItemContainer, order: Mapping[str, int]
) -> tuple[AnsweredItem, ...]:
    """The items of a container in the ``order`` of our questionnaire, those of its groups inside these groups.

    A group that the response does not contain is added, with the path of its first item.
    """
    placed: list[AnsweredItem] = []
    inside = {each.link_id: group for group in container.items if is_group(group) for each in walk_items(group.items)}
    strays: dict[str, list[AnsweredItem]] = {}
    for item in items:
        group = None if item.link_id in container.positions else inside.get(item.link_id)
        (placed if group is None else strays.setdefault(group.link_id, [])).append(item)
    for group in container.items:
        if group.link_id in strays:
            moved = strays[group.link_id]
            sent = next((item for item in placed if item.link_id == group.link_id), None)
            base = sent or AnsweredItem(group.link_id, moved[0].path)
            filled = base._replace(items=place_in_groups((*base.items, *moved), group, order))
            placed = [*(item for item in placed if item is not sent), filled]
    return tuple(sorted(placed, key=lambda item: order.get(item.link_id, len(order))))


def is_group(item: Item) -> bool:
    """True for an item that only contains others."""
    return item.type == "group"


def total_of(answer: Answer) -> Decimal | None:
    """The number of an integer, or of a Quantity without unit or with that of a score; None for any other answer."""
    value = answer.value
    if answer.type in ("integer", "decimal") and isinstance(value, int | Decimal):
        return Decimal(value)
    if not isinstance(value, dict) or "comparator" in value or "value" not in value:
        return None
    return Decimal(value["value"]) if value.get("code", value.get("unit")) in TOTAL_UNITS else None


def option_with_weight(answer: Answer, ours: Item) -> Coding | None:
    """The option whose weight is the number (or the digits) given; None if there is none, or more than one."""
    text = str(answer.value).strip()
    if answer.type not in ("integer", "decimal", "string") or not text.removesuffix(".0").isdecimal():
        return None
    found = [o.value for o in ours.options if o.weight == Decimal(text) and isinstance(o.value, Coding)]
    return found[0] if len(found) == 1 else None


def skipped_questions(gates: Iterable[Gate], response: Response, instrument: Instrument) -> frozenset[str]:
    """The questions that the form did not ask because of the answers before them."""
    answered = {item.link_id: item for item in walk_answered_items(response.items) if item.absent != NOT_ASKED}
    skipped: set[str] = set()
    for gate in gates:
        weights = [weight_of(answered.get(link_id), instrument.by_link_id[link_id]) for link_id in gate.sum_of]
        known = [weight for weight in weights if weight is not None]
        if len(known) == len(weights) and sum(known) < gate.reaches and gate.asks.isdisjoint(answered):
            skipped |= gate.asks
    return frozenset(skipped)


def weight_of(answered: AnsweredItem | None, item: Item) -> Decimal | None:
    """The weight of the one answer to a question; None without it."""
    if answered is None or len(answered.answers) != 1:
        return None
    return next((option.weight for option in item.options if option.is_same_value(answered.answers[0])), None)
