"""Requests sent = AuditEvents, by interaction and outcome, over requests drawn at random: test plan A2.

https://profiles.ihe.net/ITI/BALP/
"""

import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from service.adapters.database.access.audit_chain import check_chain
from service.adapters.database.access.audit_trail import DatabaseAudit
from service.adapters.database.engine import Database
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from tests.support.building import scored
from tests.support.other_systems.issuing import Issuer, bearer, issuer_file, secured
from tests.support.rest import FHIR_JSON, Clock, Rest

# How often one address and one client may ask. A day does not end while the test runs: only the count decides.
LIMIT = 30
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PATCH = {"Content-Type": "application/json-patch+json"}
OWN = "QuestionnaireResponse/r-1"
CREATE = {"method": "POST", "url": "QuestionnaireResponse"}
Event = tuple[str, int]
Told = tuple[str, str, str, str]


def response(patient: str = "p3", **more: Any) -> Resource:
    return {**scored("gad-7", [1] * 7, patient=f"Patient/{patient}"), **more}


def bundle(kind: str, *resources: Resource) -> bytes:
    entries = [{"resource": each, "request": CREATE} for each in resources]
    return encode({"resourceType": "Bundle", "type": kind, "entry": entries})


@dataclass(frozen=True)
class Asked:
    """A request: what it is, the status of its answer to a client that may do everything, and its events if they are
    others than one of this interaction and status. ``needs`` is False if it is refused to no client with a token;
    ``narrow`` are then its events to one that may do little, if they are others."""

    method: str
    path: str
    interaction: str
    status: int
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: FHIR_JSON)
    events: tuple[Event, ...] = ()
    needs: bool = True
    narrow: tuple[Event, ...] = ()
    is_before_door: bool = False
    weight: int = 10


UNSEEN = encode(response("p1", id="r-1", status="amended", language="de"))
GOOD, WRONG = encode(response()), response(status="banana")
REQUESTS = [
    Asked("POST", "QuestionnaireResponse", "create", 201, GOOD, weight=4),
    Asked("POST", "QuestionnaireResponse", "create", 400, encode(WRONG)),
    Asked("POST", "QuestionnaireResponse", "create", 400, b'{"resourceType": '),
    Asked("POST", "QuestionnaireResponse", "create", 413, b" " * 1_048_577, weight=1),
    Asked("POST", "QuestionnaireResponse", "create", 415, GOOD, {"Content-Type": "text/plain"}),
    Asked("PUT", OWN, "update", 200, encode(response("p1", id="r-1", status="amended")), weight=2),
    Asked("PUT", OWN, "update", 400, encode(response("p1", id="r-9"))),
    Asked("PUT", OWN, "update", 412, UNSEEN, {**FHIR_JSON, "If-Match": 'W/"9999999"'}),
    Asked("PATCH", OWN, "patch", 200, b'[{"op": "add", "path": "/language", "value": "en"}]', PATCH, weight=2),
    Asked("PATCH", "QuestionnaireResponse/none", "patch", 404, b"[]", PATCH),
    Asked("GET", OWN, "read", 200),
    Asked("HEAD", OWN, "read", 200),
    Asked("GET", "Questionnaire/phq-9", "read", 200),
    Asked("GET", "Observation/none", "read", 404),
    Asked("GET", OWN, "read", 406, headers={"Accept": "application/fhir+xml"}),
    Asked("GET", f"{OWN}/_history/1", "vread", 200),
    Asked("GET", f"{OWN}/_history/0", "vread", 404),
    Asked("GET", f"{OWN}/_history?_count=1", "history-instance", 200),
    Asked("GET", "QuestionnaireResponse/none/_history", "history-instance", 404),
    Asked("GET", "Observation?patient=p1&_count=1", "search-type", 200),
    # One event for each patient whose data is shown.
    Asked("GET", "QuestionnaireResponse?_id=r-1,r-2", "search-type", 200, events=(("search-type", 200),) * 2),
    Asked("GET", "Observation?patient=nobody", "search-type", 200),
    Asked("GET", "Observation?nothing=like-that", "search-type", 400, headers={"Prefer": "handling=strict"}),
    Asked("GET", "Observation?code=%00%ff%F0", "search-type", 400),
    Asked("POST", "Observation/_search", "search-type", 200, b"patient=p1&_count=1", FORM),
    Asked("POST", "Observation/_search", "search-type", 415, b"{}"),
    Asked("POST", "Observation/_search?_count=1", "search-type", 415, b" " * 1_048_577, weight=1),
    Asked("POST", "QuestionnaireResponse/$validate", "operation", 200, GOOD),
    Asked("GET", f"{OWN}/$extract", "operation", 200, weight=4),
    Asked("GET", "QuestionnaireResponse/none/$extract", "operation", 404),
    Asked("POST", "", "operation", 200, bundle("batch", response(), WRONG), events=(("create", 201), ("create", 400)),
          needs=False, narrow=(("operation", 200), *[("create", 403)] * 2), weight=2),
    Asked("POST", "", "operation", 200, bundle("batch", WRONG), events=(("operation", 200), ("create", 400)),
          needs=False, narrow=(("operation", 200), ("create", 403))),
    Asked("POST", "", "operation", 200, bundle("transaction", response()), events=(("create", 201),), weight=2),
    Asked("POST", "", "operation", 400, bundle("transaction", response(), WRONG), weight=4),
    Asked("GET", "Nothing/here", "operation", 404, needs=False),
    Asked("GET", "Observation/$nothing", "operation", 404, needs=False),
    Asked("DELETE", OWN, "operation", 405, needs=False),
    Asked("GET", "x" * 9_000, "operation", 414, is_before_door=True),
    Asked("GET", f"Observation?{'&' * 101}", "search-type", 400, is_before_door=True),
    Asked("POST", "Observation/_search", "search-type", 400, b"&" * 101, FORM, is_before_door=True),
    Asked("POST", "Observation/_search", "search-type", 413, b"a" * 1_048_577, FORM, is_before_door=True, weight=1),
    Asked("GET", OWN, "read", 400, headers={"Host": "a host"}, is_before_door=True),
]  # fmt: skip


class Model:
    """What is expected of each request: its own counts of addresses and clients, and the order of the door."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def is_beyond(self, name: str) -> bool:
        self.counts[name] += 1
        return self.counts[name] > LIMIT

    def refusal(self, asked: Asked, address: str, client: str, right: str) -> int | None:
        """The status with which the door refuses a request with a ``right``: all, few, no token or a wrong one."""
        if asked.is_before_door:
            return None
        if self.is_beyond(f"address {address}"):
            return 429
        if right in ("none", "wrong"):
            return 401
        if self.is_beyond(f"client {client}"):
            return 429
        return 403 if right == "few" and asked.needs else None


def headers_of(issuer: Issuer, clients: list[str]) -> dict[tuple[str, str], dict[str, str]]:
    """The header of each client by its right."""
    made: dict[tuple[str, str], dict[str, str]] = {}
    for name in clients:
        made[name, "all"] = bearer(issuer.give(client_id=name))
        made[name, "few"] = bearer(issuer.give(client_id=name, scope="system/Provenance.r"))
        made[name, "wrong"] = bearer(f"{name}.is.wrong")
        made[name, "none"] = {}
    return made


def send(rest: Rest, asked: Asked, address: str, token: dict[str, str]) -> tuple[str, int]:
    """Sends a request; its id and the status of its answer."""
    answer = rest.client.open(
        f"/fhir/{asked.path}" if asked.path else "/fhir",
        method=asked.method,
        data=asked.body,
        headers={**asked.headers, **token},
        environ_base={"REMOTE_ADDR": address},
    )
    return answer.headers["X-Request-Id"], answer.status_code


def told(event: Resource) -> Told:
    """The request of an event, its interaction, its outcome and what is said of a refusal."""
    (request,) = [each for each in event["entity"] if each["type"]["code"] == "XrequestId"]
    id = request["what"]["identifier"]["value"]
    return id, event["subtype"][0]["code"], event["outcome"], event.get("outcomeDesc", "")[:3]


def expected_of(id: str, interaction: str, status: int) -> Told:
    return id, interaction, "0" if status < 400 else "4", "" if status < 400 else str(status)


@pytest.fixture
def clients() -> list[str]:
    return [f"client-{number}" for number in range(201)]


@pytest.fixture
def limited(database: Database, clock: Clock, tmp_path: Path, issuer: Issuer, clients: list[str]) -> Rest:
    """The application with these clients and with limits, and a response of each of two patients."""
    entries = [{"client_id": name, "scopes": "system/*.cruds"} for name in clients]
    rates = {"rate_address": f"{LIMIT}/day", "rate_client": f"{LIMIT}/day"}
    rest = secured(database, clock, issuer_file(tmp_path, issuer, clients=entries), **rates)
    for patient in ("p1", "p2"):
        assert rest.post(response(patient), **bearer(issuer.give(client_id=clients[-1]))).status_code == 201
    return rest


@pytest.mark.parametrize(
    ("number", "seed"), [(400, 1), pytest.param(10_000, 2, marks=pytest.mark.slow)], ids=["quick", "slow"]
)
def test_requests_sent_are_events(limited: Rest, issuer: Issuer, clients: list[str], number: int, seed: int) -> None:
    draw, model, expected = random.Random(seed), Model(), Counter[Told]()
    used = clients[: number // 50]
    headers, before = headers_of(issuer, used), len(list(DatabaseAudit(limited.database).records()))
    for _ in range(number):
        (asked,) = draw.choices(REQUESTS, [each.weight for each in REQUESTS])
        (right,) = draw.choices(["all", "few", "none", "wrong"], [7, 1, 1, 1])
        address, client = f"192.0.2.{draw.randrange(number // 40)}", draw.choice(used)
        refused = model.refusal(asked, address, client, right)
        id, status = send(limited, asked, address, headers[client, right])
        assert status == (refused or asked.status), (asked, right)
        listed = (right == "few" and asked.narrow) or asked.events
        events = listed if refused is None and listed else [(asked.interaction, status)]
        expected.update(expected_of(id, *event) for event in events)
    records = list(DatabaseAudit(limited.database).records())
    assert Counter(told(json.loads(record.body)) for record in records[before:]) == expected
    assert not check_chain(records).broken
    assert {"400", "401", "403", "404", "405", "406", "412", "413", "414", "415", "429"} <= {
        last for *_, last in expected
    }
