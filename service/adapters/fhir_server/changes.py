"""The search for new and changed responses on the FHIR server, and for Tasks that ask for forms.

https://hl7.org/fhir/R4/search.html#lastUpdated
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

from service import clock
from service.adapters.exchange import Deadline, HttpRequest
from service.adapters.fhir_server.client import HttpFhirServer, TimeLimits
from service.adapters.fhir_server.response_parts import links_to_next_page, searchset_resources
from service.fhir.results.tasks.form_task import ASKED, ASKS, SDC_CODES
from service.ports.access.tokens import ServerTokens
from service.ports.fhir_server import ChangesPage, ServerResponse

PAGE = 100
TYPE = "QuestionnaireResponse"
# The longest link to a next page that is followed.
MAX_LINK = 4_096


class HttpChangeServer(HttpFhirServer):
    """A FHIR server that is searched: a `ChangeServer` and a `TaskServer`. ``aliases`` are its other base addresses."""

    def __init__(
        self,
        base: str,
        aliases: Sequence[str] = (),
        now: Callable[[], datetime] = clock.now,
        limits: TimeLimits | None = None,
        tokens: ServerTokens | None = None,
        authorities: Path | None = None,
    ) -> None:
        super().__init__(base, now, limits or TimeLimits(), tokens, authorities)
        self.aliases = tuple(alias.rstrip("/") for alias in aliases)

    def search_changes(self, since: str) -> ChangesPage:
        """The first page of the responses whose `meta.lastUpdated` is at this instant or later."""
        parameters = {
            "_lastUpdated": f"ge{since}",
            "_sort": "_lastUpdated",
            "_count": str(PAGE),
            "_elements": "id,meta",
        }
        return self.search_page(f"/{TYPE}?{urlencode(parameters)}")

    def search_page(self, path: str) -> ChangesPage:
        """A further page, by its address below the base."""
        return self.read_page(path, TYPE)

    def search_asked(self) -> ChangesPage:
        """The first page of the Tasks that ask for forms and that nobody has taken."""
        parameters = {"code": f"{SDC_CODES}|{ASKS}", "status": ",".join(ASKED), "_count": str(PAGE)}
        return self.search_asked_page(f"/Task?{urlencode(parameters)}")

    def search_asked_page(self, path: str) -> ChangesPage:
        """A further page, by its address below the base."""
        return self.read_page(path, "Task")

    def read_page(self, path: str, type_name: str) -> ChangesPage:
        """A page of resources of a type."""
        response = self.ask(HttpRequest("GET", path, {}), Deadline(self.limits.request_seconds))
        resources = searchset_resources(response.bundle) if response.status == 200 else None
        if resources is None:
            return ChangesPage(failure=response)
        found = [each for each in resources if each.get("resourceType") == type_name]
        links = links_to_next_page(response.bundle)
        return ChangesPage(found, bool(links), next(self.paths_below(links), None))

    def paths_below(self, links: Sequence[str]) -> Iterator[str]:
        """Yields the part of each link below a base address of this server. No other link is followed."""
        for link in links:
            for base in (self.base, *self.aliases):
                path = link.removeprefix(base)
                is_safe = path.isascii() and path.isprintable() and " " not in path and len(path) <= MAX_LINK
                if path != link and path.startswith(("?", "/")) and is_safe:
                    yield path

    def read_version(self, address: str, version: str) -> ServerResponse:
        """One version of a resource. https://hl7.org/fhir/R4/http.html#vread"""
        return self.ask(HttpRequest("GET", f"/{address}/_history/{version}", {}), Deadline(self.limits.request_seconds))

    def read_events(self, subscription: str, first: int, last: int) -> ServerResponse:
        """The events of a Subscription with these numbers, both ends included.

        http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition-backport-subscription-events.html
        """
        parameters = {"eventsSinceNumber": str(first), "eventsUntilNumber": str(last), "content": "id-only"}
        path = f"/{subscription}/$events?{urlencode(parameters)}"
        return self.ask(HttpRequest("GET", path, {}), Deadline(self.limits.request_seconds))
