"""What a CapabilityStatement does not claim, with the requests that show that it is refused."""

from typing import Any

from werkzeug.test import TestResponse

from tests.support.claims import Exercise, address_of, vread
from tests.support.rest import Rest, issues


def assert_refused(answer: TestResponse) -> None:
    """Asserts status 400, 404 or 405, an OperationOutcome, and the header Allow if and only if the status is 405."""
    assert answer.status_code in (400, 404, 405)
    assert issues(answer)
    assert ("Allow" in answer.headers) == (answer.status_code == 405)


def send_request(rest: Rest, method: str, path: str, **headers: str) -> TestResponse:
    """Sends a request that succeeds if the interaction is supported."""
    named = {"Content-Type": "application/fhir+json", **{n.replace("_", "-"): text for n, text in headers.items()}}
    body = rest.get("QuestionnaireResponse/r-1").data if method in ("POST", "PUT", "PATCH") else None
    return rest.client.open(f"/fhir/{path}", method=method, data=body, headers=named)


REFUSALS: dict[tuple[str, Any], Exercise] = {
    ("interaction", "update"): lambda rest, type_name: assert_refused(
        send_request(rest, "PUT", address_of(rest, type_name))
    ),
    ("interaction", "patch"): lambda rest, type_name: assert_refused(
        send_request(rest, "PATCH", address_of(rest, type_name))
    ),
    ("interaction", "delete"): lambda rest, type_name: assert_refused(
        send_request(rest, "DELETE", address_of(rest, type_name))
    ),
    ("interaction", "create"): lambda rest, type_name: assert_refused(send_request(rest, "POST", type_name)),
    ("interaction", "history-type"): lambda rest, type_name: assert_refused(rest.get(f"{type_name}/_history")),
    ("system", "search-system"): lambda rest, _: assert_refused(rest.get("?_type=Observation")),
    ("system", "history-system"): lambda rest, _: assert_refused(rest.get("_history")),
    ("updateCreate", False): lambda rest, type_name: assert_refused(send_request(rest, "PUT", f"{type_name}/mine")),
    ("conditionalCreate", False): lambda rest, name: assert_refused(
        send_request(rest, "POST", name, If_None_Exist="_id=r-none")
    ),
    ("conditionalUpdate", False): lambda rest, name: assert_refused(send_request(rest, "PUT", f"{name}?_id=r-1")),
    ("conditionalDelete", "not-supported"): lambda rest, name: assert_refused(
        send_request(rest, "DELETE", f"{name}?_id=r-1")
    ),
    # A server that keeps no old versions must still answer a vread of the current version.
    ("readHistory", False): vread,
}
