"""Keeps a trace of each refused response, whichever request brought it: create, update, a Bundle or an operation."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from service.fhir.r4.bundle_entries import entry_path
from service.fhir.r4.operation_outcome import status_of
from service.issues import Issue, Malformed, Rejected, Unavailable, Unprocessable, UnreadableStore
from service.usecases.refusals.keep import FAILED, NOT_READ, RESPONSE, RefusedContent, Unjudged, keep_refused
from service.web.context import AppContext, app_context
from service.web.errors import issue_of

View = Callable[..., Response]
# Refusals because of the content. A condition that is not met (412) is none: the content may be right.
REFUSALS = (Malformed, Unprocessable)
TOO_LARGE = 413
UNREADABLE = (TOO_LARGE, 415)
# The endpoints whose views keep refusals.
ENDPOINTS = (
    "creating.create",
    "updating.update",
    "bundling.receive_bundle",
    "operating.process_response",
    "operating.process_response_to",
)


def keeping_refusals(view: View) -> View:
    """The view, with a row for each response that it refuses because of its content, or because what it needs beside it
    cannot be read, or that the service fails on: then sending it again does not help.

    The answer gets an issue for each safety answer of it that is a danger sign. These come first: an OperationOutcome
    has a limited number of issues.
    """

    @wraps(view)
    def keeping(*arguments: Any, **named: Any) -> Response:
        try:
            return view(*arguments, **named)
        except REFUSALS as problem:
            problem.issues = [*keep_sent(problem.issues, status_of(problem)), *problem.issues]
            raise
        except UnreadableStore as problem:
            g.refused_entries = 1
            problem.signs = keep_sent(*NOT_READ)
            raise
        except HTTPException as problem:
            if problem.code in UNREADABLE:
                keep([RefusedContent(None, [issue_of(problem)])], problem.code)
            raise
        except (Rejected, Unavailable):
            raise
        except Exception:
            g.refused_entries = 1
            keep_sent(*FAILED)
            raise

    return keeping


def keep_sent(issues: Sequence[Issue], status: int) -> list[Issue]:
    """Keeps what the body of this request brought. Returns the issues for the sender."""
    return keep(sent_contents(read_leniently(request.get_data()), issues), status)


def keep_unjudged(resource: Any, why: Unjudged) -> list[Issue]:
    """Keeps the response of one entry of a batch that needs what cannot be read, or that this service fails on."""
    return keep([RefusedContent(resource, why.issues)], why.status) if is_response(resource) else []


def keep_entry(resource: Any, problem: Rejected) -> list[Issue]:
    """Keeps the response of one entry of a batch, as `keep_sent` does."""
    if not isinstance(problem, REFUSALS) or not is_response(resource):
        return []
    return keep([RefusedContent(resource, problem.issues)], status_of(problem))


def keep(contents: Iterable[RefusedContent], status: int) -> list[Issue]:
    """Keeps refused contents. Returns the issues for the sender, one for each danger sign, which /metrics counts."""
    signs = keep_refused(list(contents), status, g.request_id, app_context().refusals)
    g.refused_signs = g.get("refused_signs", 0) + len(signs)
    return signs


def keep_unread(app: Flask, method: str, path: str, issue: Issue) -> None:
    """Keeps a request that was too large for the application to see it, if its endpoint keeps refusals."""
    try:
        endpoint, _ = app.url_map.bind("").match(path, method)
    except HTTPException:
        return
    if endpoint in ENDPOINTS:
        context: AppContext = app.extensions["sural"]
        keep_refused([RefusedContent(None, [issue])], TOO_LARGE, "", context.refusals)


def read_leniently(body: bytes) -> Any:
    """The body as JSON, also if it is not valid FHIR JSON; None if it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def sent_contents(body: Any, issues: Sequence[Issue]) -> Iterator[RefusedContent]:
    """Yields the responses in a body: itself, those in the entries of a Bundle, or those in Parameters."""
    kind = body.get("resourceType") if isinstance(body, dict) else None
    if kind == "Bundle":
        for index, entry in enumerate(objects_in(body, "entry")):
            if is_response(entry.get("resource")):
                root = f"{entry_path(index)}.resource"
                yield RefusedContent(entry["resource"], issues_of_entry(issues, index), root)
    elif kind == "Parameters":
        found = [each["resource"] for each in objects_in(body, "parameter") if is_response(each.get("resource"))]
        yield from (RefusedContent(resource, issues) for resource in found or [None])
    else:
        yield RefusedContent(body, issues)


def objects_in(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The entries of an array; an entry that is no object becomes an empty one, so that the places stay."""
    value = body.get(name)
    return [entry if isinstance(entry, dict) else {} for entry in value] if isinstance(value, list) else []


def is_response(resource: Any) -> bool:
    """True for an object that says that it is a QuestionnaireResponse."""
    return isinstance(resource, dict) and resource.get("resourceType") == RESPONSE


def issues_of_entry(issues: Sequence[Issue], index: int) -> Sequence[Issue]:
    """The issues of one entry of a Bundle; all of them if it has none, because they refuse it too."""
    path = entry_path(index)
    return [issue for issue in issues if issue.path == path or issue.path.startswith(f"{path}.")] or issues
