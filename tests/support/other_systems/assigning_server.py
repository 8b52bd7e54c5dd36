"""A FHIR server that assigns ids itself, and lets nobody create a resource under an id of theirs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import parse_qs, urlsplit

from service.fhir.r4.types import Resource
from tests.support.other_systems.misbehaving import Exchange, MisbehavingServer, misbehaving, reply

OURS = ("QuestionnaireResponse", "Observation", "ClinicalImpression", "Provenance", "Task")
SYSTEM = "https://w3id.org/sural/id"


def statement(types: tuple[str, ...] = OURS) -> Resource:
    """A CapabilityStatement with transactions, and `updateCreate` false for these types."""
    interaction = [{"code": "create"}, {"code": "update"}]
    resources = [{"type": name, "interaction": interaction, "updateCreate": name not in types} for name in OURS]
    rest = {"mode": "server", "interaction": [{"code": "transaction"}], "resource": resources}
    return {"resourceType": "CapabilityStatement", "rest": [rest]}


@dataclass
class AssigningServer:
    """Stores what is updated conditionally under ids of its own: 1, 2, ..."""

    server: MisbehavingServer
    types: tuple[str, ...] = OURS
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    says_where: bool = True

    def __post_init__(self) -> None:
        self.server.statement = statement(self.types)
        self.server.transaction, self.server.search = self.write, self.find

    def write(self, exchange: Exchange) -> None:
        """Updates one resource, or creates it, as https://hl7.org/fhir/R4/http.html#cond-update says."""
        request, sent = exchange.request, json.loads(exchange.request.body)
        parts = urlsplit(request.path.removeprefix("/base/"))
        if request.method != "PUT":
            exchange.send(reply(405, {"resourceType": "OperationOutcome"}))
            return
        found = [parts.path] if "/" in parts.path else list(self.matches(parts.path, parse_qs(parts.query)))
        created = not found
        if created:
            found = [f"{parts.path}/{next(self.numbers)}"]
        address = found[0]
        is_created_by_id = "/" in parts.path and address not in self.server.stored
        if len(found) > 1 or (is_created_by_id and sent["resourceType"] in self.types):
            exchange.send(reply(412 if len(found) > 1 else 405, {"resourceType": "OperationOutcome"}))
            return
        self.server.written[address] += 1
        version = str(self.server.written[address])
        meta = {**sent.get("meta", {}), "versionId": version}
        self.server.stored[address] = {**sent, "id": address.partition("/")[2], "meta": meta}
        where = f"Location: {self.server.base}/{address}/_history/{version}\r\n" if self.says_where else ""
        exchange.send(reply(201 if created else 200, b"", f'ETag: W/"{version}"\r\n{where}'))

    def matches(self, type_name: str, parameters: dict[str, list[str]]) -> Iterator[str]:
        """The addresses that a search by identifier, tag or id finds."""
        wanted = {name: values[0].split(",") for name, values in parameters.items()}
        for address, resource in self.server.stored.items():
            tokens = {
                "identifier": [f"{each['system']}|{each['value']}" for each in self.identifiers(resource)],
                "_tag": [f"{each['system']}|{each['code']}" for each in resource.get("meta", {}).get("tag", [])],
                "_id": [resource["id"]],
            }
            asked = [name for name in tokens if name in wanted]
            if address.startswith(f"{type_name}/") and all({*tokens[n]} & {*wanted[n]} for n in asked):
                yield address

    def identifiers(self, resource: Resource) -> list[Resource]:
        return resource["identifier"] if isinstance(resource.get("identifier"), list) else []

    def find(self, exchange: Exchange) -> None:
        """Answers a search."""
        type_name = exchange.request.path.split("/")[-2]
        found = self.matches(type_name, parse_qs(exchange.request.body.decode()))
        entries = [{"resource": self.server.stored[address]} for address in found]
        exchange.send(reply(200, {"resourceType": "Bundle", "type": "searchset", "entry": entries}))

    def of_type(self, type_name: str) -> list[Resource]:
        return [each for address, each in self.server.stored.items() if address.startswith(f"{type_name}/")]


@contextmanager
def assigning(types: tuple[str, ...] = OURS) -> Iterator[AssigningServer]:
    """Runs such a server; it has Patient/p1."""
    with misbehaving(MisbehavingServer({"Patient/p1": {"resourceType": "Patient", "id": "p1"}})) as server:
        yield AssigningServer(server, types)
