"""Keeps a trace of refused responses, and tells sender and operator of safety answers that nobody else will see.

The content is not kept: a response that was refused is not in the care of this service.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import structlog

from service.fhir.questionnaires.refused.safety_answers import ReadAnswer, SafetyQuestion, find_safety_answers
from service.fhir.questionnaires.submission_rules import local_patient
from service.fhir.r4.operation_outcome import issue_element
from service.issues import Issue, Unavailable
from service.ports.catalogue import InstrumentCatalogue
from service.ports.refusals import MAX_FAULTS, Refusal, RefusalStore, RefusedAnswer
from service.screening.instruments.instrument import Instrument
from service.screening.rules.analysis.danger_options import danger_options
from service.screening.rules.assessment import RuleSet

log = structlog.get_logger()

RESPONSE = "QuestionnaireResponse"
# One line of the log per row with a danger sign; docs/operations.md names both.
EVENT = "safety_answer_refused"
REASON = "refused, with a safety answer above zero"


class Unjudged(NamedTuple):
    """Why nobody has judged a response, although its sender is not to blame, and the HTTP status of that."""

    issues: Sequence[Issue]
    status: int = 503


# It needs what is damaged.
NOT_READ = Unjudged([Issue("exception", "", "What is stored of this patient cannot be read. Run: sural store check")])
# Sending it again gives the same failure.
FAILED = Unjudged([Issue("exception", "", "The service failed while it judged this response. It may be stored.")], 500)


@dataclass(frozen=True)
class RefusedContent:
    """The content of one response that was refused, and why. ``root`` is its place in the request."""

    resource: Any
    issues: Sequence[Issue] = field(default_factory=tuple)
    root: str = RESPONSE


@dataclass(frozen=True)
class RefusalKeeper:
    """What keeping a refusal needs: where it is kept, the safety questions, and what tells who and what is meant."""

    store: RefusalStore
    questions: Sequence[SafetyQuestion]
    catalogue: InstrumentCatalogue
    bases: Sequence[str]
    now: Callable[[], datetime]


def safety_questions(rules: RuleSet, instruments: Mapping[str, Instrument]) -> list[SafetyQuestion]:
    """The questions that the mappings judge early (``judged-early``), of the instruments by name."""
    return [
        SafetyQuestion(
            own.short_names.get(link_id, link_id),
            instruments[name].by_link_id[link_id],
            danger_options(rules, name, link_id),
        )
        for name, own in rules.instruments.items()
        for link_id in sorted(own.safety_items, key=lambda id: instruments[name].order[id])
    ]


def keep_refused(contents: Sequence[RefusedContent], status: int, request: str, keeper: RefusalKeeper) -> list[Issue]:
    """Keeps a row for each response. Returns an issue for each safety answer that is a danger sign, for the sender.

    If the rows cannot be written now, the sender is told all the same, and the log says so.
    """
    now = keeper.now()
    read = [read_answers_of(content, keeper) for content in contents]
    refusals = [
        make_refusal(content, answers, now, status, request, keeper.bases)
        for content, answers in zip(contents, read, strict=True)
    ]
    log_signs(refusals, save_refusals(refusals, now, keeper.store))
    return [sign_issue(answer) for answers in read for answer in answers if answer.is_sign]


def read_answers_of(content: RefusedContent, keeper: RefusalKeeper) -> list[ReadAnswer]:
    """The answers to safety questions that can be read, in the words of the edition that the response names."""
    canonical = element_of(content.resource, "questionnaire")
    form = keeper.catalogue.find(canonical) if isinstance(canonical, str) and canonical else None
    edition = None if form is None else form.edition
    return find_safety_answers(content.resource, keeper.questions, edition, content.root)


def has_danger_sign(content: RefusedContent, keeper: RefusalKeeper) -> bool:
    """True if an answer to a safety question is a danger sign."""
    return any(answer.is_sign for answer in read_answers_of(content, keeper))


def make_refusal(
    content: RefusedContent,
    answers: Sequence[ReadAnswer],
    now: datetime,
    status: int,
    request: str,
    bases: Sequence[str],
) -> Refusal:
    """The row of one response: of its content only the Patient and the safety answers."""
    reference = element_of(element_of(content.resource, "subject"), "reference")
    errors = [issue for issue in content.issues if issue.is_error]
    return Refusal(
        now,
        status,
        request,
        local_patient(reference, bases) if isinstance(reference, str) else None,
        tuple(fault_text(issue) for issue in errors[:MAX_FAULTS]),
        len(errors),
        tuple(RefusedAnswer(answer.question.name, answer.texts, answer.is_sign) for answer in answers),
    )


def element_of(value: Any, name: str) -> Any:
    """An element of a JSON object; None if there is no such element, or no object."""
    return value.get(name) if isinstance(value, dict) else None


def fault_text(issue: Issue) -> str:
    """Place and text of a fault, as the sender gets them."""
    text = issue_element(issue)["diagnostics"]
    return f"{issue.path}: {text}" if issue.path else str(text)


def save_refusals(refusals: Sequence[Refusal], now: datetime, store: RefusalStore) -> Sequence[int]:
    """The numbers of the rows; 0 for each if they cannot be written now, which is logged."""
    try:
        return store.save_refusals(refusals, now) if refusals else []
    except Unavailable as problem:
        log.error("refusal_not_kept", reason=str(problem), count=len(refusals))
        return [0] * len(refusals)


def log_signs(refusals: Sequence[Refusal], numbers: Sequence[int]) -> None:
    """Logs an error for each response with a danger sign: nobody else is told of it."""
    for refusal, number in zip(refusals, numbers, strict=True):
        if refusal.has_sign:
            log.error(EVENT, reason=REASON, refusal=number, request=refusal.request)


def sign_issue(answer: ReadAnswer) -> Issue:
    """The issue that a danger sign was read and that nobody is called about it."""
    text = f"{answer.question.name} was read and is a danger sign, but this response is refused: no Task is raised. "
    text += "A person must see this answer now. Correct the other issues, and send the response again."
    return Issue("business-rule", answer.path, text, link_id=answer.question.item.link_id)
