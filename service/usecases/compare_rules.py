"""Compares two rule sets on earlier responses: which findings are gained, lost or changed. Stores nothing.

Each response is a submission of its own, in order of time, with the patient's earlier ones as stored responses.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple

from service.fhir.r4.types import Resource
from service.fhir.results.submission import SourceResponse, Submission
from service.issues import Issue, Rejected
from service.screening.rules.response_selection import Acceptance
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import AssessmentContext, check_submission, with_content_id
from service.usecases.responses.sources import EarlierResponses


class Subject(NamedTuple):
    """The subject of a finding, such as ("red flag", "saddle-numbness"), ("band", "phq-9") or ("urgency", "")."""

    kind: Literal["red flag", "pattern", "band", "urgency"]
    code: str


Findings = Mapping[Subject, str]


@dataclass(frozen=True)
class FindingChange:
    """One finding by the old rules and by the new; None where there is none."""

    subject: Subject
    old: str | None
    new: str | None


@dataclass(frozen=True)
class ComparedResponse:
    """One response with its changes, or with the issues for which the old or the new rules do not accept it."""

    resource: Resource
    changes: tuple[FindingChange, ...]
    refused: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class ReplayedResponse:
    """The findings of one response by one rule set, or the issues for which it is not accepted."""

    findings: Findings
    issues: tuple[Issue, ...] = ()


def compare_rule_sets(
    resources: Iterable[Resource],
    old: AssessmentContext,
    new: AssessmentContext,
    now: datetime,
    birth_dates: Mapping[str, str],
    when_assessed: Callable[[], None] = lambda: None,
) -> Iterator[ComparedResponse]:
    """Every response, in the order given. ``birth_dates`` are by patient, such as "Patient/p1".

    ``when_assessed`` is called after each response that one of the rule sets has assessed.
    """
    named = [with_content_id(resource) for resource in resources]
    before, after = (replay_responses(named, context, now, birth_dates, when_assessed) for context in (old, new))
    for number, resource in enumerate(named):
        first, second = before[number], after[number]
        refused = tuple(dict.fromkeys((*first.issues, *second.issues)))
        changes = () if refused else tuple(compare_findings(first.findings, second.findings))
        yield ComparedResponse(resource, changes, refused)


def compare_findings(old: Findings, new: Findings) -> Iterator[FindingChange]:
    """Every finding that was gained, lost or changed."""
    for subject in dict.fromkeys((*old, *new)):
        if old.get(subject) != new.get(subject):
            yield FindingChange(subject, old.get(subject), new.get(subject))


def replay_responses(
    resources: Sequence[Resource],
    context: AssessmentContext,
    now: datetime,
    birth_dates: Mapping[str, str],
    when_assessed: Callable[[], None] = lambda: None,
) -> dict[int, ReplayedResponse]:
    """Each response by its number in ``resources``, as if they had been submitted one by one in order of time."""
    replayed: dict[int, ReplayedResponse] = {}
    accepted: list[tuple[int, SourceResponse]] = []
    for number, resource in enumerate(resources):
        try:
            accepted.append((number, check_submission(resource, context, now)[0]))
        except Rejected as problem:
            replayed[number] = ReplayedResponse({}, tuple(problem.issues))
    by_patient: dict[str, EarlierResponses] = {}
    for number, source in sorted(accepted, key=lambda pair: order_of_submission(pair[1])):
        patient = source.response.patient
        earlier, birth_date = by_patient.setdefault(patient, EarlierResponses()), birth_dates.get(patient)
        submission = assess_submission([source], context, source.order_time, earlier.history, earlier, birth_date)
        replayed[number] = ReplayedResponse(findings_by_subject(submission))
        earlier.sources[source.id] = replace(source, accepted=Acceptance(len(earlier.sources)))
        when_assessed()
    return replayed


def order_of_submission(source: SourceResponse) -> tuple[datetime, str]:
    """The order in which responses are replayed; of equal ones the first given is the first."""
    return source.order_time, source.instrument_name


def findings_by_subject(submission: Submission) -> Findings:
    """The findings of a submission, in codes."""
    assessment = submission.assessment
    findings = {Subject("urgency", ""): assessment.urgency.code}
    for results in assessment.responses.values():
        for score in results.scores:
            band = "no total" if score.total is None else f"{score.total} {score.band}"
            findings[Subject("band", score.rule.id)] = band
    for code, flag in assessment.raised.items():
        findings[Subject("red flag", code)] = flag.level.code
    for item in assessment.patterns.reported:
        findings[Subject("pattern", item.pattern.id)] = f"{item.confidence.code}, {item.urgency.code}"
    return findings
