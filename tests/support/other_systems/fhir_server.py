"""A FHIR server in memory that stores what is sent, with versions and `ifMatch`, and on which a person works."""

from collections.abc import Collection
from dataclasses import dataclass, field

from service.fhir.r4.types import Resource
from service.ports.fhir_server import Capabilities, LookUp, ServerResponse

DOWN = ServerResponse(None, "no response from the FHIR server (ConnectionRefusedError)")


@dataclass
class StoringServer:
    """``down``: nobody answers; ``down_for_writes``: reads are answered; ``loses_answers``: a write is done, but its
    answer is lost. ``asked``: the addresses of each look-up."""

    base: str = "http://fhir.example/base"
    stored: dict[str, Resource] = field(default_factory=dict)
    down: bool = False
    down_for_writes: bool = False
    loses_answers: bool = False
    asked: list[list[str]] = field(default_factory=list)

    def capabilities(self) -> Capabilities:
        return Capabilities()

    def update(self, resource: Resource, if_match: str | None = None) -> ServerResponse:
        if self.down:
            return DOWN
        url = f"{resource['resourceType']}/{resource['id']}"
        request = {"url": url, **({} if if_match is None else {"ifMatch": if_match})}
        if self.is_stale(request):
            return ServerResponse(412, "conflict")
        return ServerResponse(200, version=self.write(url, resource))

    def transact(self, bundle: Resource) -> ServerResponse:
        if self.down or self.down_for_writes:
            return DOWN
        if any(self.is_stale(entry["request"]) for entry in bundle["entry"]):
            return ServerResponse(412, "conflict")
        results = []
        for entry in bundle["entry"]:
            url = entry["request"]["url"]
            version = self.write(url, entry["resource"])
            results.append({"response": {"status": "201 Created", "location": f"{url}/_history/{version}"}})
        if self.loses_answers:
            return DOWN
        content = {"resourceType": "Bundle", "type": "transaction-response", "entry": results}
        return ServerResponse(200, bundle=content)

    def is_stale(self, request: Resource) -> bool:
        known = self.stored.get(request["url"], {"meta": {"versionId": "0"}})
        return "ifMatch" in request and request["ifMatch"] != f'W/"{known["meta"]["versionId"]}"'

    def write(self, url: str, resource: Resource) -> str:
        before = self.stored.get(url)
        version = "1" if before is None else str(int(before["meta"]["versionId"]) + 1)
        self.stored[url] = {**resource, "meta": {**resource.get("meta", {}), "versionId": version}}
        return version

    def look_up(self, addresses: Collection[str], whole: bool = False) -> LookUp:
        self.asked.append(list(addresses))
        if self.down:
            return LookUp(failure=DOWN)
        found = {address: self.stored[address] for address in addresses if address in self.stored}
        return LookUp(found, frozenset(addresses) - found.keys())

    def of_type(self, type_name: str) -> list[Resource]:
        return [each for url, each in self.stored.items() if url.startswith(f"{type_name}/")]

    def person_sets(self, id: str, **elements: object) -> None:
        """What a person does with a Task."""
        self.write(f"Task/{id}", {**self.stored[f"Task/{id}"], **elements})
