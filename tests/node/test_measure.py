"""A CQL engine counts our totals of the PHQ-9 as quality measures do: reading an Integer (CMS159), or a Quantity.

The library is tests/node/measure/SuralDepressionScore.cql, compiled.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.fhir.results.result_options import ScoreValue
from service.usecases.operations.preview import dry_run
from tests.support.building import NOW, context, with_total
from tests.support.responses.written import by_code, written

pytestmark = pytest.mark.node

MEASURE = Path(__file__).parent / "measure"
PATIENT = {"resourceType": "Patient", "id": "p1"}
INTEGER, QUANTITY = "Above 9, value as Integer", "Above 9, value as Quantity"
# The total, and whether it is above 9.
TOTALS = {0: False, 9: False, 10: True, 27: True}


class Engine:
    """One process of the CQL engine, fed with Bundles."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.input, self.output = process.stdin, process.stdout
        assert self.output.readline() == "ready\n"

    def found(self, observations: list[Resource]) -> dict[str, list[str]]:
        """The ids that each definition of the library finds."""
        resources = [PATIENT, *observations]
        bundle = {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": resource} for resource in resources],
        }
        self.input.write(encode(bundle).decode() + "\n")
        self.input.flush()
        ids: dict[str, list[str]] = json.loads(self.output.readline())
        return ids


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    if not (MEASURE / "node_modules").exists():
        pytest.fail("The CQL engine is not installed. Run these tests with: make test-node", pytrace=False)
    command = ["node", str(MEASURE / "count.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Engine(process)
        process.terminate()


def observations(total: int, score_value: ScoreValue) -> list[Resource]:
    knowledge = replace(context().knowledge, score_value=score_value)
    response = with_total("phq-9", total, min(3, max(0, total - 24)), answers={"safe-now": ["yes"]})
    return written(dry_run([response], replace(context(), knowledge=knowledge), NOW), "Observation")


@pytest.mark.parametrize(("setting", "reading"), [("integer", INTEGER), ("quantity", QUANTITY)])
@pytest.mark.parametrize(("total", "above"), TOTALS.items())
def test_each_setting_is_counted_by_its_reader(
    engine: Engine, setting: ScoreValue, reading: str, total: int, above: bool
) -> None:
    made = observations(total, setting)
    (score,) = by_code({"entry": [{"resource": resource} for resource in made]}, "44261-6")
    found = engine.found(made)
    assert found["PHQ-9 totals"] == [score["id"]]
    assert found[reading] == ([score["id"]] if above else [])


@pytest.mark.parametrize(("setting", "reading"), [("integer", QUANTITY), ("quantity", INTEGER)])
def test_the_other_reader_counts_none_which_is_why_there_is_a_setting(
    engine: Engine, setting: ScoreValue, reading: str
) -> None:
    assert engine.found(observations(27, setting))[reading] == []


@pytest.mark.parametrize(
    ("status", "counted"), [("amended", True), ("preliminary", False), ("entered-in-error", False)]
)
def test_only_totals_that_are_valid_are_counted(engine: Engine, status: str, counted: bool) -> None:
    made = [{**resource, "status": status} for resource in observations(27, "integer")]
    assert bool(engine.found(made)[INTEGER]) is counted
