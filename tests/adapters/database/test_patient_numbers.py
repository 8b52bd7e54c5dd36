"""A patient has one number, also if two transactions write for a new patient at the same time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.adapters.database.resources.patient_numbers import number_patients
from tests.support.other_systems.form_tasks import form_task
from tests.support.rest import Rest


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_two_transactions_number_one_new_patient(rest: Rest) -> None:
    asks = threading.Event()

    def other() -> object:
        with rest.database.write() as connection:
            asks.set()
            return number_patients(connection, ["Patient/new"])["Patient/new"]

    with ThreadPoolExecutor(1) as pool:
        with rest.database.write() as connection:
            first = number_patients(connection, ["Patient/new"])["Patient/new"]
            waiting = pool.submit(other)
            assert asks.wait(10)
        assert waiting.result(10) == first


def test_tasks_of_one_new_patient_at_once_are_all_accepted(rest: Rest) -> None:
    together = threading.Barrier(4)

    def send(_: int) -> int:
        together.wait(10)
        return rest.app.test_client().post("/fhir/Task", json=form_task()).status_code

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(send, range(4))) == [201] * 4
