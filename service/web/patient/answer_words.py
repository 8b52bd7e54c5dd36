"""Answers in words, for the page before sending and for the reasons of help."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from service.fhir.questionnaires.patient_form.declined_answers import is_declined
from service.fhir.questionnaires.patient_form.form_questions import FormQuestion
from service.screening.rules.case import Reason
from service.usecases.forms.visit_pages import VisitPages
from service.web.patient.languages import Say

# A shorter answer, such as "Yes", says nothing without its question.
SPEAKS_FOR_ITSELF = 15


def words_of_answers(question: FormQuestion, answers: Sequence[Mapping[str, Any]] | None, say: Say) -> str:
    """The answers to a question in words: those of the options as the patient read them."""
    if answers is None:
        return say("Not answered")
    if not answers:
        return say("None of these")
    if is_declined(answers):
        return say("Prefer not to say")
    return "; ".join(words_of_answer(question, answer, say) for answer in answers)


def words_of_answer(question: FormQuestion, answer: Mapping[str, Any], say: Say) -> str:
    """One answer in words."""
    for option in question.options:
        if dict(option.answer) == answer:
            return option.text
    name, value = next((name, value) for name, value in answer.items() if name != "item")
    if name == "valueBoolean":
        return say("Yes") if value else say("No")
    if name == "valueQuantity":
        return f"{value.get('value', '')} {value.get('unit', '')}".strip()
    text = str(value.get("display", "")) if isinstance(value, dict) else str(value).replace("T", " ").rstrip("Z")
    return f"{text} {question.unit}".strip()


def words_of_reasons(reasons: Iterable[Reason], pages: VisitPages) -> str:
    """The answers behind a text, as the patient read them: "A leg became very weak all at once"."""
    questions = {
        question.link_id: question for form in pages.forms for page in form.pages for question in page.questions
    }
    found: dict[str, None] = {}
    for reason in reasons:
        question = questions.get(reason.subject)
        if reason.kind == "answer" and question is not None:
            found.update(dict.fromkeys(words_of_reason(question, reason)))
    return "; ".join(found)


def words_of_reason(question: FormQuestion, reason: Reason) -> list[str]:
    """The options of one question that are behind a text."""
    options = {option.answer.get("valueCoding", {}).get("code"): option.text for option in question.options}
    words = [options[code] for code in reason.values if code in options]
    return [text if len(text) > SPEAKS_FOR_ITSELF else f"{question.text} {text}" for text in words]
