"""Texts that are not given beside a danger, and words that no patient ever reads."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from service.fhir.results.bundle import transaction_bundle
from service.screening.advice.advice import forbidden_words
from service.screening.advice.contacts import Contacts
from service.screening.advice.patient_page import for_patient
from service.screening.rules.assessment import Assessment
from service.screening.rules.urgency import Urgency
from tests.screening.advice.test_advice import all_texts
from tests.support.building import catalogue, context
from tests.support.generated.strategies import (
    FINISHED,
    PatientAnswers,
    assess_answers,
    near_mood,
    options,
    patient_answers,
)

ADVICE = catalogue().advice
MOOD = {"anxiety-linked", "depression-linked"}
# Answers that raise a flag of same-day or higher whatever else is answered (11.1, EX-30).
SOON_ALONE = ("lp-alarm.none", "lp-alarm.foot-sore", "lp-alarm.both-swelling")
DANGERS = [code for code in options("leg-pain", "lp-alarm") if code not in SOON_ALONE]
DANGERS += ["lp-course.fast-worse", "lp-signs.blister-rash", "lp-illness.skin-infection"]
TIPS = {tip.text for voices in (*ADVICE.flags.values(), *ADVICE.patterns.values()) for tip in voices.tips}
# What 11.3 keeps from patients alone, and why clinicians read it. The rest of the list stands in no record.
FOR_CLINICIANS = {
    "fits well": "the name of the highest band",
    "tumor": "an option of the questionnaire in its own words",
    "tumour": "the code of a flag and a pattern",
    "moderately severe": "the name of a band of the PHQ-9",
    "painkiller": "a question and its answers",
    "steroid": "an option of the questionnaire in its own words",
    "massage": "warned of",
    "tens": "listed as an option with a pain specialist",
    "acupuncture": "listed as an option with a pain specialist",
    "physical explanations": "said with care for the body beside it",
}
NOT_IN_RECORD = tuple(word for word in ADVICE.never if word not in FOR_CLINICIANS)


def endangered(given: PatientAnswers, danger: str) -> Assessment:
    """The assessment with one more answer, which raises a bodily flag of same-day or higher."""
    link_id, _ = danger.split(".")
    assessment = assess_answers(given.with_answer("leg-pain", link_id, [danger])).assessment
    assert any(f.kind == "bodily" and f.level >= Urgency.SAME_DAY for f in assessment.raised.values())
    return assessment


@given(near_mood(), st.sampled_from(DANGERS))
def test_beside_a_bodily_danger_neither_anxiety_nor_depression_is_an_explanation(
    given: PatientAnswers, danger: str
) -> None:
    assert not MOOD & {item.pattern.id for item in endangered(given, danger).patterns.reported}


@given(patient_answers("leg-pain", statuses=FINISHED), st.sampled_from(DANGERS))
def test_beside_a_bodily_danger_a_patient_reads_no_tip(given: PatientAnswers, danger: str) -> None:
    page = for_patient(endangered(given, danger), ADVICE, Contacts())
    assert page.block("self-care") == ()
    assert not [tip for tip in TIPS if tip in all_texts(page)]


@settings(max_examples=70)
@given(patient_answers())
def test_no_patient_reads_what_must_never_be_said(given: PatientAnswers) -> None:
    page = for_patient(assess_answers(given).assessment, ADVICE, Contacts())
    assert forbidden_words(all_texts(page), ADVICE.never) == []


@given(patient_answers("leg-pain"))
def test_only_who_told_of_a_growth_reads_of_one(given: PatientAnswers) -> None:
    page = all_texts(for_patient(assess_answers(given).assessment, ADVICE, Contacts()))
    told = "lp-illness.tumour" in given.answers["leg-pain"].get("lp-illness", ())
    assert told or "growth" not in page.lower()


@cache
def unfit_for_the_record(text: str) -> list[str]:
    return forbidden_words(text, NOT_IN_RECORD)


def texts(value: Any) -> Iterator[str]:
    """Every string in a resource."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


@settings(max_examples=70)
@given(patient_answers())
def test_no_record_promises_safety_or_names_a_medicine(given: PatientAnswers) -> None:
    bundle = transaction_bundle(assess_answers(given), context().knowledge)
    results = [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] != "QuestionnaireResponse"]
    assert [found for text in set(texts(results)) for found in unfit_for_the_record(text)] == []
