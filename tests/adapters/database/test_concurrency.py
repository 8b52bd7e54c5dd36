"""Concurrent requests and workers, on both databases: nothing is lost, doubled or leased twice."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from threading import Barrier
from typing import Any

import pytest
from werkzeug.test import TestResponse

from service.adapters.database.engine import Database
from service.adapters.database.outbox import DatabaseOutbox
from service.fhir.r4.strict_json import encode
from service.ports.outbox import OutboxEntry
from service.usecases.delivery.deliver import LEASE
from service.web import middleware
from service.work import limit_wait
from tests.support.building import NOW, phq, scored, with_total
from tests.support.rest import FHIR_JSON, Clock, Rest, content, rest_on

CLIENTS = 8
# Longer than PostgreSQL indexes, and not to be made shorter by packing it.
LONG = "".join(sha256(bytes([number])).hexdigest() for number in range(140))
IDENTIFIER = {"system": "urn:example:responses", "value": LONG}


def at_once(what: Callable[[int], Any], clients: int = CLIENTS) -> Sequence[Any]:
    """The results of several threads that begin together."""
    ready = Barrier(clients)

    def run(number: int) -> Any:
        ready.wait(20)
        return what(number)

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(run, range(clients)))


def post(rest: Rest, body: bytes) -> tuple[int, str]:
    """Posts as a client does that comes back when told to."""
    for _ in range(50):
        answer = rest.app.test_client().post("/fhir/QuestionnaireResponse", data=body, headers=FHIR_JSON)
        if answer.status_code != 503:
            return answer.status_code, answer.headers.get("Location", "")
        assert answer.headers["Retry-After"]
    raise AssertionError("told to come back once too often")


def test_several_writers_of_one_patient_are_all_taken_each_after_the_other(rest: Rest) -> None:
    bodies = [encode(with_total("gad-7", total)) for total in range(CLIENTS)]
    assert {status for status, _ in at_once(lambda n: post(rest, bodies[n]))} == {201}
    impressions = rest.found("ClinicalImpression?patient=p1")
    before = [entry["previous"]["reference"] for entry in impressions if "previous" in entry]
    assert len(impressions) == CLIENTS
    assert len(set(before)) == len(before) == CLIENTS - 1
    assert rest.outbox.count_entries()["waiting"] == CLIENTS


def test_the_same_identifier_from_several_clients_at_once_is_one_response(rest: Rest) -> None:
    body = encode(scored("phq-9", [1] * 9, identifier=IDENTIFIER))
    told = at_once(lambda _: post(rest, body))
    assert sorted(status for status, _ in told) == [200] * (CLIENTS - 1) + [201]
    assert len({location for _, location in told}) == 1
    assert content(rest.get("QuestionnaireResponse"))["total"] == 1


def create_unless(rest: Rest, condition: str, body: bytes) -> int:
    """Posts a body with If-None-Exist until the service is available."""
    while True:
        headers = {**FHIR_JSON, "If-None-Exist": condition}
        answer = rest.app.test_client().post("/fhir/QuestionnaireResponse", data=body, headers=headers)
        if answer.status_code != 503:
            return answer.status_code


@pytest.mark.parametrize("patients", [1, 24])
@pytest.mark.parametrize("system", [{}, {"system": "urn:example:responses"}])
def test_if_none_exist_of_24_clients_at_once_creates_one(rest: Rest, system: dict[str, str], patients: int) -> None:
    """`identifier` without a system is no resend key, so that only the condition prevents a second response."""
    for value in ("a", "b"):
        bodies = [
            encode(
                with_total("gad-7", n % 7, patient=f"Patient/p{n % patients}", identifier={**system, "value": value})
            )
            for n in range(24)
        ]
        condition = f"identifier={'|'.join([*system.values(), value])}"
        told = at_once(lambda n, c=condition, b=bodies: create_unless(rest, c, b[n]), 24)  # type: ignore[misc]
        expected = [200] * 23 + [201]
        # With a system, a body of other content is refused once the first one is stored.
        assert sorted(told) == expected if not system else told.count(201) == 1


def test_a_long_identifier_is_known_and_found_like_any_other(rest: Rest) -> None:
    long = {**IDENTIFIER, "value": LONG[:7_000]}
    assert post(rest, encode(scored("phq-9", [1] * 9, identifier=long)))[0] == 201
    assert post(rest, encode(scored("phq-9", [2] * 9, identifier=long)))[0] == 422
    assert rest.one(f"QuestionnaireResponse?identifier={LONG[:7_000]}")["identifier"] == long
    assert rest.found(f"QuestionnaireResponse?identifier={LONG[:6_999]}") == []


def test_the_same_identifier_for_several_patients_is_one_response(rest: Rest) -> None:
    bodies = [encode(scored("phq-9", [1] * 9, identifier=IDENTIFIER, patient=f"Patient/p{n}")) for n in range(CLIENTS)]
    told = at_once(lambda n: post(rest, bodies[n]))
    assert sorted(status for status, _ in told) == [201] + [422] * (CLIENTS - 1)


def test_an_entry_of_the_outbox_is_given_to_one_worker_and_one_of_a_patient_at_a_time(rest: Rest) -> None:
    for number in range(12):
        rest.post(scored("gad-7", [0] * 7, patient=f"Patient/p{number % 6}"))
    workers = [other(rest.database, f"worker {number}") for number in range(CLIENTS)]
    taken = at_once(lambda number: lease_all(workers[number]))
    entries = [entry for own in taken for entry in own]
    assert len({entry.id for entry in entries}) == len(entries) == 6
    assert len({entry.patient for entry in entries}) == 6


def test_what_one_worker_delivers_makes_room_for_the_next_and_nothing_is_sent_twice(rest: Rest) -> None:
    for number in range(24):
        rest.post(scored("gad-7", [0] * 7, patient=f"Patient/p{number % 3}"))
    sent = [entry for own in at_once(lambda n: drain(other(rest.database, f"worker {n}"))) for entry in own]
    assert sorted(entry.id for entry in sent) == list(range(1, 25))
    assert rest.outbox.count_entries() == {"waiting": 0, "delivered": 24, "parked": 0}
    of_one = [entry.id for entry in sent if entry.patient == "Patient/p0"]
    assert len(of_one) == 8


def other(database: Database, name: str) -> DatabaseOutbox:
    """The outbox as another process sees it."""
    made = DatabaseOutbox(database)
    made.owner = name
    return made


def lease_all(outbox: DatabaseOutbox) -> list[OutboxEntry]:
    """Takes entries until there are none; looks again a few times, as others may have been about to give way."""
    taken = []
    for _ in range(20):
        entry = outbox.lease(NOW, NOW + LEASE)
        if entry is not None:
            taken.append(entry)
    return taken


def drain(outbox: DatabaseOutbox) -> list[OutboxEntry]:
    """Takes and delivers until nothing waits."""
    sent = []
    while outbox.count_entries()["waiting"]:
        entry = outbox.lease(NOW, NOW + LEASE)
        if entry is not None:
            sent.append(entry)
            outbox.mark_delivered(entry, NOW, {})
    return sent


def test_a_put_from_several_clients_at_once_creates_once(rest: Rest) -> None:
    resource = phq(id="mine-1")
    answers = at_once(
        lambda number: (
            rest.app.test_client()
            .put("/fhir/QuestionnaireResponse/mine-1", data=encode(resource), headers=FHIR_JSON)
            .status_code
        ),
        16,
    )
    assert sorted(answers) == [200] * 15 + [201]


def put_at_two(rest: Rest, clock: Clock, bodies: Sequence[bytes], **settings: Any) -> list[TestResponse]:
    """The answers to PUTs at once, shared between two applications that know of each other only by the database."""
    apps = [rest_on(rest.database, clock, **settings).app for _ in range(2)]

    def put(number: int) -> TestResponse:
        client = apps[number % 2].test_client()
        return client.put("/fhir/QuestionnaireResponse/mine-1", data=bodies[number], headers=FHIR_JSON)

    return list(at_once(put, len(bodies)))


@pytest.fixture
def _patient_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests may wait for a minute: the order of turns is tested, not the speed of this machine."""
    monkeypatch.setattr(middleware, "limit_wait", lambda seconds=60.0: limit_wait(seconds))


@pytest.mark.usefixtures("_patient_clients")
@pytest.mark.parametrize("round", range(3))
def test_the_same_put_to_two_applications_at_once_creates_once(rest: Rest, clock: Clock, round: int) -> None:
    answers = put_at_two(rest, clock, [encode(phq(id="mine-1"))] * 16)
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert {answer.headers["ETag"] for answer in answers} == {'W/"1"'}


@pytest.mark.usefixtures("_patient_clients")
@pytest.mark.parametrize("round", range(3))
def test_other_puts_to_two_applications_at_once_are_the_next_versions(rest: Rest, clock: Clock, round: int) -> None:
    bodies = [encode(scored("phq-9", [number // 4, number % 4, *[1] * 7], id="mine-1")) for number in range(16)]
    answers = put_at_two(rest, clock, bodies)
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert {answer.headers["ETag"] for answer in answers} == {f'W/"{version}"' for version in range(1, 17)}


@pytest.mark.usefixtures("_patient_clients")
def test_other_puts_at_once_are_refused_where_if_match_is_required(rest: Rest, clock: Clock) -> None:
    bodies = [encode(scored("phq-9", [number // 4, number % 4, *[1] * 7], id="mine-1")) for number in range(16)]
    answers = put_at_two(rest, clock, bodies, if_match="required")
    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 15


@pytest.mark.usefixtures("_patient_clients")
def test_puts_of_one_id_for_several_patients_at_once_create_once(rest: Rest, clock: Clock) -> None:
    bodies = [encode(phq(id="mine-1", subject={"reference": f"Patient/p{number}"})) for number in range(16)]
    answers = put_at_two(rest, clock, bodies)
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 15


@pytest.mark.usefixtures("_patient_clients")
def test_many_writers_of_one_patient_at_two_applications_are_accepted(rest: Rest, clock: Clock) -> None:
    apps = [rest_on(rest.database, clock, names).app for names in ("a-", "b-")]

    def post(number: int) -> int:
        client = apps[number % 2].test_client()
        return client.post("/fhir/QuestionnaireResponse", data=encode(phq()), headers=FHIR_JSON).status_code

    assert at_once(post, 32) == [201] * 32


def test_a_put_is_repeated_after_its_answer_was_lost(rest: Rest) -> None:
    assert rest.put(phq(id="mine-1")).status_code == 201
    changed = phq(id="mine-1", status="amended")
    assert rest.put(changed, version=1).status_code == 200
    again = rest.put(changed, version=1)
    assert (again.status_code, again.headers["ETag"]) == (200, 'W/"2"')


@pytest.mark.usefixtures("_patient_clients")
def test_many_writers_of_one_patient_are_all_accepted(rest: Rest) -> None:
    answers = at_once(
        lambda _: (
            rest.app.test_client()
            .post("/fhir/QuestionnaireResponse", data=encode(phq()), headers=FHIR_JSON)
            .status_code
        ),
        32,
    )
    assert answers == [201] * 32
