"""Valid responses with random changes to their structure and their bytes: the same seed gives the same body."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from random import Random
from typing import Any

from service.fhir.r4.strict_json import encode
from tests.support.files import SAMPLES
from tests.support.generated.generating import random_submission

# A word of the patient in every free string of a body: no refusal may repeat it.
MARK = "Zyxwarb"
TEXT_WORDS = """1 true null 2026 2026-02-30 0001-01-01T00:00:00+14:00 9999-12-31T23:59:59-14:00 2016-12-31T23:59:60Z T -
[ # #a | Patient/ <script> {{7*7}} %s%n ../.. http://169.254.169.254/ urn:uuid:1 completed in-progress
stopped amended"""
TEXTS = TEXT_WORDS.split()
TEXTS += ["", " ", "\x00", "\x07", "\ud800", "\u202e", "\u0301" * 50, "😀", "\uffff", "a" * 10_001, MARK, "'; --"]
NUMBERS = [0, -1, 1, 3, 2**31, 2**53 + 1, 10**17, 10**18, 10**400, 0.1, 1e300, -1e-300, float("nan"), float("inf")]
UNEXPECTED_VALUES: list[Any] = [
    *TEXTS,
    *NUMBERS,
    None,
    True,
    False,
    [],
    {},
    [[]],
    [{}],
    [None],
    {"a": None},
    {"": ""},
    [MARK] * 300,
]
UNEXPECTED_VALUES += [
    {"extension": [{"url": "http://x"}]},
    {"reference": "#a"},
    {"coding": []},
    {"value": 1, "unit": MARK},
]
NAME_WORDS = """resourceType id meta text item answer linkId extension modifierExtension contained implicitRules
identifier authored encounter author source basedOn _status _linkId _value _valueDecimal valueCoding
valueString valueInteger valueQuantity valueReference valueAttachment valueDate valueDateTime valueTime
valueBoolean valueDecimal valueUri"""
NAMES = NAME_WORDS.split()
NAMES += ["", MARK, "\ud800"]
# Answers that are valid FHIR, for questions of any type.
ANSWERS: list[Any] = [
    {"valueBoolean": True},
    {"valueInteger": 3},
    {"valueDecimal": 8},
    {"valueDate": "2026"},
    {"valueDateTime": "2026-11-21T09:00:00Z"},
    {"valueTime": "09:00:00"},
    {"valueString": MARK},
    {"valueUri": "urn:x"},
    {"valueAttachment": {"contentType": "text/plain", "data": "WnljdXJi"}},
    {"valueReference": {"reference": "#a"}},
    {"valueQuantity": {"value": 3, "unit": "kg"}},
    {"valueCoding": {"system": "http://loinc.org", "code": "LA6571-9"}},
    {"valueCoding": {"display": MARK}},
    {"_valueString": {"extension": [{"url": "http://x", "valueCode": "unknown"}]}},
    {"valueBoolean": False, "item": [{"linkId": "/44260-8", "answer": [{"valueInteger": 1}]}]},
    {"item": [{"linkId": "/44260-8"}]},
]
TOKEN_WORDS = rb"""{ } [ ] , : " \ null NaN 1e999 1e99999999999999999999 "status": "item": "linkId": /* \ud800 \u0000"""
TOKENS = TOKEN_WORDS.split()
TOKENS += [b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"0" * 30, b"[" * 2_000]

Place = tuple[Any, Any]


@cache
def samples() -> tuple[Any, ...]:
    """Responses of other publishers."""
    return tuple(json.loads(path.read_bytes()) for path in sorted(SAMPLES.glob("*-QuestionnaireResponse-*.json")))


def random_body(random: Random, number: int) -> Any:
    """A valid response of its own patient, with MARK in it."""
    if random.random() < 0.2:
        made = deepcopy(random.choice(samples()))
    else:
        resources, _ = random_submission(random)
        made = json.loads(encode(random.choice(resources)))
    made["subject"] = {"reference": f"Patient/p{number}", "display": MARK}
    made["identifier"] = {"system": f"urn:{MARK}", "value": f"{MARK}-{number}"}
    made["extension"] = [{"url": f"http://{MARK}.example", "valueString": MARK}]
    made["author"] = {"reference": "Practitioner/a", "display": MARK}
    made["source"] = {"reference": "#a"}
    made["contained"] = [{"resourceType": "Patient", "id": "a", "name": [{"family": MARK, "given": [MARK, MARK]}]}]
    return made


def places(value: Any) -> Iterator[Place]:
    """Every location in a tree: the object or array, and the name or index in it."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(children):
        yield value, key
        yield from places(inner)


def swap(random: Random, tree: Any, place: Place) -> None:
    holder, key = place
    holder[key] = deepcopy(random.choice(UNEXPECTED_VALUES))


def drop(random: Random, tree: Any, place: Place) -> None:
    holder, key = place
    del holder[key]


def double(random: Random, tree: Any, place: Place) -> None:
    """Repeats the value: as the next entry of its array, or in a new array."""
    holder, key = place
    if isinstance(holder, list):
        holder.insert(key, deepcopy(holder[key]))
    else:
        holder[key] = [holder[key], deepcopy(holder[key])]


def rename(random: Random, tree: Any, place: Place) -> None:
    holder, key = place
    if isinstance(holder, dict):
        # Not of the form of an element: an issue names what looks like a misspelt element.
        new = random.choice([*NAMES, f"_{key}", key.upper(), f"{key} ", f"{key}-{MARK}"])
        holder[new] = holder.pop(key)


def add(random: Random, tree: Any, place: Place) -> None:
    """Adds an unexpected value, in an object with a known or unknown name."""
    holder, _ = place
    if isinstance(holder, dict):
        holder[random.choice(NAMES)] = deepcopy(random.choice(UNEXPECTED_VALUES))
    else:
        holder.append(deepcopy(random.choice(UNEXPECTED_VALUES)))


def wrap(random: Random, tree: Any, place: Place) -> None:
    """Nests the value in arrays or objects, up to 300 deep."""
    holder, key = place
    for _ in range(random.choice([1, 1, 2, 30, 70, 300])):
        holder[key] = (
            [holder[key]] if random.random() < 0.5 else {random.choice(["item", "a", "extension"]): holder[key]}
        )


def unwrap(random: Random, tree: Any, place: Place) -> None:
    holder, key = place
    if isinstance(holder[key], list) and holder[key]:
        holder[key] = holder[key][0]


def move(random: Random, tree: Any, place: Place) -> None:
    """Replaces the value with a copy of another value of the tree."""
    other, name = random.choice(list(places(tree)))
    holder, key = place
    holder[key] = deepcopy(other[name])


def answer(random: Random, tree: Any, _: Place) -> None:
    """Adds an answer that is valid FHIR but may not fit the questionnaire, or puts it in place of others."""
    given = [holder["answer"] for holder, key in places(tree) if key == "answer" and isinstance(holder["answer"], list)]
    if given:
        found = random.choice(given)
        found[random.randrange(len(found) + 1) :] = [deepcopy(random.choice(ANSWERS))]


def link(random: Random, tree: Any, _: Place) -> None:
    """Gives an item the linkId of another."""
    named = [holder for holder, key in places(tree) if key == "linkId"]
    if named:
        random.choice(named)["linkId"] = random.choice(named)["linkId"]


CHANGES: list[Callable[[Random, Any, Place], None]] = [swap, swap, drop, double, rename, add, wrap, unwrap, move]
CHANGES += [answer, answer, answer, link, link]


def mutate_body(random: Random, tree: Any) -> bytes:
    """The tree with random changes, as bytes with random changes."""
    for _ in range(random.choice([0, 1, 1, 1, 2, 3])):
        found = list(places(tree))
        if found:
            random.choice(CHANGES)(random, tree, random.choice(found))
    body = json.dumps(tree, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
    return break_bytes(random, body) if random.random() < 0.3 else body


def break_bytes(random: Random, body: bytes) -> bytes:
    """The body with bytes cut off, flipped, repeated, inserted or removed."""
    start, end = sorted(random.randrange(len(body) + 1) for _ in range(2))
    match random.randrange(5):
        case 0:
            return body[:end]
        case 1:
            flipped = bytearray(body)
            for _ in range(random.choice([1, 3, 20])):
                flipped[random.randrange(len(body))] ^= 1 << random.randrange(8)
            return bytes(flipped)
        case 2:
            return body[:start] + random.choice(TOKENS) + body[start:]
        case 3:
            return body[:start] + body[start : start + 200] + body[start:]
    return body[:start] + body[min(end, start + 50) :]
