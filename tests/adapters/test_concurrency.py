"""Several at once, on both databases: nothing is lost, nothing doubled, nobody gets what another has."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from threading import Barrier
from typing import Any

from service.adapters.database import Database
from service.adapters.outbox import DatabaseOutbox
from service.deliver import LEASE
from service.fhir.encoding import encode
from service.fhir.records import Entry
from tests.building import NOW, scored, with_total
from tests.conftest import FHIR_JSON, Rest, content

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
    assert rest.outbox.counts()["waiting"] == CLIENTS


def test_the_same_identifier_from_several_clients_at_once_is_one_response(rest: Rest) -> None:
    body = encode(scored("phq-9", [1] * 9, identifier=IDENTIFIER))
    told = at_once(lambda _: post(rest, body))
    assert sorted(status for status, _ in told) == [200] * (CLIENTS - 1) + [201]
    assert len({location for _, location in told}) == 1
    assert content(rest.get("QuestionnaireResponse"))["total"] == 1


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
    assert rest.outbox.counts() == {"waiting": 0, "delivered": 24, "parked": 0}
    of_one = [entry.id for entry in sent if entry.patient == "Patient/p0"]
    assert len(of_one) == 8


def other(database: Database, name: str) -> DatabaseOutbox:
    """The outbox as another process sees it."""
    made = DatabaseOutbox(database)
    made.owner = name
    return made


def lease_all(outbox: DatabaseOutbox) -> list[Entry]:
    """Takes entries until there are none; looks again a few times, as others may have been about to give way."""
    taken = []
    for _ in range(20):
        entry = outbox.lease(NOW, NOW + LEASE)
        if entry is not None:
            taken.append(entry)
    return taken


def drain(outbox: DatabaseOutbox) -> list[Entry]:
    """Takes and delivers until nothing waits."""
    sent = []
    while outbox.counts()["waiting"]:
        entry = outbox.lease(NOW, NOW + LEASE)
        if entry is not None:
            sent.append(entry)
            outbox.delivered(entry, NOW, {})
    return sent
