"""Clients that send responses, and send each again until the service has acknowledged it."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import requests

from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from tests.support.building import scored
from tests.support.rest import FHIR_JSON

ITEMS = {"gad-7": 7, "phq-9": 9}
CLIENTS = 4


@dataclass(frozen=True)
class Sent:
    """A submission: its key, its form, the weights of its answers, and its body."""

    key: str
    form: str
    weights: tuple[int, ...]
    body: Resource


@dataclass
class Told:
    """What the service acknowledged: the id of the response by the key of its submission, and what went wrong."""

    ids: dict[str, str] = field(default_factory=dict)
    sent: dict[str, Sent] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    again: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, sent: Sent, id: str) -> None:
        """Notes an acknowledgement; another id for a key is wrong."""
        with self.lock:
            if self.ids.setdefault(sent.key, id) != id:
                self.wrong.append(f"{sent.key} has the ids {self.ids[sent.key]} and {id}")
            self.sent[sent.key] = sent


def submissions(count: int, chance: random.Random, per_patient: int = 2) -> list[Sent]:
    """Submissions with answers by chance, so many of each patient."""
    made = []
    for number in range(count):
        form = chance.choice(list(ITEMS))
        weights = tuple(chance.randrange(4) for _ in range(ITEMS[form]))
        body = scored(form, weights, patient=f"Patient/p{number // per_patient}", id=f"x-{number}")
        made.append(Sent(f"k{number}", form, weights, body))
    return made


def post_once(base: str, sent: Sent) -> requests.Response | None:
    """Posts a submission; None if there was no answer."""
    headers = {**FHIR_JSON, "Idempotency-Key": sent.key, "Prefer": "return=minimal"}
    try:
        return requests.post(f"{base}/QuestionnaireResponse", data=encode(sent.body), headers=headers, timeout=60)
    except requests.RequestException:
        return None


def id_in(answer: requests.Response) -> str:
    """The id of the response in `Location`."""
    return answer.headers["Location"].partition("QuestionnaireResponse/")[2].partition("/")[0]


def send(address: Callable[[], str], sent: Sent, told: Told, stopped: threading.Event) -> None:
    """Posts a submission until it is acknowledged. Every answer but 2xx and 503 is wrong."""
    while not stopped.is_set():
        answer = post_once(address(), sent)
        if answer is not None and answer.status_code in (200, 201):
            told.note(sent, id_in(answer))
            return
        if answer is not None and answer.status_code != 503:
            told.wrong.append(f"{sent.key}: {answer.status_code} {answer.text[:300]}")
            return
        stopped.wait(0.02)


def send_all(address: Callable[[], str], all_sent: list[Sent], told: Told, chance: random.Random) -> threading.Event:
    """Starts clients that send everything, and one in ten again after it was acknowledged. Set when they are done."""
    done, repeated = threading.Event(), {each.key for each in all_sent if chance.random() < 0.1}

    def one(sent: Sent) -> None:
        for _ in range(2 if sent.key in repeated else 1):
            send(address, sent, told, done)
        told.again += sent.key in repeated

    def everything() -> None:
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(one, all_sent))
        done.set()

    threading.Thread(target=everything, daemon=True).start()
    return done
