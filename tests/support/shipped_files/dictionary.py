"""Writes a dictionary for the compression of what is stored: python -m tests.support.shipped_files.dictionary NUMBER.

It is trained on the results of random responses to the three forms, in the languages of the forms, with corrections.
The same program and the same library give the same file; the seed and the ids do not change. A file that is in the
package already is never written again: give the next number.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import zstandard
from sqlalchemy import select

from service.adapters.database.engine import Database
from service.adapters.database.keeping.bodies import body_of, select_resources
from service.adapters.database.keeping.frames import DICTIONARIES
from service.adapters.database.tables import received
from service.fhir.r4.types import Resource
from service.logs import configure
from tests.support.files import ROOT
from tests.support.generated.generating import random_legs, random_scored, random_submission
from tests.support.rest import Clock, Rest, content, rest_on

SEED = 1
SUBMISSIONS = 150
KIBIBYTES = 176
# The part of the responses that is in another language, and the part that is corrected.
TRANSLATED, CORRECTED = 0.3, 0.1
# Numbers up to 32,767 are for dictionaries that everybody knows.
LEAST_NUMBER = 32_768


class RandomNames:
    """Names of responses such as those of the program, but the same each time."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def __format__(self, _: str) -> str:
        return f"r-{str(UUID(int=self.random.getrandbits(128), version=4))[:-4]}"


def translations() -> dict[str, str]:
    """The Spanish text of each option that has one, by the English one."""
    forms = [json.loads(path.read_text()) for path in sorted((ROOT / "questionnaires").glob("*.json"))]
    return dict(pair for form in forms for pair in translated_options(form))


def translated_options(value: Any) -> Iterator[tuple[str, str]]:
    """Yields English and other text of each option in a Questionnaire."""
    if isinstance(value, list):
        for inner in value:
            yield from translated_options(inner)
    elif isinstance(value, dict):
        for extension in value.get("_display", {}).get("extension", ()):
            texts = [part["valueString"] for part in extension["extension"] if part["url"] == "content"]
            yield from ((value["display"], text) for text in texts)
        for inner in value.values():
            yield from translated_options(inner)


def translated(value: Any, texts: dict[str, str]) -> Any:
    """A response with the options in the other language."""
    if isinstance(value, list):
        return [translated(inner, texts) for inner in value]
    if not isinstance(value, dict):
        return value
    made = {name: translated(inner, texts) for name, inner in value.items()}
    return {**made, "display": texts.get(made["display"], made["display"])} if "display" in made else made


def responses(random: Random, texts: dict[str, str]) -> Iterator[Resource]:
    """Yields random responses: of patients with several visits, and of patients with one."""
    for number in range(SUBMISSIONS):
        alone = (random_legs(random), random_scored(random, "phq-9"), random_scored(random, "gad-7"))[number % 3]
        for made in [*random_submission(random)[0], {**alone, "subject": {"reference": "alone"}}]:
            patient = f"Patient/{UUID(int=random.getrandbits(128), version=4)}" if random.random() < 0.5 else None
            subject = {"reference": patient or f"Patient/{number}{'' if 'alone' not in str(made['subject']) else '-1'}"}
            sent = {name: value for name, value in made.items() if name != "id"}
            in_other = random.random() < TRANSLATED
            yield {**(translated(sent, texts) if in_other else sent), "subject": subject}


def samples(folder: Path) -> list[bytes | bytearray | memoryview]:
    """What the program stores of the responses: each resource, and each body as received."""
    random, clock = Random(SEED), Clock()
    with closing(Database(f"sqlite:///{folder / 'sural.db'}")) as database:
        database.create()
        rest = rest_on(database, clock, RandomNames(random))  # type: ignore[arg-type]
        for response in responses(random, translations()):
            clock.forward(seconds=random.randrange(10_000))
            answer = rest.post(response)
            if random.random() < CORRECTED:
                correct(rest, content(answer))
        with database.read() as connection:
            bodies = [body_of(row).encode() for row in connection.execute(select_resources())]
            return [*bodies, *connection.scalars(select(received.c.body))]


def correct(rest: Rest, stored: Resource) -> None:
    """Sends a response again as amended."""
    rest.put({**{name: value for name, value in stored.items() if name != "meta"}, "status": "amended"})


def main(number: int) -> None:
    """Writes the dictionary with this number."""
    path = DICTIONARIES / f"{number}.zdict"
    if number < LEAST_NUMBER or path.exists():
        raise SystemExit(f"Give a number from {LEAST_NUMBER} that no dictionary has.")
    with tempfile.TemporaryDirectory() as folder:
        dictionary = zstandard.train_dictionary(KIBIBYTES * 1024, samples(Path(folder)), dict_id=number)
    path.write_bytes(dictionary.as_bytes())


if __name__ == "__main__":
    configure("critical")
    main(int(sys.argv[1]))
