"""Answers that say two things: a code with the display, or the weight, of another option of the same question."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from service.screening.instruments.answer_sheet import Contradiction
from service.screening.instruments.instrument import Instrument, Item, Option, option_key
from service.screening.instruments.response import Answer, AnsweredItem, Response
from service.screening.instruments.typed_value import Coding, bare_name, plain_name


@dataclass(frozen=True, slots=True)
class OtherReading:
    """What ``element`` of an answer says beside its code. ``option`` is None if no option has this weight."""

    element: Literal["display", "weight"]
    option: Option | None


def agrees_with_option(item: Item, answer: Answer) -> bool:
    """Whether code, display and weight are word for word those of one option: then there is no other reading.

    Most answers do, so that `make bench` ("validate, after parsing") compares no names.
    """
    if is_word_for_word(item, answer):
        return True
    chosen = item.option_by_key.get(option_key(answer))
    if chosen is None or not isinstance(answer.value, Coding) or not isinstance(chosen.value, Coding):
        return False
    same_display = answer.value.display in (None, chosen.value.display)
    return same_display and all(weight == chosen.weight for weight in answer.weights)


def is_word_for_word(item: Item, answer: Answer) -> bool:
    """Whether ``agrees_with_option`` is surely true; quicker, for options of which no two have the same code."""
    value = answer.value
    words = item.words_of_code.get(value.code) if isinstance(value, Coding) else None
    if words is None or not isinstance(value, Coding):
        return False
    system, display, weight = words
    if value.system != system or value.display not in (None, display):
        return False
    return not answer.weights or all(stated == weight for stated in answer.weights)


def other_readings(item: Item, answer: Answer) -> Iterator[OtherReading]:
    """Yields the readings of an offered option that contradict its code. A translated display contradicts nothing."""
    chosen = item.option_by_key.get(option_key(answer))
    if chosen is None:
        return
    display = answer.value.display if isinstance(answer.value, Coding) else None
    if display and (named := named_option(item, chosen, display)) is not None:
        yield OtherReading("display", named)
    if chosen.weight is not None:
        for weight in answer.weights:
            if weight != chosen.weight:
                yield OtherReading("weight", next((o for o in item.options if o.weight == weight), None))


def named_option(item: Item, chosen: Option, display: str) -> Option | None:
    """The option that a display names instead of the chosen one, perhaps with its weight beside the words."""
    names = (plain_name(display), bare_name(display))
    if not chosen.names.isdisjoint(names):
        return None
    return next((item.option_by_name[name] for name in names if name in item.option_by_name), None)


def has_other_display(item: Item, answer: Answer) -> bool:
    """Whether the display is neither that of the chosen option nor a translation of it that the questionnaire has."""
    chosen = item.option_by_key.get(option_key(answer))
    if chosen is None or not chosen.names or not isinstance(answer.value, Coding) or not answer.value.display:
        return False
    return plain_name(answer.value.display) not in chosen.names


def with_higher_readings(
    response: Response, instrument: Instrument, safety_items: Collection[str]
) -> tuple[Response, tuple[Contradiction, ...]]:
    """The response with the higher reading of each answer to a safety item, and which answers had two readings."""
    given = [each for each in response.all_items if each.link_id in safety_items]
    if all(agree_with_options(instrument.by_link_id.get(each.link_id), each.answers) for each in given):
        return response, ()
    found: list[Contradiction] = []
    items = read_items_higher(response.items, instrument, safety_items, found)
    return (replace(response, items=items), tuple(found)) if found else (response, ())


def agree_with_options(item: Item | None, answers: Iterable[Answer]) -> bool:
    """Whether no answer says two things; True without an item."""
    return item is None or all(agrees_with_option(item, answer) for answer in answers)


def read_items_higher(
    items: tuple[AnsweredItem, ...], instrument: Instrument, safety_items: Collection[str], found: list[Contradiction]
) -> tuple[AnsweredItem, ...]:
    """The items with the higher readings, at any depth. Adds to ``found``; without a finding the items are the same."""
    before, read = len(found), []
    for item in items:
        answers: list[Answer] = []
        for answer in item.answers:
            nested = read_items_higher(answer.items, instrument, safety_items, found) if answer.items else ()
            kept = replace(answer, items=nested) if nested else answer
            known = instrument.by_link_id.get(item.link_id) if item.link_id in safety_items else None
            answers += [kept] if known is None else read_higher(known, kept, found)
        inner = read_items_higher(item.items, instrument, safety_items, found) if item.items else ()
        read.append(item._replace(answers=tuple(answers), items=inner))
    return tuple(read) if len(found) > before else items


def read_higher(item: Item, answer: Answer, found: list[Contradiction]) -> list[Answer]:
    """The answer as its higher reading: the option of greater weight; without weights both, but no exclusive option."""
    others = list(other_readings(item, answer))
    chosen = item.option_by_key.get(option_key(answer))
    if not others or chosen is None:
        return [answer]
    readings = [chosen, *(reading.option for reading in others if reading.option is not None)]
    if chosen.weight is None:
        judged = [option for option in readings if not option.exclusive] or [chosen]
    else:
        # Of a weight that no option has, the greatest option below it is the reading.
        stated = max(answer.weights, default=chosen.weight)
        readings += [option for option in item.options if option.weight is not None and option.weight <= stated]
        judged = [max(readings, key=lambda option: option.weight or 0)]
    codes = tuple(o.value.code for o in judged if isinstance(o.value, Coding) and o.value.code is not None)
    found.append(Contradiction("two-readings", item.link_id, codes))
    return [replace(answer, value=option.value) for option in dict.fromkeys(judged)]
