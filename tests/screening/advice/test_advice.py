"""What a patient reads, and what stays out of it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import textstat

from service.adapters.mappings.build_advice import patient_texts
from service.fhir.r4.strict_json import encode
from service.fhir.results.bundle import transaction_bundle
from service.fhir.results.submission import Submission
from service.screening.advice.advice import BlockName, forbidden_words
from service.screening.advice.contacts import Contacts, contact_words
from service.screening.advice.page_case import EarlierTask
from service.screening.advice.patient_advice import PatientAdvice
from service.screening.advice.patient_page import for_patient
from service.screening.advice.pattern_groups import display_order, group_patterns
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import check_submission
from tests.support.building import NOW, catalogue, context, response, with_total

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


def act(*resources: dict[str, Any], age: int | None = None) -> Submission:
    parts = [check_submission(resource, context(), NOW)[0] for resource in resources]
    birth = None if age is None else f"{NOW.year - age}-01-01"
    return assess_submission(parts, context(), NOW, birth_date=birth)


def page_of(submission: Submission, *open_tasks: EarlierTask) -> PatientAdvice:
    return for_patient(submission.assessment, ADVICE, Contacts(), open_tasks)


def page(answers: Answers, *others: dict[str, Any], rest: str = "none", age: int | None = None) -> PatientAdvice:
    return page_of(act(response("leg-pain", answers, rest=rest), *others, age=age))


def texts_of(page: PatientAdvice, name: BlockName) -> list[str]:
    return [line.text for line in page.block(name)]


def all_texts(page: PatientAdvice) -> str:
    lines = [line for block in page.blocks for line in block.lines]
    return "\n".join(text for line in lines for text in (line.text, *line.entries))


def test_a_flag_of_same_day_takes_every_tip_away() -> None:
    assert page(STENOSIS).block("self-care")
    assert page({**STENOSIS, "lp-alarm": ["leg-swelling"]}).block("self-care") == ()


def test_self_harm_takes_tips_away_too() -> None:
    assert page(STENOSIS, with_total("phq-9", 1, last=1, answers={"safe-now": ["yes"]})).block("self-care") == ()


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
    assert stretching in texts_of(page(recent), "self-care")
    assert stretching not in texts_of(page({**recent, **unsafe}), "self-care")


def test_a_tip_that_cannot_be_judged_safe_is_not_given() -> None:
    stretching = ADVICE.patterns["piriformis"].tips[1].text
    unasked = {**PIRIFORMIS, "lp-any": ["yes"], "lp-alarm": ["none"], "lp-duration": ["1-3w"]}
    del unasked["lp-where"]
    submission = act(response("leg-pain", unasked, rest="blank"))
    assert "piriformis" in {item.pattern.id for item in submission.assessment.patterns.reported}
    assert stretching not in texts_of(page_of(submission), "self-care")


def test_patients_read_neither_bands_nor_scores() -> None:
    assert not re.search(r"\d+ of \d+|fits|possible", all_texts(page(STENOSIS, with_total("gad-7", 16))))


def test_patterns_of_one_family_are_one_entry_led_by_the_narrowest_of_the_surest() -> None:
    one_leg = {**STENOSIS, "lp-side": ["left"]}
    made = group_patterns(act(response("leg-pain", one_leg)).assessment.patterns.reported, ADVICE.patterns)
    # 11.8: the back is one family, spinal stenosis another
    of_family = {group.lead.pattern.family: {item.pattern.id for item in group.items} for group in made}
    assert of_family["back"] == {"sciatica", "radiculopathy-s1", "radiculopathy"}
    assert of_family["stenosis"] == {"spinal-stenosis"}
    for group in made:
        surest = [item for item in group.items if item.confidence == group.lead.confidence]
        assert group.lead.confidence == max(item.confidence for item in group.items)
        narrow = {item.pattern.id: ADVICE.patterns[item.pattern.id].specific for item in surest}
        assert narrow[group.lead.pattern.id] == max(narrow.values())


def test_the_cause_of_a_neuropathy_is_what_a_patient_reads() -> None:
    feet = {"lp-side": ["both-equal"], "lp-start": ["feet-toes"], "lp-spread": ["from-feet-up"]}
    more = {"lp-feel": ["tingling", "burning"], "lp-duration": ["gt-3m"], "lp-illness": ["diabetes"]}
    assert texts_of(page({**feet, **more}), "may-be")[0].endswith("the nerves in your feet, and diabetes may be why.")


def test_specific_patterns_stand_before_their_umbrella() -> None:
    feet = {"lp-side": ["both-equal"], "lp-start": ["feet-toes"], "lp-spread": ["from-feet-up"]}
    more = {"lp-feel": ["tingling", "burning"], "lp-duration": ["gt-3m"], "lp-course": ["slow-worse"]}
    reported = act(response("leg-pain", {**feet, **more, "lp-illness": ["diabetes"]})).assessment.patterns.reported
    order = [item.pattern.id for item in display_order(reported)]
    assert order.index("neuropathy-diabetic") < order.index("neuropathy")


def test_medicines_and_procedures_stay_out_of_the_record() -> None:
    kept_back = [s for v in ADVICE.patterns.values() for s in v.steps if not s.for_record]
    assert {step.kind for step in kept_back} == {"medicine", "procedure"}
    written = encode(
        transaction_bundle(act(response("leg-pain", STENOSIS), with_total("gad-7", 16)), context().knowledge)
    ).decode()
    assert "Spine MRI" in written or "MRI of the lumbar spine" in written
    assert not [step.id for step in kept_back if step.text in written]
    assert "gabapentin" not in written


def test_item_9_without_a_score_is_not_endorsed_and_never_safe() -> None:
    impression = next(
        entry["resource"]
        for entry in transaction_bundle(act(with_total("phq-9", 3)), context().knowledge)["entry"]
        if entry["resource"]["resourceType"] == "ClinicalImpression"
    )
    assert "not endorsed" in impression["summary"]
    assert not re.search("no risk|is safe", impression["summary"])


def test_forbidden_words_are_found_whole_and_in_the_plural() -> None:
    assert forbidden_words("Antidepressants and TENS", ADVICE.never) == ["tens", "antidepressant"]
    assert forbidden_words("Intense pain often stiffens", ADVICE.never) == []


# Names that are filled in, and a fragment that is no sentence.
FILLED = {"answers": "", "date": "2026-11-01", "when": "today", "ticked-cancer": "cancer drugs"}
FILLED |= {"text-number": "55555", "relay-number": "18000", **contact_words(ADVICE.numbers, Contacts())}
FRAGMENTS = ("numbers.crisis-line", "numbers.emergency-number", "headings.")


@pytest.mark.parametrize(
    ("where", "text"), [(where, text) for where, text in patient_texts(ADVICE) if not where.startswith(FRAGMENTS)]
)
def test_a_text_for_patients_has_a_reading_age_of_at_most_11(where: str, text: str) -> None:
    sentence = text.format_map(FILLED)
    if where.startswith("call-now"):
        sentence = f"Call now if {sentence}."
    assert textstat.flesch_kincaid_grade(sentence) + 5 <= 11


def test_each_pattern_has_its_own_name_in_the_summary_and_its_own_words_for_the_patient() -> None:
    assert len({voice.summary_name for voice in ADVICE.patterns.values()}) == len(ADVICE.patterns)
    assert len({voice.patient_words for voice in ADVICE.patterns.values()}) == len(ADVICE.patterns)
