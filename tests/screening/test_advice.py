"""What a patient reads, and what stays out of it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from service.adapters.advicebook import patient_texts
from service.fhir.acts import Act
from service.fhir.assessing import assess_act
from service.fhir.encoding import encode
from service.fhir.intake import prepare
from service.fhir.writing import compose
from service.screening.advice import PatientAdvice, for_patient, forbidden_in
from service.screening.cards import cards, in_order
from service.screening.urgency import Urgency
from tests.building import NOW, catalogue, desk, response, with_total

Answers = Mapping[str, Sequence[str]]
ADVICE = catalogue().advice
ANXIOUS = {
    "lp-side": ["changes"],
    "lp-start": ["lower-leg"],
    "lp-where": ["calf", "shin-outer"],
    "lp-feel": ["burning", "tingling"],
    "lp-duration": ["1-3w"],
    "lp-course": ["comes-goes"],
    "lp-muscle": ["tight"],
    "lp-stress": ["often"],
    "lp-calm": ["often"],
}
STENOSIS = {
    "lp-side": ["both-equal"],
    "lp-start": ["low-back"],
    "lp-where": ["low-back", "thigh-back", "calf"],
    "lp-spread": ["from-back-down"],
    "lp-feel": ["stabbing", "tingling"],
    "lp-duration": ["gt-3m"],
    "lp-course": ["steady"],
    "lp-worse": ["standing", "walking"],
    "lp-better": ["sitting", "bending-forward"],
}


def act(*resources: dict[str, Any], age: int | None = None) -> Act:
    parts = [prepare(resource, desk(), NOW)[0] for resource in resources]
    birth = None if age is None else f"{NOW.year - age}-01-01"
    return assess_act(parts, desk(), NOW, birth_date=birth)


def page(answers: Answers, *others: dict[str, Any], rest: str = "none", age: int | None = None) -> PatientAdvice:
    return for_patient(act(response("leg-pain", answers, rest=rest), *others, age=age).assessment, ADVICE)


def all_texts(page: PatientAdvice) -> str:
    warned = (warning.text for warning in page.warnings)
    named = (text for pair in page.patterns for text in pair)
    return "\n".join((*page.help, *page.act, *warned, *named, *page.tips, *page.always))


@pytest.mark.parametrize(
    ("alarm", "said"),
    [("bladder-bowel", "emergency-go"), ("cold-foot", "emergency-call"), ("chest-breath", "emergency-call")],
)
def test_an_emergency_says_to_go_or_to_call_by_its_flags(alarm: str, said: str) -> None:
    assert page({"lp-alarm": [alarm]}).act == (ADVICE.levels[said],)


def test_an_emergency_page_holds_only_what_is_urgent() -> None:
    made = page({**ANXIOUS, "lp-alarm": ["bladder-bowel"]}, with_total("gad-7", 16))
    assert made.tips == ()
    assert [flag.rule.code for warning in made.warnings for flag in warning.flags] == ["bladder-bowel"]
    assert {words for _, words in made.patterns} <= {"must be checked"}


def test_every_page_says_when_to_call_and_that_it_is_no_diagnosis() -> None:
    for answers in ({}, {"lp-alarm": ["leg-swelling"]}, {"lp-alarm": ["cold-foot"]}, STENOSIS):
        made = page(answers)
        assert made.always == (ADVICE.levels["call-now"], ADVICE.levels["always"])


def test_nothing_found_is_no_all_clear() -> None:
    made = page({"lp-any": ["no"]})
    assert made.act == (ADVICE.levels["none"], ADVICE.levels["no-pattern"])
    assert "not an all-clear" in all_texts(made)


def test_help_against_self_harm_stands_first_beside_a_leg_emergency() -> None:
    made = page({"lp-alarm": ["cold-foot"]}, with_total("phq-9", 5, last=1, answers={"safe-now": ["yes"]}))
    assert made.help == (ADVICE.flags["self-harm"].patient,)
    assert made.act == (ADVICE.levels["emergency-call"],)


def test_item_9_at_its_highest_says_call_now_before_all_else() -> None:
    made = for_patient(act(with_total("phq-9", 6, last=3)).assessment, ADVICE)
    assert made.help == (ADVICE.levels["self-harm-now"], ADVICE.flags["self-harm"].patient)
    assert made.level is Urgency.EMERGENCY


def test_self_harm_alone_never_says_that_no_visit_is_needed() -> None:
    made = for_patient(act(with_total("phq-9", 1, last=1, answers={"safe-now": ["yes"]})).assessment, ADVICE)
    assert made.act == ()
    assert made.tips == ()


def test_a_flag_of_same_day_takes_every_tip_away() -> None:
    assert page(STENOSIS).tips
    assert page({**STENOSIS, "lp-alarm": ["leg-swelling"]}).tips == ()


def test_self_harm_takes_tips_away_too() -> None:
    assert page(STENOSIS, with_total("phq-9", 1, last=1, answers={"safe-now": ["yes"]})).tips == ()


PIRIFORMIS = {
    "lp-side": ["left"],
    "lp-start": ["buttock"],
    "lp-where": ["buttock", "thigh-back"],
    "lp-spread": ["from-buttock-down"],
    "lp-feel": ["stabbing"],
    "lp-duration": ["gt-3m"],
    "lp-course": ["comes-goes"],
    "lp-worse": ["sitting", "walking"],
    "lp-habits": ["long-sitting"],
    "lp-signs": ["none"],
}


@pytest.mark.parametrize("unsafe", [{"lp-feel": ["stabbing", "numbness"]}, {"lp-where": ["buttock", "calf"]}])
def test_stretching_is_no_tip_for_numb_skin_or_a_painful_calf(unsafe: Answers) -> None:
    stretching = ADVICE.patterns["piriformis"].tips[1].text
    recent = {**PIRIFORMIS, "lp-duration": ["1-3w"], "lp-course": ["steady"]}
    assert stretching in page(recent).tips
    assert stretching not in page({**recent, **unsafe}).tips


def test_a_tip_that_cannot_be_judged_safe_is_not_given() -> None:
    stretching = ADVICE.patterns["piriformis"].tips[1].text
    unasked = {**PIRIFORMIS, "lp-any": ["yes"], "lp-alarm": ["none"], "lp-duration": ["1-3w"]}
    del unasked["lp-where"]
    made = page(unasked, rest="blank")
    assert any(name == ADVICE.patterns["piriformis"].patient for name, _ in made.patterns)
    assert stretching not in made.tips


def test_no_pattern_is_named_to_a_minor_and_a_grown_up_is_asked_for() -> None:
    made = page(STENOSIS, age=15)
    assert made.patterns == ()
    assert made.act[0] == ADVICE.levels["minor"]


def test_patients_read_neither_bands_nor_scores() -> None:
    made = page(STENOSIS, with_total("gad-7", 16))
    assert {words for _, words in made.patterns} <= {"could be part of it", "worth checking", "must be checked"}
    assert not re.search(r"\d+ of \d+|fits", all_texts(made))


def test_patterns_of_the_back_share_one_card_led_by_the_surest() -> None:
    one_leg = {**STENOSIS, "lp-side": ["left"]}
    reported = act(response("leg-pain", one_leg)).assessment.patterns.reported
    made = cards(reported, 5)
    back = next(card for card in made if card.items[0].pattern.card == "back-or-buttock")
    assert {"radiculopathy", "spinal-stenosis"} <= {item.pattern.id for item in back.items}
    assert back.items[0].pattern.id == "spinal-stenosis"


def test_at_most_so_many_cards_are_shown_but_an_urgent_one_is_never_left_out() -> None:
    reported = act(response("leg-pain", {**STENOSIS, "lp-alarm": ["leg-swelling"]})).assessment.patterns.reported
    ordered = [item.urgency for item in in_order(reported)]
    assert ordered == sorted(ordered, reverse=True)
    assert len(cards(reported, 1)) == len({i.pattern.card or i.pattern.id for i in reported if i.urgency >= 3})
    assert len(cards(reported, 0)) == len([card for card in cards(reported, 9) if card.urgency >= 3])


def test_specific_patterns_stand_before_their_umbrella() -> None:
    feet = {"lp-side": ["both-equal"], "lp-start": ["feet-toes"], "lp-spread": ["from-feet-up"]}
    more = {"lp-feel": ["tingling", "burning"], "lp-duration": ["gt-3m"], "lp-course": ["slow-worse"]}
    reported = act(response("leg-pain", {**feet, **more, "lp-illness": ["diabetes"]})).assessment.patterns.reported
    order = [item.pattern.id for item in in_order(reported)]
    assert order.index("neuropathy-diabetic") < order.index("neuropathy")


def test_medicines_and_procedures_stay_out_of_the_record() -> None:
    kept_back = [s for v in ADVICE.patterns.values() for s in v.steps if not s.for_record]
    assert {step.kind for step in kept_back} == {"medicine", "procedure"}
    written = encode(compose(act(response("leg-pain", STENOSIS), with_total("gad-7", 16)), desk().publisher)).decode()
    assert "Spine MRI" in written or "MRI of the lumbar spine" in written
    assert not [step.id for step in kept_back if step.text in written]
    assert "gabapentin" not in written


def test_item_9_without_a_score_is_not_endorsed_and_never_safe() -> None:
    impression = next(
        entry["resource"]
        for entry in compose(act(with_total("phq-9", 3)), desk().publisher)["entry"]
        if entry["resource"]["resourceType"] == "ClinicalImpression"
    )
    assert "not endorsed" in impression["summary"]
    assert not re.search("no risk|is safe", impression["summary"])


def test_forbidden_words_are_found_whole_and_in_the_plural() -> None:
    assert forbidden_in("Antidepressants and TENS", ADVICE.never) == ["tens", "antidepressant"]
    assert forbidden_in("Intense pain often stiffens", ADVICE.never) == []


@pytest.mark.parametrize("text", dict.fromkeys(text for _, text in patient_texts(ADVICE)))
def test_a_patient_text_reads_at_eighth_grade_or_below(text: str) -> None:
    assert grade(text.replace("{answers}", "")) <= 8


def grade(text: str) -> float:
    """Flesch-Kincaid grade; syllables are counted as groups of vowels, a silent e left out."""
    words = re.findall(r"[A-Za-z'-]+", text)
    sentences = max(1, len(re.findall(r"[.!?:]+(?:\s|$)", text)))
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"(?<=[^aeiouy])e$", "", w.lower())))) for w in words)
    # A name such as "Shingles" is no sentence: the formula wants one.
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59 if len(words) > 6 else 0
