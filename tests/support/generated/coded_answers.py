"""Writes a file of random coded answers, to measure `sural population assess` and `sural diff --population`.

    python -m tests.support.generated.coded_answers million.parquet 1000000

The answers of the first visits are repeated with new ids.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from random import Random

from service.population.files.rows_file import layout_of, write_rows
from service.ports.coded_responses import CodedResponse
from tests.support.generated.population import code_visit, random_visit

DISTINCT_VISITS = 10_000


def random_responses(seed: int) -> Iterator[CodedResponse]:
    """Responses without end."""
    random = Random(seed)
    visits = [code_visit(random_visit(random, number), number) for number in range(DISTINCT_VISITS)]
    for number in count():
        for place, row in enumerate(visits[number % DISTINCT_VISITS]):
            yield replace(row, response=f"r{number}-{place}", submission=number, patient=f"Patient/p{number}")


def write_random(path: Path, responses: int) -> int:
    """Writes a file of so many responses. Returns their number."""
    rows = list(islice(random_responses(1), min(responses, 40_000)))
    layout = layout_of((row.instrument, row.questions) for row in rows)
    return write_rows(path, layout, islice(random_responses(1), responses))


if __name__ == "__main__":
    write_random(Path(sys.argv[1]), int(sys.argv[2]))
