"""Corrections and withdrawals on a real FHIR server: later versions arrive once, and a person's work stays."""

from pathlib import Path
from typing import Any

import pytest
import requests

from tests.hapi.conftest import FHIR_JSON, Hapi
from tests.hapi.test_spine import states
from tests.support.building import response, with_total
from tests.support.running.serving import Served, serving, wait_until

# Their ids are not those of a run.
pytestmark = [pytest.mark.hapi, pytest.mark.usefixtures("own_server")]

PATIENT = {"resourceType": "Patient", "id": "versions"}


def phq(id: str, total: int, last: int = 0, **elements: Any) -> dict[str, Any]:
    safe = {"safe-now": ["yes"]} if last else {}
    made = with_total("phq-9", total, last, patient="Patient/versions", answers=safe)
    return {**made, "id": id, **elements}


def put(served: Served, response: dict[str, Any], version: int | None = None) -> int:
    headers = {**FHIR_JSON, **({} if version is None else {"If-Match": f'W/"{version}"'})}
    url = f"{served.base}/QuestionnaireResponse/{response['id']}"
    return requests.put(url, json=response, headers=headers, timeout=30).status_code


def delivered(folder: Path, count: int) -> None:
    wait_until(lambda: states(folder) == ["delivered"] * count, 60)


def total_of(hapi: Hapi, id: str) -> dict[str, Any]:
    query = f"Observation?code=http://loinc.org|44261-6&derived-from=QuestionnaireResponse/{id}"
    (score,) = hapi.search(query)
    return score


def test_a_correction_arrives_as_a_second_version(hapi: Hapi, tmp_path: Path) -> None:
    hapi.put(PATIENT)
    with serving(tmp_path, SURAL_FHIR_SERVER=hapi.base) as served:
        assert put(served, phq("corrected", 12)) == 201
        delivered(tmp_path, 1)
        assert put(served, phq("corrected", 14, status="amended"), version=1) == 200
        delivered(tmp_path, 2)
    score = total_of(hapi, "corrected")
    assert (score["status"], score["valueQuantity"]["value"], score["meta"]["versionId"]) == ("amended", 14, "2")
    assert hapi.get("QuestionnaireResponse/corrected").json()["status"] == "amended"


def test_a_withdrawal_takes_everything_back_and_cancels_the_task(hapi: Hapi, tmp_path: Path) -> None:
    hapi.put(PATIENT)
    with serving(tmp_path, SURAL_FHIR_SERVER=hapi.base) as served:
        # A flag that is no safety answer: of those impression and Task stay (docs/decisions/safety-answers-changed.md).
        foot_drop = {"lp-side": ["left"], "lp-muscle": ["foot-drop"], "lp-duration": ["lt-1w"]}
        legs = {**response("leg-pain", foot_drop, patient="Patient/versions"), "id": "withdrawn"}
        assert put(served, legs) == 201
        delivered(tmp_path, 1)
        (impression,) = hapi.search(
            "ClinicalImpression?patient=versions&status=completed&_sort=-_lastUpdated&_count=1"
        )[:1]
        (task,) = hapi.search(f"Task?focus=ClinicalImpression/{impression['id']}")
        assert put(served, {**legs, "status": "entered-in-error"}, version=1) == 200
        delivered(tmp_path, 2)
    observations = hapi.search("Observation?derived-from=QuestionnaireResponse/withdrawn")
    assert {each["status"] for each in observations} == {"entered-in-error"}
    assert hapi.get(f"ClinicalImpression/{impression['id']}").json()["status"] == "entered-in-error"
    assert hapi.get(f"Task/{task['id']}").json()["status"] == "cancelled"


def test_a_task_that_a_person_began_stays_theirs(hapi: Hapi, tmp_path: Path) -> None:
    hapi.put(PATIENT)
    with serving(tmp_path, SURAL_FHIR_SERVER=hapi.base) as served:
        assert put(served, phq("begun", 12, 1)) == 201
        delivered(tmp_path, 1)
        task = max(hapi.search("Task?patient=versions&status=requested"), key=lambda task: task["lastModified"])
        assert hapi.put({**task, "status": "in-progress"}).status_code == 200
        assert put(served, phq("begun", 12, 1, status="entered-in-error"), version=1) == 200
        delivered(tmp_path, 2)
    assert hapi.get(f"Task/{task['id']}").json()["status"] == "in-progress"
    assert total_of(hapi, "begun")["status"] == "entered-in-error"


def test_what_somebody_else_changed_is_set_aside_for_a_person(hapi: Hapi, tmp_path: Path) -> None:
    hapi.put(PATIENT)
    with serving(tmp_path, SURAL_FHIR_SERVER=hapi.base) as served:
        assert put(served, phq("edited", 12)) == 201
        delivered(tmp_path, 1)
        score = total_of(hapi, "edited")
        assert hapi.put({**score, "valueQuantity": {**score["valueQuantity"], "value": 11}}).status_code == 200
        assert put(served, phq("edited", 14, status="amended"), version=1) == 200
        wait_until(lambda: states(tmp_path) == ["delivered", "parked"], 60)
    assert total_of(hapi, "edited")["valueQuantity"]["value"] == 11
