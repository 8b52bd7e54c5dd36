"""The FHIR server of the site over HTTP. No response is trusted, no redirect followed, no content logged.

https://hl7.org/fhir/R4/http.html
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

from service import clock
from service.adapters.exchange import Deadline, HttpAddress, HttpAnswer, HttpRequest, NoResponse
from service.adapters.fhir_server.assigned_ids import AssignedIds, conditional_path, has_our_form
from service.adapters.fhir_server.capabilities import KnownCapabilities
from service.adapters.fhir_server.response_parts import (
    has_next_page,
    issue_codes,
    json_object,
    parse_retry_after,
    searchset_resources,
    version_of_etag,
)
from service.fhir.ids import PREFIXES
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.fhir.results.versions import address_of
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
        self.assigned = AssignedIds(self.search)

    def transact(self, bundle: Resource) -> ServerResponse:
        """Sends a transaction Bundle. Without a status the outcome is unknown."""
        headers = {"Content-Type": MEDIA_TYPE, "Prefer": "return=minimal"}
        return self.ask(HttpRequest("POST", "", headers, encode(bundle)), Deadline(self.limits.request_seconds))

    def put(self, resource: Resource) -> ServerResponse:
        """Creates or updates one published resource under its id."""
        return self.ask(put_request(resource, None), Deadline(self.limits.publish_seconds))

    def update(self, resource: Resource, if_match: str | None = None) -> ServerResponse:
        """Sends one resource under its id, with the ETag in If-Match if it is given."""
        deadline = Deadline(self.limits.request_seconds)
        assigned = self.assigned_types()
        if not assigned:
            return self.ask(put_request(resource, if_match), deadline)
        failure = self.assigned.find_addresses(resource, assigned, deadline)
        if failure is not None:
            return failure
        response = self.ask(put_request(self.assigned.outgoing(resource, assigned), if_match), deadline)
        self.assigned.learn_location(address_of(resource), response)
        return response

    def capabilities(self) -> Capabilities:
        """What the server says that it can do. A transaction cannot have ids of the server, so it counts as lacking."""
        known = self.known.read()
        return replace(known, transaction=False) if self.assigned_types() else known

    def assigned_types(self) -> frozenset[str]:
        """The types of our resources to which the server assigns ids itself."""
        return self.known.read().without_update_create & PREFIXES.keys()

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
            part = self.search_type(type_name, ids, whole, deadline)
            failure = result.failure or part.failure
            result = LookUp({**result.found, **part.found}, result.missing | part.missing, failure)
        assigned = self.assigned_types()
        if whole and assigned:
            self.assigned.learn_references(result.found.values(), assigned, deadline)
            return replace(result, found={url: self.assigned.incoming(each, url) for url, each in result.found.items()})
        return result

    def search_type(self, type_name: str, ids: list[str], whole: bool, deadline: Deadline) -> LookUp:
        """Searches for the resources of one type by our ids, those of others by the ids that the server assigned."""
        if type_name not in self.assigned_types():
            return self.search_ids(type_name, ids, whole, deadline)
        found = self.assigned.search_ids(type_name, ids, whole, deadline)
        others = [id for id in ids if f"{type_name}/{id}" in found.missing and not has_our_form(f"{type_name}/{id}")]
        if not others:
            return found
        rest = self.search_ids(type_name, others, whole, deadline)
        missing = (found.missing - {f"{type_name}/{id}" for id in others}) | rest.missing
        return LookUp({**found.found, **rest.found}, missing, found.failure or rest.failure)

    def search_ids(self, type_name: str, ids: list[str], whole: bool, deadline: Deadline) -> LookUp:
        """Searches for the resources of one type by `_id`. The ids are sent in the body, so none are in an address.

        https://hl7.org/fhir/R4/search.html#Introduction
        """
        parameters = {"_id": ",".join(ids), "_count": str(len(ids)), **({} if whole else {"_elements": "id"})}
        resources, has_more, response = self.search(type_name, parameters, deadline)
        wanted = {f"{type_name}/{id}" for id in ids}
        if resources is None:
            is_lacking = response.status == 404
            return LookUp(missing=frozenset(wanted)) if is_lacking else LookUp(failure=response)
        found = {f"{each.get('resourceType')}/{each.get('id')}": each for each in resources}
        found = {address: each for address, each in found.items() if address in wanted}
        return LookUp(found, frozenset() if has_more else frozenset(wanted - found.keys()))

    def search(
        self, type_name: str, parameters: Mapping[str, str], deadline: Deadline
    ) -> tuple[list[Resource] | None, bool, ServerResponse]:
        """The first page of a search for one type, None if there is no page; whether there are more; the response."""
        headers = {"Content-Type": FORM}
        request = HttpRequest("POST", f"/{type_name}/_search", headers, urlencode(parameters).encode())
        response = self.ask(request, deadline)
        resources = searchset_resources(response.bundle) if response.status == 200 else None
        return resources, has_next_page(response.bundle), response

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
        location = answer.headers.get("location")
        return ServerResponse(answer.status, issue_codes(content), wait, content, version, location)


def put_request(resource: Resource, if_match: str | None) -> HttpRequest:
    """The request that writes one resource: under its id, or under the id that the server assigns."""
    condition = {} if if_match is None else {"If-Match": if_match}
    headers = {"Content-Type": MEDIA_TYPE, "Prefer": "return=minimal", **condition}
    path = f"/{address_of(resource)}" if "id" in resource else conditional_path(resource)
    return HttpRequest("PUT", path, headers, encode(resource))
