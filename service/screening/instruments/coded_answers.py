"""The answers of one response as one integer per question: a bit per option, and whether the form showed the question.

Bit 0: the form showed the question. Bit 1: an unanswered question decides whether it did. Bit 2: an answer that is
none of the options. From bit 3 on: the options, in their order. 0 is a question that the form did not show.
"""

from collections.abc import Iterable, Mapping

from service.screening.instruments.answer_sheet import AnswerSheet
from service.screening.instruments.instrument import Instrument

SHOWN, UNSURE, OTHER = 1, 2, 4
FIRST_OPTION = 3
# The bits of an integer that every database and Parquet can hold. Options beyond them have the bit OTHER.
MOST_OPTIONS = 60
CODED_TYPES = {"choice", "open-choice", "integer", "decimal"}

# The codes of the options of each question, by linkId; none for a number.
Questions = Mapping[str, tuple[str, ...]]


def options_of_questions(instrument: Instrument) -> dict[str, tuple[str, ...]]:
    """The questions of an instrument that have an integer, in its order."""
    return {
        item.link_id: tuple(item.option_of)[:MOST_OPTIONS]
        for item in instrument.by_link_id.values()
        if item.type in CODED_TYPES
    }


def code_answers(sheet: AnswerSheet) -> list[int]:
    """The integer of each question of the instrument of the answers, in its order."""
    return [
        option_bits(sheet.chosen.get(link_id, ()), options)
        | (SHOWN if sheet.asked.get(link_id) is True else 0)
        | (UNSURE if sheet.asked.get(link_id, False) is None else 0)
        for link_id, options in options_of_questions(sheet.instrument).items()
    ]


def option_bits(codes: Iterable[str], options: tuple[str, ...]) -> int:
    """The bits of the chosen options."""
    bits = 0
    for code in codes:
        bits |= 1 << FIRST_OPTION + options.index(code) if code in options else OTHER
    return bits


def united_questions(layouts: Iterable[Questions]) -> dict[str, tuple[str, ...]]:
    """All questions of several editions of one form, each with all of its options: those of the first come first."""
    united: dict[str, tuple[str, ...]] = {}
    for layout in layouts:
        for link_id, options in layout.items():
            united[link_id] = tuple(dict.fromkeys((*united.get(link_id, ()), *options)))[:MOST_OPTIONS]
    return united


def recode(bits: int, options: tuple[str, ...], others: tuple[str, ...]) -> int:
    """The integer of a question with the options ``others`` instead of ``options``."""
    if others[: len(options)] == options:
        return bits
    chosen = (code for place, code in enumerate(options) if bits >> FIRST_OPTION + place & 1)
    return bits & (SHOWN | UNSURE | OTHER) | option_bits(chosen, others)
