"""OperationOutcome from issues, and the HTTP status of each kind of failure.

https://hl7.org/fhir/R4/operationoutcome.html
"""

from collections.abc import Iterable
from typing import get_args

from service.fhir.r4.types import Resource
from service.issues import (
    Forbidden,
    Issue,
    IssueType,
    Malformed,
    Missing,
    NotAuthenticated,
    PreconditionFailed,
    Throttled,
    Unavailable,
    Unprocessable,
    shorten_name,
)

# At most 200 issues are reported: a body of 1 MB can otherwise produce an answer of 100 MB.
MAX_ISSUES = 200

# A subclass that is not listed has the status of its base class.
STATUS: dict[type[Exception], int] = {
    Malformed: 400,
    NotAuthenticated: 401,
    Forbidden: 403,
    Missing: 404,
    PreconditionFailed: 412,
    Unprocessable: 422,
    Throttled: 429,
    Unavailable: 503,
}

# The issue types of R4: the only codes that OperationOutcome.issue.code may have.
ISSUE_TYPES = frozenset(get_args(IssueType))


def outcome(issues: Iterable[Issue]) -> Resource:
    """Returns an OperationOutcome with at most ``MAX_ISSUES`` issues, errors before warnings if some are left out.

    Without issues it has one of severity information, because OperationOutcome.issue must not be empty.
    """
    listed = list(issues)
    if not listed:
        listed = [Issue("informational", "", "No issues were found.", severity="information")]
    if len(listed) > MAX_ISSUES:
        text = f"There are more than {MAX_ISSUES} issues; the others are not listed. Correct these, and send again."
        first = sorted(listed, key=lambda issue: not issue.is_error)[:MAX_ISSUES]
        listed = [*first, Issue("too-costly", "", text, severity="information")]
    return {"resourceType": "OperationOutcome", "issue": [issue_element(issue) for issue in listed]}


def issue_element(issue: Issue) -> Resource:
    """Returns OperationOutcome.issue; the text begins with the linkId of the item if the issue has one."""
    text = f"{shorten_name(issue.link_id)}: {issue.text}" if issue.link_id else issue.text
    element: Resource = {"severity": issue.severity, "code": issue.code, "details": {"text": text}, "diagnostics": text}
    return {**element, "expression": [issue.path]} if issue.path else element


def status_of(problem: Exception) -> int:
    """Returns the HTTP status of a failure: 500 if its kind is not in ``STATUS``."""
    return next((status for kind, status in STATUS.items() if isinstance(problem, kind)), 500)
