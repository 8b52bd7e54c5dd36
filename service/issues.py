"""Issues of a request, and the failures that carry them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

# OperationOutcome.issue.severity: https://hl7.org/fhir/R4/valueset-issue-severity.html
IssueSeverity = Literal["fatal", "error", "warning", "information"]
# OperationOutcome.issue.code: https://hl7.org/fhir/R4/valueset-issue-type.html
IssueType = Literal[
    "invalid",
    "structure",
    "required",
    "value",
    "invariant",
    "security",
    "login",
    "unknown",
    "expired",
    "forbidden",
    "suppressed",
    "processing",
    "not-supported",
    "duplicate",
    "multiple-matches",
    "not-found",
    "deleted",
    "too-long",
    "code-invalid",
    "extension",
    "too-costly",
    "business-rule",
    "conflict",
    "transient",
    "lock-error",
    "no-store",
    "exception",
    "timeout",
    "incomplete",
    "throttled",
    "informational",
]


# Names of the sender (a linkId, a unit, a type) in a text: 200 issues would otherwise repeat 10,000 characters each.
MAX_NAME = 64


def shorten_name(name: str) -> str:
    """A name that a text repeats, or its first ``MAX_NAME`` characters and an ellipsis."""
    return name if len(name) <= MAX_NAME else f"{name[:MAX_NAME]}…"


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue: an OperationOutcome.issue.

    ``path`` is the FHIRPath of the element, such as "QuestionnaireResponse.item[0].answer[0].value". ``text`` names the
    element and says what to do, without repeating its value. ``link_id`` is that of the question, if there is one.
    With ``accepted_on_submission`` the response is not valid, and it is accepted all the same (EX-43).
    With ``inconclusive`` a part of the check could not be done, so that the absence of errors proves nothing.
    """

    code: IssueType
    path: str
    text: str
    severity: IssueSeverity = "error"
    link_id: str | None = None
    accepted_on_submission: bool = False
    inconclusive: bool = False

    @property
    def is_error(self) -> bool:
        """True if the severity is error."""
        return self.severity == "error"


class Rejected(Exception):
    """The request is not accepted. ``issues`` has every reason, ``unjudged`` the responses of the patient's form."""

    unjudged: Sequence[Any] = ()

    def __init__(self, issues: list[Issue]) -> None:
        super().__init__(f"{len(issues)} issue(s)")
        self.issues = issues


class Malformed(Rejected):
    """The body or a parameter is malformed: HTTP status 400."""


class Unprocessable(Rejected):
    """The resource is well-formed, but a rule forbids accepting it: HTTP status 422."""


class PreconditionFailed(Rejected):
    """A condition of the request (If-Match, If-None-Exist) is not met: HTTP status 412."""


class NotAuthenticated(Rejected):
    """It is not known who asks: HTTP status 401. ``error`` is the code of RFC 6750, None if no token was sent."""

    def __init__(self, issues: list[Issue], error: str | None = None) -> None:
        super().__init__(issues)
        self.error = error


class Forbidden(Rejected):
    """Whoever asks may not do this: HTTP status 403."""


class Missing(Rejected):
    """What the request changes is not there, or not for whoever asks: HTTP status 404."""


class Throttled(Rejected):
    """Too many requests: HTTP status 429. The same request may be sent again after ``seconds``."""

    def __init__(self, issues: list[Issue], seconds: int) -> None:
        super().__init__(issues)
        self.seconds = seconds


class UnreadableStore(Exception):
    """What is stored cannot be read: it was changed on the disk. HTTP status 503, and it does not pass by itself.

    ``signs`` tell the sender of the danger signs in what was not accepted because of it, ``unjudged`` are the responses
    of the patient's form that were not.
    """

    signs: Sequence[Issue] = ()
    unjudged: Sequence[Any] = ()


class Unavailable(Exception):
    """The service is unavailable now; the same request may succeed later: HTTP status 503.

    ``unjudged`` are the responses of the patient's form that were not stored.
    """

    unjudged: Sequence[Any] = ()


class StoringFailed(Exception):
    """This service failed, by ``cause``, while it stored the responses ``unjudged`` of the patient's form."""

    def __init__(self, cause: Exception, unjudged: Sequence[Any] = ()) -> None:
        super().__init__(type(cause).__name__)
        self.cause, self.unjudged = cause, unjudged


class CannotStart(Exception):
    """A reason why a command or the service cannot start, in a text for its operator.

    ``faults`` are lines of detail, for example ``"patterns.yaml: the file is missing"``.
    """

    faults: Sequence[str] = ()
