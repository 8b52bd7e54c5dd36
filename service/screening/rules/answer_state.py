"""What a response answers, as far as it decides whether older responses of its instrument are still used."""

from service.screening.instruments.answer_sheet import AnswerSheet, answers_of, asked_items
from service.screening.instruments.editions import OUR_FORM
from service.screening.instruments.response import Response
from service.screening.rules.assessment import InstrumentRules
from service.screening.rules.response_selection import AnswerState
from service.screening.rules.scores import compute_score


def answer_state(response: Response, sheet: AnswerSheet, rules: InstrumentRules) -> AnswerState:
    """Whether the response has every score, and the safety items that it settles.

    A safety item that the sender's form lacks is not settled: nobody has asked. Item 9 = 0 settles its follow-up
    question.
    """
    has_scores = not any(compute_score(rule, sheet).total is None for rule in rules.scores)
    asked = asked_items(sheet.instrument, answers_of(response, rules.safety_items), OUR_FORM)
    settled = (item for item in rules.safety_items if item in sheet.chosen or asked.get(item) is False)
    return AnswerState(has_scores, frozenset(settled))
