"""What a CapabilityStatement says that its server can do. Only what is told counts: a server need not tell all.

https://hl7.org/fhir/R4/capabilitystatement.html
"""

import threading
import time
from collections.abc import Callable, Iterator

from service.fhir.r4.types import Resource
from service.fhir.r4.unchecked_json import objects_of
from service.ports.fhir_server import Capabilities, ServerResponse

# For how long an answer is used, and a failure.
KNOWN_SECONDS = 3_600.0
UNKNOWN_SECONDS = 60.0
WRITING = ("create", "update")


def read_statement(statement: Resource) -> Capabilities:
    """The capabilities in a CapabilityStatement. Everything, if it says nothing about a server."""
    servers = [rest for rest in objects_of(statement.get("rest")) if rest.get("mode", "server") == "server"]
    if statement.get("resourceType") != "CapabilityStatement" or not servers:
        return Capabilities()
    codes = {each.get("code") for rest in servers for each in objects_of(rest.get("interaction"))}
    types = frozenset(name for rest in servers for name in written_types(rest))
    return Capabilities("transaction" in codes, types or None, frozenset(types_without_create(servers)))


def written_types(rest: Resource) -> Iterator[str]:
    """Yields the resource types that can be written, or whose interactions are not told."""
    for resource in objects_of(rest.get("resource")):
        codes = [each.get("code") for each in objects_of(resource.get("interaction"))]
        if isinstance(resource.get("type"), str) and (not codes or any(code in WRITING for code in codes)):
            yield resource["type"]


def types_without_create(servers: list[Resource]) -> Iterator[str]:
    """Yields the types of which the server says that an update creates none. HAPI says nothing, and creates them."""
    for rest in servers:
        for resource in objects_of(rest.get("resource")):
            if resource.get("updateCreate") is False and isinstance(resource.get("type"), str):
                yield resource["type"]


class KnownCapabilities:
    """The capabilities of a server, asked for once an hour, or a minute after a failure. For several threads."""

    def __init__(self, ask: Callable[[], ServerResponse], monotonic: Callable[[], float] = time.monotonic) -> None:
        self.ask, self.monotonic = ask, monotonic
        self.lock = threading.Lock()
        self.known, self.until = Capabilities(), float("-inf")

    def read(self) -> Capabilities:
        """The capabilities. While the server does not tell, the last ones that it told, or everything."""
        with self.lock:
            if self.monotonic() >= self.until:
                response = self.ask()
                is_told = response.status == 200 and response.bundle is not None
                if is_told and response.bundle is not None:
                    self.known = read_statement(response.bundle)
                self.until = self.monotonic() + (KNOWN_SECONDS if is_told else UNKNOWN_SECONDS)
            return self.known
