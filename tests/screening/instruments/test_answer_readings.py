"""An answer to a safety question that says two things: the higher reading is used."""

from decimal import Decimal
from random import Random

import pytest

from service.fhir.r4.types import Resource
from service.fhir.results.submission import SourceResponse
from service.screening.instruments import answer_readings
from service.screening.instruments.answer_readings import agrees_with_option, is_word_for_word
from service.screening.instruments.instrument import Item, Option
from service.screening.instruments.response import Answer
from service.screening.instruments.typed_value import Coding
from service.usecases.responses.prepare import check_submission
from tests.support.building import NOW, context, response, scored
from tests.support.generated.generating import choice_items
from tests.support.responses.written import bundle_of, one

FIELDS = ("system", "code", "display")


def source(resource: Resource) -> SourceResponse:
    return check_submission(resource, context(), NOW)[0]


def with_display(resource: Resource, link_id: str, display: str) -> Resource:
    (item,) = (item for item in all_items(resource) if item["linkId"] == link_id)
    item["answer"][0]["valueCoding"]["display"] = display
    return resource


def all_items(parent: Resource) -> list[Resource]:
    return [each for item in parent.get("item", ()) for each in (item, *all_items(item))]


def displays(link_id: str) -> dict[str, str | None]:
    instrument = source(response("leg-pain")).sheet.instrument
    return {code.removeprefix(f"{link_id}."): c.display for code, c in instrument.by_link_id[link_id].option_of.items()}


def test_none_with_the_words_of_an_alarm_is_the_alarm() -> None:
    fever = displays("lp-alarm")["fever"]
    made = with_display(response("leg-pain", {"lp-alarm": ["none"]}), "lp-alarm", str(fever))
    read = source(made)
    assert read.sheet.chosen["lp-alarm"] == {"lp-alarm.fever"}
    assert [(c.kind, c.link_id) for c in read.sheet.contradictions] == [("two-readings", "lp-alarm")]
    task = one(bundle_of(made), "Task")["description"]
    assert f'Two readings of the safety question: judged as "{fever}", the higher.' in task


def test_an_alarm_with_the_words_of_none_is_the_alarm() -> None:
    made = with_display(response("leg-pain", {"lp-alarm": ["fever"]}), "lp-alarm", str(displays("lp-alarm")["none"]))
    assert source(made).sheet.chosen["lp-alarm"] == {"lp-alarm.fever"}


def test_an_alarm_with_the_words_of_another_alarm_is_both() -> None:
    made = with_display(
        response("leg-pain", {"lp-alarm": ["fever"]}), "lp-alarm", str(displays("lp-alarm")["saddle-numb"])
    )
    assert source(made).sheet.chosen["lp-alarm"] == {"lp-alarm.fever", "lp-alarm.saddle-numb"}


def test_yes_with_the_words_of_no_to_whether_the_person_is_safe_is_no() -> None:
    made = scored("phq-9", [0] * 8 + [1], answers={"safe-now": ["yes"]})
    instrument = source(made).sheet.instrument
    no = instrument.by_link_id["safe-now"].option_of["safe-now.no"].display
    made = with_display(made, "safe-now", str(no))
    assert "able to stay safe: no)" in one(bundle_of(made), "ClinicalImpression")["summary"]


def test_an_answer_that_is_an_option_word_for_word_has_no_other_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    random, found = Random(3), set()
    monkeypatch.setattr(answer_readings, "is_word_for_word", lambda *_: False)
    for item in (item for name in ("leg-pain", "phq-9") for item in choice_items(name).values()):
        for _ in range(30):
            system, code, display = (getattr(random.choice(item.options).value, name) for name in FIELDS)
            coding = Coding(
                random.choice([system, None]), random.choice([code, code, None]), random.choice([display, None])
            )
            weights = random.choice([(), (), (random.choice(item.options).weight or Decimal(1),)])
            answer = Answer("Coding", coding, "", weights=weights)
            found.add((is_word_for_word(item, answer), agrees_with_option(item, answer)))
    assert found == {(True, True), (False, False)}


def test_two_options_of_one_code_are_never_word_for_word() -> None:
    options = tuple(Option("Coding", Coding(system, "a", "A")) for system in ("urn:one", "urn:two"))
    item = Item("q", "choice", options=options)
    answer = Answer("Coding", Coding("urn:one", "a", "A"), "")
    assert not is_word_for_word(item, answer)
    assert agrees_with_option(item, answer)
