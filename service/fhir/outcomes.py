"""OperationOutcomes: faults as issues, and which HTTP status a kind of failure has.

https://hl7.org/fhir/R4/operationoutcome.html
"""

from collections.abc import Iterable

from service.fhir.reading import MAX_FAULTS, Resource
from service.screening.faults import Fault, Malformed, Outdated, Unacceptable, Unavailable

# Kinds of failure, to status; a kind inherits from the one it belongs to.
STATUS: dict[type[Exception], int] = {Malformed: 400, Outdated: 412, Unacceptable: 422, Unavailable: 503}

# The issue types of R4; only these may stand in issue.code.
ISSUE_TYPES = frozenset(
    {"invalid", "structure", "required", "value", "invariant", "security", "login", "unknown", "expired", "forbidden"}
    | {"suppressed", "processing", "not-supported", "duplicate", "multiple-matches", "not-found", "deleted"}
    | {"too-long", "code-invalid", "extension", "too-costly", "business-rule", "conflict", "transient", "lock-error"}
    | {"no-store", "exception", "timeout", "incomplete", "throttled", "informational"}
)


def outcome(faults: Iterable[Fault]) -> Resource:
    """One issue per fault, as many as anyone will read; without any, one that says so."""
    found = list(faults)
    if not found:
        found = [Fault("informational", "", "No fault was found.", severity="information")]
    if len(found) > MAX_FAULTS:
        text = f"There are more faults than the {MAX_FAULTS} listed here. Mend these first."
        first = sorted(found, key=lambda fault: not fault.is_error)[:MAX_FAULTS]
        found = [*first, Fault("too-costly", "", text, severity="information")]
    return {"resourceType": "OperationOutcome", "issue": [issue(fault) for fault in found]}


def issue(fault: Fault) -> Resource:
    text = f"{fault.link_id}: {fault.text}" if fault.link_id else fault.text
    made: Resource = {"severity": fault.severity, "code": fault.code, "details": {"text": text}, "diagnostics": text}
    return {**made, "expression": [fault.path]} if fault.path else made


def status_of(problem: Exception) -> int:
    """The HTTP status of a failure."""
    return next((status for kind, status in STATUS.items() if isinstance(problem, kind)), 500)
