"""Every page of a patient, over all cases and generated forms, keeps what sections 11.3 and 11.7 promise."""

import re
from collections.abc import Iterator
from random import Random

import pytest

from service.fhir.results.submission import Submission
from service.screening.advice.advice import forbidden_words
from service.screening.advice.patient_advice import SENTENCE_END, PatientAdvice
from service.screening.rules.urgency import Urgency
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import check_submission
from tests.screening.advice.test_advice import ADVICE, all_texts, page_of, texts_of
from tests.support.building import NOW, context, response
from tests.support.generated.generating import known_answers, random_submission

# Item 9 of the PHQ-9, and the words for self-harm.
ITEM_9, NOT_AT_ALL = "/44260-8", "LA6568-5"
SELF_HARM = re.compile(r"hurt(ing)? yourself|better off dead|thoughts of death|crisis line|these thoughts")
# A wait: a time in the past ("in the last 6 weeks", "came to both feet within days") is none (11.2).
WAIT = re.compile(r"within \d|\bif it lasts\b|\bweeks?\b|\bdays?\b")
PAST = re.compile(r"in the last 6 weeks|Be seen the same day|that came to both feet within days")
SOON_WORDS = re.compile(r"looked at soon|within 7 days|within 4 weeks")
TODAY_WORDS = re.compile(r"looked at today|need a blood pressure check today|doctor or nurse today")


def known_submissions(rest: str) -> Iterator[Submission]:
    """The answers of every case; ``rest`` is the answer to every other question: ``none`` or ``blank``."""
    for answers in known_answers():
        finished = rest == "none" or {"lp-any", "lp-alarm"} <= answers.keys()
        yield submit(response("leg-pain", answers, rest=rest, status="completed" if finished else "stopped"))


def submit(*resources: dict[str, object], age: int | None = None) -> Submission:
    parts = [check_submission(resource, context(), NOW)[0] for resource in resources]
    return assess_submission(parts, context(), NOW, birth_date=None if age is None else f"{NOW.year - age}-01-01")


def generated_submissions(seeds: range) -> Iterator[Submission]:
    for seed in seeds:
        resources, age = random_submission(Random(seed))
        yield submit(*resources, age=age)


def check(submission: Submission) -> None:
    made = page_of(submission)
    text = all_texts(made)
    assert made.blocks[-2].name == "call-now"
    assert made.blocks[-1].name == "always"
    assert forbidden_words(text, ADVICE.never) == []
    assert "{" not in text
    check_sentences(made)
    check_reasons(made, submission)
    check_self_harm(made, submission)
    check_visit(made)


def check_sentences(made: PatientAdvice) -> None:
    """No sentence twice; at most three reasons and five entries, one for each."""
    lines = [line for block in made.blocks for line in block.lines]
    sentences = [sentence for line in lines for sentence in SENTENCE_END.split(line.text)]
    assert len(sentences) == len(set(sentences))
    assert len(made.block("why")) <= ADVICE.reasons_at_most + 1  # a safety flag may name two questions
    assert len(made.block("may-be")) <= ADVICE.patterns_at_most + 1  # the sentence on open questions


def check_reasons(made: PatientAdvice, submission: Submission) -> None:
    """What a patient told is an answer given, and no "No" or "None of these" (EX-75)."""
    for line in (line for block in made.blocks for line in block.lines):
        for reason in line.told:
            sheets = [source.sheet for source in submission.sources.values()]
            sheets = [sheet for sheet in sheets if sheet.instrument.name == reason.instrument]
            assert reason.values
            for code in reason.values:
                assert any(code in sheet.chosen.get(reason.subject, ()) for sheet in sheets)
                assert not any(code in sheet.instrument.by_link_id[reason.subject].exclusive for sheet in sheets)


def check_self_harm(made: PatientAdvice, submission: Submission) -> None:
    """After item 9 above 0 no wait is named (EX-77); at item 9 = 0 no word of self-harm above block 8 (11.7)."""
    above = "\n".join(line.text for block in made.blocks if block.name != "call-now" for line in block.lines)
    if "self-harm" in submission.assessment.raised:
        assert WAIT.search(PAST.sub("", all_texts(made))) is None, all_texts(made)
        assert made.blocks[0].name in ("emergency", "self-harm")
    denied = [source.sheet.chosen.get(ITEM_9) == frozenset({NOT_AT_ALL}) for source in submission.sources.values()]
    if any(denied):
        found = SELF_HARM.search(above.replace(ADVICE.page["mood-help"].replace("{crisis-line}", LINE), ""))
        assert found is None, above


LINE = ADVICE.numbers["crisis-line"].when_unset


def check_visit(made: PatientAdvice) -> None:
    """Reasons agree with the level, and a page that says today or now asks for no later visit."""
    text, why = all_texts(made), "\n".join(texts_of(made, "why"))
    if made.level >= Urgency.SAME_DAY:
        assert not SOON_WORDS.search(text.replace("weeks, call your cancer", "")), text
        assert "See someone if it lasts" not in text
    else:
        assert not TODAY_WORDS.search(why), why
    if made.level is not Urgency.NONE:
        assert "Nothing in your answers needs a visit" not in text


@pytest.mark.parametrize("rest", ["none", pytest.param("blank", marks=pytest.mark.slow)])
def test_the_page_of_every_case_keeps_what_is_promised(rest: str) -> None:
    for submission in known_submissions(rest):
        check(submission)


@pytest.mark.parametrize("first", range(0, 1_000, 250))
def test_the_page_of_generated_answers_keeps_what_is_promised(first: int) -> None:
    for submission in generated_submissions(range(first, first + 250)):
        check(submission)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1_000, 11_000, 1_000))
def test_the_page_of_more_generated_answers_keeps_what_is_promised(first: int) -> None:
    for submission in generated_submissions(range(first, first + 1_000)):
        check(submission)
