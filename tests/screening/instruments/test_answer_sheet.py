"""The answers of one response, indexed: which of them count where they decide whether another item was shown."""

from random import Random

from service.screening.instruments.answer_sheet import asked_items, asked_of_form, read_sheet
from service.screening.instruments.editions import SenderForm
from service.screening.instruments.instrument import EnableWhen, Instrument, Item, Option
from service.screening.instruments.response import Answer
from service.screening.instruments.typed_value import Coding, TypedValue
from service.screening.kleene import Truth
from tests.support.generated.generating import choice_items, instrument, random_options

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


def test_the_items_asked_are_those_of_a_walk_through_all_items() -> None:
    seen: set[Truth] = set()
    for seed in range(200):
        random = Random(seed)
        name = random.choice(["leg-pain", "phq-9"])
        form = SenderForm(always_shows=frozenset(random.sample(sorted(instrument(name).by_link_id), 3)))
        answers = {
            link_id: [Answer("Coding", item.option_of[code], "") for code in random_options(item, random)]
            for link_id, item in choice_items(name).items()
            if random.random() < 0.7
        }
        asked = asked_items(instrument(name), answers, form)
        assert list(asked.items()) == list(asked_of_form(instrument(name).items, answers, form, True).items())
        seen |= set(asked.values())
    assert seen == {True, False, None}
