"""The FHIR server of the site over HTTP. No response is trusted, no redirect followed, no content logged.

https://hl7.org/fhir/R4/http.html
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

from service import clock
from service.adapters.exchange import Deadline, HttpAddress, HttpAnswer, HttpRequest, NoResponse
from service.adapters.fhir_server.capabilities import KnownCapabilities
from service.adapters.fhir_server.response_parts import (
    has_next_page,
    issue_codes,
    json_object,
    parse_retry_after,
    searchset_resources,
    version_of_etag,
)
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.issues import Unavailable
from service.ports.access.tokens import ServerTokens
from service.ports.fhir_server import Capabilities, LookUp, ServerResponse

MEDIA_TYPE = "application/fhir+json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class TimeLimits:
    """Seconds for one transaction, for the searches of one look-up together, and for one published resource.

    A look-up, a request and a second look-up must end within a lease (usecases/delivery/deliver.py).
    """

    request_seconds: float = 30.0
    look_up_seconds: float = 20.0
    publish_seconds: float = 120.0


class HttpFhirServer:
    """A FHIR server at a base address: a `FhirServer`. For several threads.

    ``authorities`` is a file with certificate authorities that it is also trusted by.
    """

    def __init__(
        self,
        base: str,
        now: Callable[[], datetime] = clock.now,
        limits: TimeLimits = TimeLimits(),
        tokens: ServerTokens | None = None,
        authorities: Path | None = None,
    ) -> None:
        self.base, self.now, self.limits, self.tokens = base.rstrip("/"), now, limits, tokens
        self.address = HttpAddress(self.base, authorities)
        self.known = KnownCapabilities(self.read_capabilities)

    def transact(self, bundle: Resource) -> ServerResponse:
        """Sends a transaction Bundle. Without a status the outcome is unknown."""
        headers = {"Content-Type": MEDIA_TYPE, "Prefer": "return=minimal"}
        return self.ask(HttpRequest("POST", "", headers, encode(bundle)), Deadline(self.limits.request_seconds))

    def put(self, resource: Resource) -> ServerResponse:
        """Creates or updates one published resource under its id."""
        return self.ask(put_request(resource, None), Deadline(self.limits.publish_seconds))

    def update(self, resource: Resource, if_match: str | None = None) -> ServerResponse:
        """Sends one resource under its id, with the ETag in If-Match if it is given."""
        return self.ask(put_request(resource, if_match), Deadline(self.limits.request_seconds))

    def capabilities(self) -> Capabilities:
        """What the server says that it can do."""
        return self.known.read()

    def read_capabilities(self) -> ServerResponse:
        """The CapabilityStatement of the server. https://hl7.org/fhir/R4/http.html#capabilities"""
        return self.ask(HttpRequest("GET", "/metadata", {}), Deadline(self.limits.look_up_seconds))

    def look_up(self, addresses: Collection[str], whole: bool = False) -> LookUp:
        """Searches for resources by address; with ``whole``, their whole content is returned.

        Sends one search by `_id` per type. The searches have one deadline in common.
        """
        deadline, result = Deadline(self.limits.look_up_seconds), LookUp()
        by_type: dict[str, list[str]] = {}
        for address in dict.fromkeys(addresses):
            type_name, _, id = address.partition("/")
            by_type.setdefault(type_name, []).append(id)
        for type_name, ids in by_type.items():
            part = self.search_ids(type_name, ids, whole, deadline)
            failure = result.failure or part.failure
            result = LookUp({**result.found, **part.found}, result.missing | part.missing, failure)
        return result

    def search_ids(self, type_name: str, ids: list[str], whole: bool, deadline: Deadline) -> LookUp:
        """Searches for the resources of one type by `_id`. The ids are sent in the body, so none are in an address.

        https://hl7.org/fhir/R4/search.html#Introduction
        """
        parameters = {"_id": ",".join(ids), "_count": str(len(ids)), **({} if whole else {"_elements": "id"})}
        headers = {"Content-Type": FORM}
        request = HttpRequest("POST", f"/{type_name}/_search", headers, urlencode(parameters).encode())
        response = self.ask(request, deadline)
        wanted = {f"{type_name}/{id}" for id in ids}
        if response.status == 404:
            return LookUp(missing=frozenset(wanted))
        resources = searchset_resources(response.bundle) if response.status == 200 else None
        if resources is None:
            return LookUp(failure=response)
        found = {f"{each.get('resourceType')}/{each.get('id')}": each for each in resources}
        found = {address: each for address, each in found.items() if address in wanted}
        missing = frozenset() if has_next_page(response.bundle) else frozenset(wanted - found.keys())
        return LookUp(found, missing)

    def ask(self, request: HttpRequest, deadline: Deadline) -> ServerResponse:
        """The response to a request, with the JSON object in its body.

        A token goes to the base address alone, because no redirect is followed. If it is refused, one new token is
        fetched and the request sent once more.
        """
        headers = {"Accept": MEDIA_TYPE, "Cache-Control": "no-cache", **request.headers}
        try:
            token = None if self.tokens is None else self.tokens.read_token()
            answer = self.exchange(request, headers, token, deadline)
            if answer.status == 401 and self.tokens is not None:
                with suppress(Unavailable):
                    answer = self.exchange(request, headers, self.tokens.read_token(refused=token), deadline)
        except (NoResponse, Unavailable) as problem:
            return ServerResponse(None, str(problem))
        return self.read_response(answer)

    def exchange(
        self, request: HttpRequest, headers: dict[str, str], token: str | None, deadline: Deadline
    ) -> HttpAnswer:
        """The answer to a request with these headers, and with a token if there is one. Raises NoResponse."""
        proof = {} if token is None or self.tokens is None else {"Authorization": f"{self.tokens.scheme} {token}"}
        complete = HttpRequest(request.method, request.path, {**headers, **proof}, request.body)
        return self.address.exchange(complete, deadline)

    def read_response(self, answer: HttpAnswer) -> ServerResponse:
        """Status, issue codes, Retry-After and content of a response."""
        content = json_object(answer.body)
        wait = parse_retry_after(answer.headers.get("retry-after"), self.now())
        version = version_of_etag(answer.headers.get("etag"))
        return ServerResponse(answer.status, issue_codes(content), wait, content, version)


def put_request(resource: Resource, if_match: str | None) -> HttpRequest:
    """The request that writes one resource."""
    condition = {} if if_match is None else {"If-Match": if_match}
    headers = {"Content-Type": MEDIA_TYPE, "Prefer": "return=minimal", **condition}
    return HttpRequest("PUT", f"/{resource['resourceType']}/{resource['id']}", headers, encode(resource))
