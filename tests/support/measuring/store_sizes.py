"""Measures requests by what is stored: python -m tests.support.measuring.store_sizes 1000 100000. Asserts nothing.

The sizes are numbers of acts. The rows are copies (filling.py); the requests are about a patient stored before them.
`--statistics` lets the database read its statistics first, as it does in service; without, it has none.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count, pairwise
from pathlib import Path

from service.adapters.database.engine import Database
from service.fhir.r4.strict_json import load
from service.logs import configure
from tests.support.building import phq
from tests.support.measuring.filling import fill
from tests.support.rest import Clock, Rest, content, rest_on

RUNS = 15
# The copies of each size have numbers from a multiple of this, apart from those of requests.
APART = 10_000_000
CODE = "http://loinc.org|44261-6"
SEARCHES = {
    "patient": "Observation?patient=g2000010",
    "patient and code": f"Observation?patient=g2000010&code={CODE}",
    "patient and date": "Observation?patient=g2000010&date=ge2026-01-01",
    "patient and status": "Observation?patient=g2000010&status=final",
    "identifier": "QuestionnaireResponse?identifier=urn:x|1",
    "derived-from": "Observation?derived-from=QuestionnaireResponse/r-1",
    "code alone": f"Observation?code={CODE}",
    "last updated": "Observation?_lastUpdated=ge2026-01-01",
}


def median_ms(run: Callable[[], object]) -> float:
    """The median of the wall-clock times, in milliseconds: what waits for the disk or for a lock counts."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def stored_ids(rest: Rest, size: int) -> Iterator[str]:
    """The ids of responses of new patients, one for each correction: versions before it are read too."""
    answers = [rest.post(phq(patient=f"Patient/u{size}-{number}")) for number in range(RUNS)]
    return iter([content(answer)["id"] for answer in answers])


def correct(rest: Rest, id: str) -> None:
    """Corrects a response."""
    stored = content(rest.get(f"QuestionnaireResponse/{id}"))
    number = int(stored.pop("meta")["versionId"])
    answer = rest.put({**stored, "status": "amended"}, version=number)
    assert answer.status_code == 200, answer.data


def figures(rest: Rest, size: int) -> dict[str, float]:
    """The times of one request of each kind."""
    measured = {"read": median_ms(lambda: rest.get("QuestionnaireResponse/r-1"))}
    for name, path in SEARCHES.items():
        assert load(rest.get(path).data)["resourceType"] == "Bundle"
        measured[name] = median_ms(lambda path=path: rest.get(path))  # type: ignore[misc]
    ids = stored_ids(rest, size)
    measured["PUT"] = median_ms(lambda: correct(rest, next(ids)))
    patients = count()
    measured["POST"] = median_ms(lambda: rest.post(phq(patient=f"Patient/s{size}-{next(patients)}")))
    return measured


def measure(sizes: Sequence[int], with_statistics: bool) -> None:
    """Prints a table of milliseconds by request and size, and the ratio of the last size to the first."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'sural.db'}")
        database.create()
        rest = rest_on(database, Clock())
        rest.post({**phq(), "identifier": {"system": "urn:x", "value": "1"}})
        columns = []
        for number, (before, size) in enumerate(pairwise([0, *sizes]), 1):
            start = number * APART
            fill(database, start + 1, start + size - before)
            if with_statistics:
                database.optimize()
            columns.append(figures(rest, size))
        for name in columns[0]:
            times = [column[name] for column in columns]
            print(f"{name:20}", *(f"{each:10.2f}" for each in times), f"{times[-1] / times[0]:8.2f}")
        print("bytes an act, bodies aside:", database.path.stat().st_size // sizes[-1])
        database.close()


if __name__ == "__main__":
    configure("critical")
    measure([int(each) for each in sys.argv[1:] if each.isdigit()], "--statistics" in sys.argv)
