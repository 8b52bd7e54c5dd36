"""Clients that send at the same moment: C1 to C5."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from tests.faults.conftest import Sizes
from tests.faults.running.clients import id_in
from tests.faults.running.deployment import Nursery, deployed
from tests.support.building import scored
from tests.support.other_systems.issuing import Issuer, bearer, issuer_file, issuing
from tests.support.rest import FHIR_JSON

pytestmark = pytest.mark.faults

CLIENTS = 32
CALLERS = ("portal", "ehr")
Request = Callable[[str], requests.Response]


@pytest.fixture
def bases(tmp_path: Path, address: str, forking: Nursery) -> Iterator[list[str]]:
    """The addresses of the web processes: two on PostgreSQL, one on SQLite."""
    with deployed(forking, tmp_path, address, None) as deployment:
        yield [web.base for web in deployment.webs]


def body(number: int, weight: int = 1, **elements: object) -> Resource:
    return scored("gad-7", [weight] * 7, patient=f"Patient/p{number}", **elements)


def create(resource: Resource, **headers: str) -> Request:
    named = {
        **FHIR_JSON,
        "Prefer": "return=minimal",
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    return lambda base: until_taken(
        lambda: requests.post(f"{base}/QuestionnaireResponse", data=encode(resource), headers=named, timeout=60)
    )


def until_taken(ask: Callable[[], requests.Response]) -> requests.Response:
    """The first answer that does not ask to come back later."""
    while (answer := ask()).status_code == 503:
        assert "Retry-After" in answer.headers
    return answer


def at_once(bases: list[str], *each: Request) -> list[requests.Response]:
    """The answers to requests of as many clients at once, spread over the processes."""
    with ThreadPoolExecutor(len(each)) as pool:
        return list(pool.map(lambda n: each[n](bases[n % len(bases)]), range(len(each))))


def statuses(answers: list[requests.Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def count(address: str, query: str) -> int:
    return int(requests.get(f"{address}/{query}&_summary=count", timeout=60).json()["total"])


def test_one_key_and_one_body_are_one_response(bases: list[str], sizes: Sizes) -> None:
    """C1."""
    for number in range(sizes.rounds):
        answers = at_once(bases, *[create(body(number), Idempotency_Key=f"k{number}")] * CLIENTS)
        assert statuses(answers) == [200] * (CLIENTS - 1) + [201]
        assert len({id_in(answer) for answer in answers}) == 1
        assert count(bases[0], f"QuestionnaireResponse?patient=p{number}") == 1


def test_one_key_with_another_body_is_refused(bases: list[str], sizes: Sizes) -> None:
    """C2: whichever was first is stored, and stays."""
    for number in range(sizes.rounds):
        one, other = (create(body(number, weight), Idempotency_Key=f"k{number}") for weight in (1, 2))
        answers = at_once(bases, *[one, other] * (CLIENTS // 2))
        assert set(statuses(answers)) <= {200, 201, 422}
        assert statuses(answers).count(201) == 1
        assert statuses(answers).count(422) == CLIENTS // 2
        assert count(bases[0], f"QuestionnaireResponse?patient=p{number}") == 1


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as made:
        yield made


@pytest.fixture
def closed(tmp_path: Path, address: str, forking: Nursery, issuer: Issuer) -> Iterator[list[str]]:
    """The addresses of the web processes, with access control for two clients."""
    rights = [{"client_id": name, "scopes": "system/*.cruds"} for name in CALLERS]
    limits = {"SURAL_RATE_CLIENT": "", "SURAL_RATE_ADDRESS": ""}
    file = issuer_file(tmp_path, issuer, clients=rights)
    with deployed(forking, tmp_path, address, None, SURAL_ISSUERS=str(file), **limits) as deployment:
        yield [web.base for web in deployment.webs]


def test_one_key_of_two_callers_is_two_keys(closed: list[str], issuer: Issuer, sizes: Sizes) -> None:
    """C3: each caller has a response of its own, and learns nothing of the other one's."""
    tokens = [issuer.give(time.time(), aud=closed, sub=name, client_id=name) for name in CALLERS]
    for number in range(sizes.rounds):
        if number % 500 == 499:
            tokens = [issuer.give(time.time(), aud=closed, sub=name, client_id=name) for name in CALLERS]
        bodies = [body(2 * number + place, weight=place + 1) for place in range(2)]
        asks = [
            create(each, Idempotency_Key=f"k{number}", Prefer="return=representation", **bearer(token))
            for each, token in zip(bodies, tokens, strict=True)
        ]
        answers = at_once(closed, *[asks[n % 4 // 2] for n in range(CLIENTS)])
        assert statuses(answers) == [200] * (CLIENTS - 2) + [201] * 2
        of_each = [[answer for n, answer in enumerate(answers) if n % 4 // 2 == place] for place in range(2)]
        ids = [{id_in(answer) for answer in own} for own in of_each]
        assert (len(ids[0]), len(ids[1]), len(ids[0] | ids[1])) == (1, 1, 2)
        for own, sent in zip(of_each, bodies, strict=True):
            assert {answer.json()["subject"]["reference"] for answer in own} == {sent["subject"]["reference"]}


def test_a_conditional_create_is_one_response(bases: list[str], sizes: Sizes) -> None:
    """C4. Each client sends an id of its own, and the same identifier."""
    for number in range(sizes.rounds):
        identifier = {"system": "urn:example:visits", "value": str(number)}
        condition = f"identifier=urn:example:visits|{number}"
        requests_ = [create(body(number, identifier=identifier), If_None_Exist=condition)] * CLIENTS
        answers = at_once(bases, *requests_)
        assert statuses(answers) == [200] * (CLIENTS - 1) + [201]
        assert len({(id_in(answer), answer.headers["ETag"]) for answer in answers}) == 1


def test_two_amendments_of_one_version_are_one(bases: list[str], address: str, sizes: Sizes) -> None:
    """C5."""
    for number in range(sizes.rounds):
        stored = id_in(create(body(number))(bases[0]))
        amended = [amend(stored, body(number, weight)) for weight in (2, 3)]
        assert statuses(at_once(bases, *amended)) == [200, 412]
    with closing(Database(address, read_only=address.startswith("sqlite"))) as database, database.read() as connection:
        versions = select(t.received.c.id, func.count()).group_by(t.received.c.id)
        assert [number for _, number in connection.execute(versions)] == [2] * sizes.rounds


def amend(id: str, resource: Resource) -> Request:
    """A PUT of version 2."""
    content = encode({**resource, "id": id, "status": "amended"})
    headers = {**FHIR_JSON, "If-Match": 'W/"1"'}
    return lambda base: until_taken(
        lambda: requests.put(f"{base}/QuestionnaireResponse/{id}", data=content, headers=headers, timeout=60)
    )
