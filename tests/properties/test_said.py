"""What stays unsaid beside a danger, and what no patient ever reads."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from service.fhir.writing import compose
from service.screening.advice import for_patient, forbidden_in
from service.screening.urgency import Urgency
from tests.building import catalogue, desk
from tests.properties.strategies import Given, givens, judged
from tests.screening.test_advice import all_texts

ADVICE = catalogue().advice
MOOD_EXPLANATIONS = {"anxiety-linked", "depression-linked"}
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


@given(givens("leg-pain", "gad-7", "phq-9"))
def test_beside_a_bodily_danger_no_mood_is_an_explanation_and_no_tip_is_given(given: Given) -> None:
    assessment = judged(given).assessment
    assume(any(f.kind == "bodily" and f.level >= Urgency.SAME_DAY for f in assessment.raised.values()))
    page = for_patient(assessment, ADVICE)
    assert not MOOD_EXPLANATIONS & {item.pattern.id for item in assessment.patterns.reported}
    assert page.tips == ()
    assert not [tip for tip in TIPS if tip in all_texts(page)]


@given(givens())
def test_no_patient_reads_what_must_never_be_said(given: Given) -> None:
    assert forbidden_in(all_texts(for_patient(judged(given).assessment, ADVICE)), ADVICE.never) == []


@given(givens("leg-pain"))
def test_only_who_told_of_a_growth_reads_of_one(given: Given) -> None:
    page = all_texts(for_patient(judged(given).assessment, ADVICE))
    told = "lp-illness.tumour" in given.answers["leg-pain"].get("lp-illness", ())
    assert told or "growth" not in page.lower()


@given(givens())
def test_every_page_says_when_to_call_and_that_it_is_no_diagnosis(given: Given) -> None:
    page = for_patient(judged(given).assessment, ADVICE)
    assert page.always == (ADVICE.levels["call-now"], ADVICE.levels["always"])


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


@given(givens())
def test_no_record_promises_safety_or_names_a_medicine(given: Given) -> None:
    bundle = compose(judged(given), desk().publisher)
    results = [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] != "QuestionnaireResponse"]
    assert [found for text in set(texts(results)) for found in unfit_for_the_record(text)] == []
