"""What stays unsaid beside a danger, and what no patient ever reads."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from service.fhir.writing import compose
from service.screening.advice import for_patient, forbidden_in
from service.screening.assessment import Assessment
from service.screening.urgency import Urgency
from tests.building import catalogue, desk
from tests.properties.strategies import FINISHED, Given, givens, judged, moody, options
from tests.screening.test_advice import all_texts

ADVICE = catalogue().advice
MOOD = {"anxiety-linked", "depression-linked"}
# Answers that raise a flag of same-day or higher whatever else is answered (11.1, EX-30).
SORE_ALONE_IS_SOON = ("lp-alarm.none", "lp-alarm.foot-sore")
DANGERS = [code for code in options("leg-pain", "lp-alarm") if code not in SORE_ALONE_IS_SOON]
DANGERS += ["lp-course.fast-worse", "lp-signs.blister-rash", "lp-illness.skin-infection"]
TIPS = {tip.text for voices in (*ADVICE.flags.values(), *ADVICE.patterns.values()) for tip in voices.tips}
# What 11.3 keeps from patients alone, and why clinicians read it. The rest of the list stands in no record.
FOR_CLINICIANS = {
    "fits well": "the name of the highest band",
    "tumor": "an option of the questionnaire in its own words",
    "tumour": "the code of a flag and a pattern",
    "moderately severe": "the name of a band of the PHQ-9",
    "painkiller": "a question and its answers",
    "massage": "warned of",
    "tens": "listed as an option with a pain specialist",
    "acupuncture": "listed as an option with a pain specialist",
    "physical explanations": "said with care for the body beside it",
}
NOT_IN_RECORD = tuple(word for word in ADVICE.never if word not in FOR_CLINICIANS)


def endangered(given: Given, danger: str) -> Assessment:
    """What the answers come to with this one more, which raises a bodily flag of same-day or higher."""
    link_id, _ = danger.split(".")
    assessment = judged(given.with_answer("leg-pain", link_id, [danger])).assessment
    assert any(f.kind == "bodily" and f.level >= Urgency.SAME_DAY for f in assessment.raised.values())
    return assessment


@given(moody(), st.sampled_from(DANGERS))
def test_beside_a_bodily_danger_neither_anxiety_nor_depression_is_an_explanation(given: Given, danger: str) -> None:
    assert not MOOD & {item.pattern.id for item in endangered(given, danger).patterns.reported}


@given(givens("leg-pain", statuses=FINISHED), st.sampled_from(DANGERS))
def test_beside_a_bodily_danger_a_patient_reads_no_tip(given: Given, danger: str) -> None:
    page = for_patient(endangered(given, danger), ADVICE)
    assert page.tips == ()
    assert not [tip for tip in TIPS if tip in all_texts(page)]


@settings(max_examples=70)
@given(givens())
def test_no_patient_reads_what_must_never_be_said(given: Given) -> None:
    assert forbidden_in(all_texts(for_patient(judged(given).assessment, ADVICE)), ADVICE.never) == []


@given(givens("leg-pain"))
def test_only_who_told_of_a_growth_reads_of_one(given: Given) -> None:
    page = all_texts(for_patient(judged(given).assessment, ADVICE))
    told = "lp-illness.tumour" in given.answers["leg-pain"].get("lp-illness", ())
    assert told or "growth" not in page.lower()


@cache
def unfit_for_the_record(text: str) -> list[str]:
    return forbidden_in(text, NOT_IN_RECORD)


def texts(value: Any) -> Iterator[str]:
    """Every string in a resource."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


@settings(max_examples=70)
@given(givens())
def test_no_record_promises_safety_or_names_a_medicine(given: Given) -> None:
    bundle = compose(judged(given), desk().publisher)
    results = [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] != "QuestionnaireResponse"]
    assert [found for text in set(texts(results)) for found in unfit_for_the_record(text)] == []
