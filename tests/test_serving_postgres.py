"""Several processes on one PostgreSQL database: prepared once, then as one service."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import requests

from service.fhir.r4.strict_json import encode
from tests.support.building import scored
from tests.support.rest import FHIR_JSON
from tests.support.running.serving import serving, sural

pytestmark = pytest.mark.postgres


@pytest.fixture
def empty(postgres_url: str) -> Iterator[str]:
    """The address of a database without tables, beside the one of the other tests."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS several")
        connection.execute("CREATE DATABASE several")
        yield postgres_url.replace("/postgres?", "/several?")
        connection.execute("DROP DATABASE several WITH (FORCE)")


def post(base: str, number: int) -> requests.Response:
    identifier = {"system": "urn:example:responses", "value": str(number)}
    body = encode(scored("gad-7", [1] * 7, identifier=identifier))
    while True:
        answer = requests.post(f"{base}/QuestionnaireResponse", data=body, headers=FHIR_JSON, timeout=30)
        if answer.status_code != 503:
            return answer


def total(base: str, query: str) -> int:
    return int(requests.get(f"{base}/{query}", timeout=20).json()["total"])


def test_it_does_not_start_before_the_tables_are_made(tmp_path: Path, empty: str) -> None:
    result = sural("serve", folder=tmp_path, SURAL_DATABASE=empty)
    assert result.returncode == 1
    assert result.stderr == "Error: The database has no tables of this service. Run: sural migrate\n"


def test_it_does_not_start_without_its_server(tmp_path: Path) -> None:
    result = sural("serve", folder=tmp_path, SURAL_DATABASE=f"postgresql://sural@/x?host={tmp_path}")
    assert result.returncode == 1
    assert "cannot be reached" in result.stderr


@pytest.mark.parametrize("address", ["mysql://x/y", "nonsense"])
def test_another_kind_of_database_is_refused_plainly(tmp_path: Path, address: str) -> None:
    result = sural("serve", folder=tmp_path, SURAL_DATABASE=address)
    assert result.returncode == 1
    assert result.stderr.startswith("Error: SURAL_DATABASE")


def test_two_processes_take_each_response_once_and_keep_it_through_a_kill(tmp_path: Path, empty: str) -> None:
    assert sural("migrate", folder=tmp_path, SURAL_DATABASE=empty).returncode == 0
    with serving(tmp_path, SURAL_DATABASE=empty) as one, serving(tmp_path, SURAL_DATABASE=empty) as other:
        bases = [one.base, other.base] * 4
        for number in range(10):
            with ThreadPoolExecutor(len(bases)) as pool:
                told = list(pool.map(post, bases, [number] * len(bases)))
            assert sorted(answer.status_code for answer in told) == [200] * 7 + [201]
            assert len({answer.headers["Location"].partition("/fhir/")[2] for answer in told}) == 1
        one.process.send_signal(signal.SIGKILL)
        one.process.wait(10)
        assert total(other.base, "QuestionnaireResponse?patient=p1") == 10
        assert total(other.base, "ClinicalImpression?patient=p1") == 10
    assert sural("outbox", "list", folder=tmp_path, SURAL_DATABASE=empty).stdout.count("waiting") == 10
