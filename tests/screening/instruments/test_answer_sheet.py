"""The answers of one response, indexed: which of them count where they decide whether another item was shown."""

from service.screening.instruments.answer_sheet import read_sheet
from service.screening.instruments.instrument import EnableWhen, Instrument, Item, Option
from service.screening.instruments.response import Answer
from service.screening.instruments.typed_value import Coding, TypedValue
from service.screening.kleene import Truth

URL = "http://forms.example/codes"
NONE = Option("Coding", Coding(URL, "none"), exclusive=True)
PAIN = Option("Coding", Coding(URL, "pain"))


def asked_after(condition: EnableWhen, *codings: Coding) -> Truth:
    """Whether an item with this condition was shown after these answers to the question before it."""
    question = Item("signs", "open-choice", repeats=True, options=(NONE, PAIN))
    follow_up = Item("more", "string", enable_when=(condition,))
    instrument = Instrument("signs", f"{URL}/q", "1", "Signs", "active", (question, follow_up))
    answers = [Answer("Coding", coding, "QuestionnaireResponse.item[0].answer[0]") for coding in codings]
    return read_sheet(instrument, {"signs": answers}).asked["more"]


def equals(option: Option) -> EnableWhen:
    return EnableWhen("signs", "=", TypedValue("Coding", option.value))


def test_an_exclusive_option_beside_others_shows_nothing() -> None:
    assert asked_after(equals(NONE), Coding(URL, "none")) is True
    assert asked_after(equals(NONE), Coding(URL, "none"), Coding(URL, "pain")) is False
    assert asked_after(equals(PAIN), Coding(URL, "none"), Coding(URL, "pain")) is True


def test_an_answer_in_words_alone_is_none_that_a_rule_can_read() -> None:
    exists = EnableWhen("signs", "exists", TypedValue("boolean", True))
    assert asked_after(exists, Coding(URL, "pain")) is True
    assert asked_after(exists, Coding(None, None, "a pain of another kind")) is False
