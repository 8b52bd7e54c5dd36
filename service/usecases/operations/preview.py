"""What would become of responses: their results, or the issues that refuse them. Nothing is written to the store."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from service.fhir.r4.types import Resource
from service.fhir.results.bundle import transaction_bundle
from service.fhir.results.impression.explanation_page import explanation
from service.fhir.results.submission import SourceResponse, Submission
from service.fhir.results.tasks.review_task import review_task
from service.issues import Issue, Malformed, Rejected, Unprocessable
from service.ports.responses import EarlierImpression, StoredTask
from service.ports.submissions import SubmissionStore
from service.screening.rules.response_selection import Acceptance
from service.usecases.responses.amend import check_change, read_stored_response
from service.usecases.responses.assess import NO_HISTORY, assess_submission
from service.usecases.responses.compose import calling
from service.usecases.responses.earlier_acts import with_earlier_acts
from service.usecases.responses.prepare import AssessmentContext, check_submission, with_content_id
from service.usecases.responses.sources import EarlierResponses
from service.usecases.responses.submit import score_warnings


def dry_run(
    resources: Sequence[Resource],
    context: AssessmentContext,
    now: datetime,
    birth_date: str | None = None,
    gender: str | None = None,
    counterfactuals: bool = False,
    phone: Resource | None = None,
) -> Resource:
    """The transaction Bundle of these responses of one patient.

    ``counterfactuals``: the evidence of findings contains the changes by which they would fall.
    Raises Malformed or Unprocessable with every issue of the first response that cannot be accepted.
    """
    submission, _ = assess_alone(resources, context, now, birth_date, gender)
    if counterfactuals or phone is not None:
        submission = replace(submission, counterfactuals=counterfactuals, phone=phone)
    return transaction_bundle(submission, context.knowledge)


def dry_run_with_warnings(
    resource: Resource, context: AssessmentContext, now: datetime
) -> tuple[Resource, list[Issue]]:
    """The transaction Bundle of one response, and the warnings for its sender. Raises as `dry_run` does."""
    submission, warnings = assess_alone([resource], context, now)
    return transaction_bundle(submission, context.knowledge), warnings


def explain(
    resources: Sequence[Resource],
    context: AssessmentContext,
    now: datetime,
    birth_date: str | None = None,
    gender: str | None = None,
    before: Sequence[Resource] = (),
) -> str:
    """The summary of these responses, the text for the patient, and the reason and source of each finding.

    ``before``: the responses of the visit before, whose Task counts as open. Raises as `dry_run` does.
    """
    sources = [source for source, _ in check_responses([*before, *resources], context, now)]
    first, own = sources[: len(before)], sources[len(before) :]
    if not first:
        submission = assess_submission(own, context, now, birth_date=birth_date, gender=gender)
        return explanation(submission, context.knowledge)
    earlier = assess_submission(first, context, now, birth_date=birth_date, gender=gender)
    earlier, _ = calling(replace(earlier, now=earlier.as_of), NO_HISTORY, context)
    reader = EarlierResponses(
        {source.id: replace(source, accepted=Acceptance(0, place)) for place, source in enumerate(first)}
    )
    history = replace(reader.history, impressions=[impression_of(earlier)], tasks=tasks_of_visit(earlier, context))
    submission = assess_submission(own, context, now, history, reader, birth_date, gender=gender)
    submission = with_earlier_acts(submission, history, lambda *_: earlier)
    return explanation(submission, context.knowledge)


def acceptance_issues(
    resource: Resource, mode: str | None, context: AssessmentContext, store: SubmissionStore, now: datetime
) -> list[Issue]:
    """The issues that would refuse the response as a ``create`` or an ``update``; none without a mode.

    https://hl7.org/fhir/R4/resource-operation-validate.html
    """
    try:
        if mode == "create":
            check_submission(resource, context, now)
        elif mode == "update":
            check_update(resource, context, store, now)
    except Rejected as problem:
        return list(problem.issues)
    return []


def check_update(resource: Resource, context: AssessmentContext, store: SubmissionStore, now: datetime) -> None:
    """Raises Malformed or Unprocessable if an update with this response would be refused."""
    id = resource.get("id")
    if not isinstance(id, str) or id.isdigit():
        text = "`id` must be there, with at least one character that is not a digit. Add the id of the response."
        raise Malformed([Issue("required" if id is None else "value", "QuestionnaireResponse.id", text)])
    stored = read_stored_response(id, store)
    if stored is None:
        check_submission(resource, context, now)
    else:
        check_change(resource, stored, context, store, now)


def impression_of(submission: Submission) -> EarlierImpression:
    """The impression of a submission as if it were stored."""
    uses, brings = tuple(submission.sources), submission.own_ids
    return EarlierImpression(submission.impression_id, submission.as_of, 0, submission.lead_id, uses, brings)


def tasks_of_visit(submission: Submission, context: AssessmentContext) -> list[StoredTask]:
    """The Tasks that a submission writes."""
    return [StoredTask(review_task(submission, call, context.knowledge), 0) for call in submission.calls]


def assess_alone(
    resources: Sequence[Resource],
    context: AssessmentContext,
    now: datetime,
    birth_date: str | None = None,
    gender: str | None = None,
) -> tuple[Submission, list[Issue]]:
    """One submission of these responses, without stored ones, and the warnings for their sender."""
    checked = check_responses(resources, context, now)
    sources = [source for source, _ in checked]
    submission = assess_submission(sources, context, now, birth_date=birth_date, gender=gender)
    submission, _ = calling(submission, NO_HISTORY, context)
    return submission, [*(issue for _, warnings in checked for issue in warnings), *score_warnings(submission)]


def check_responses(
    resources: Sequence[Resource], context: AssessmentContext, now: datetime
) -> list[tuple[SourceResponse, list[Issue]]]:
    """The responses of one patient, each with the warnings for its sender. Raises as `dry_run` does."""
    checked = [check_submission(with_content_id(resource), context, now) for resource in resources]
    if len({source.response.patient for source, _ in checked}) > 1:
        text = "`subject` must be the same in all responses, but these are of more than one patient."
        raise Unprocessable([Issue("business-rule", "QuestionnaireResponse.subject", text)])
    return checked
