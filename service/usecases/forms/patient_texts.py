"""What a patient reads about the answers: help at once while answering, and the page after sending."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from service.fhir.results.impression.patient_text import page_of_submission
from service.fhir.results.submission import Submission
from service.ports.form_visits import FormVisit
from service.screening.advice.patient_advice import PatientAdvice
from service.screening.rules.urgency import Urgency
from service.usecases.forms.form_context import FormContext
from service.usecases.forms.storing import resource_of
from service.usecases.forms.visit_pages import VisitPages
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.earlier_acts import with_earlier_acts
from service.usecases.responses.prepare import check_submission
from service.usecases.responses.reassess import earlier_reader, reassess_submission
from service.usecases.responses.sources import read_sources

# From this level on, a finding interrupts the form.
INTERRUPTS = Urgency.SAME_DAY
# The blocks of the page that cannot wait until the answers are sent.
HELP_BLOCKS = ("emergency", "self-harm", "visit", "why", "until-then")


@dataclass(frozen=True)
class EarlyHelp:
    """Help for answers that cannot wait. ``findings`` name the flags with their levels."""

    findings: tuple[str, ...]
    page: PatientAdvice


def early_help(pages: VisitPages, context: FormContext) -> EarlyHelp | None:
    """The help for the alarm signs in the answers so far, or None if there are none."""
    resources = [resource_of(pages, form, pages.visit, "in-progress", context) for form in pages.forms]
    now = context.now()
    sources = [check_submission(resource, context.assessment, now)[0] for resource in resources]
    submission = assess_submission(sources, context.assessment, now)
    raised = submission.assessment.raised
    findings = tuple(sorted(f"{code}/{flag.level.code}" for code, flag in raised.items() if flag.level >= INTERRUPTS))
    if not findings:
        return None
    page = page_of_submission(submission, context.knowledge_in(pages.visit.session.language))
    blocks = tuple(block for block in page.blocks if block.name in HELP_BLOCKS)
    return EarlyHelp(findings, replace(page, blocks=blocks))


def unseen_help(pages: VisitPages, context: FormContext) -> EarlyHelp | None:
    """The help that the patient has not seen yet; None if there is none, or it was seen at this level."""
    found = early_help(pages, context)
    shown = [name.split("/") for name in pages.visit.draft.shown_help]
    seen = {code: max(Urgency.of(level) for own, level in shown if own == code) for code, _ in shown}
    if found is None or all(is_seen(finding, seen) for finding in found.findings):
        return None
    return found


def is_seen(finding: str, seen: Mapping[str, Urgency]) -> bool:
    """True if the help for a finding was shown, at its level or at a higher one."""
    code, level = finding.split("/")
    return seen.get(code, Urgency.NONE) >= Urgency.of(level)


def page_after_sending(visit: FormVisit, context: FormContext) -> PatientAdvice:
    """The page of the patient, from the responses as they are stored."""
    submission = sent_submission(visit, context)
    return page_of_submission(submission, context.knowledge_in(visit.session.language))


def sent_submission(visit: FormVisit, context: FormContext) -> Submission:
    """The submission that a visit brought."""
    store, assessment, now = context.store, context.assessment, context.now()
    id = visit.response_ids[0]
    record = next(record for record in store.submissions_using(id) if id in record.brings)
    sources = read_sources(record.uses, store, assessment)
    submission = reassess_submission(record, sources, assessment, now)
    history = store.read_history(visit.session.patient)
    return with_earlier_acts(submission, history, earlier_reader(assessment, store, now), record.sequence)
