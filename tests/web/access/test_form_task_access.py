"""Who may ask for forms by a Task, who sees it, and that its link is in no trail."""

from typing import Any

import pytest

from service.adapters.database.access.audit_trail import DatabaseAudit
from service.fhir.r4.types import Resource
from tests.support.other_systems.form_tasks import form_task, outputs
from tests.support.other_systems.issuing import Issuer, bearer
from tests.support.rest import FHIR_JSON, Rest, content, issues

OTHER = {"for": {"reference": "Patient/p2"}}


def put(rest: Rest, task: Resource, headers: dict[str, str]) -> Any:
    path = f"/fhir/Task/{task['id']}"
    return rest.client.put(path, json={**task, "status": "cancelled"}, headers={**FHIR_JSON, **headers})


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ("system/Task.c", 201),
        ("system/*.cruds", 201),
        ("system/Task.rs", 403),
        ("system/QuestionnaireResponse.c", 403),
        ("openid", 403),
    ],
)
def test_it_needs_the_right_to_create_tasks(safe: Rest, issuer: Issuer, scope: str, status: int) -> None:
    assert safe.post(form_task(), "Task", **bearer(issuer.give(scope=scope))).status_code == status


def test_nobody_asks_without_a_token(safe: Rest) -> None:
    assert safe.post(form_task(), "Task").status_code == 401


def test_the_token_of_a_patient_asks_for_forms_of_that_patient_alone(safe: Rest, issuer: Issuer) -> None:
    own = bearer(issuer.give(scope="patient/*.cruds", patient="p1"))
    assert safe.post(form_task(), "Task", **own).status_code == 201
    refused = safe.post(form_task(**OTHER), "Task", **own)
    assert (refused.status_code, issues(refused)) == (403, [("forbidden", "Task.for")])
    everything = bearer(issuer.give())
    assert content(safe.get("Task?patient=p2", **everything))["total"] == 0


def test_the_task_of_another_patient_is_as_one_that_is_not_there(safe: Rest, issuer: Issuer) -> None:
    everything = bearer(issuer.give())
    own = bearer(issuer.give(scope="patient/*.cruds", patient="p1"))
    task = content(safe.post(form_task(**OTHER), "Task", **everything))
    path = str(outputs(task, "form-link")[0]).removeprefix("http://sural.example")
    for each in (task, {**task, "id": "none"}):
        assert safe.get(f"Task/{each['id']}", **own).status_code == 404
        assert put(safe, each, own).status_code == 405
    assert content(safe.get("Task", **own))["total"] == 0
    assert safe.client.get(path).status_code == 200
    assert put(safe, task, everything).status_code == 200
    assert safe.client.get(path).status_code == 404


def test_taking_back_needs_the_right_to_update_tasks(safe: Rest, issuer: Issuer) -> None:
    task = content(safe.post(form_task(), "Task", **bearer(issuer.give())))
    assert put(safe, task, bearer(issuer.give(scope="system/Task.crs"))).status_code == 403


def test_asking_and_taking_back_are_in_the_trail_without_the_token(safe: Rest, issuer: Issuer) -> None:
    everything = bearer(issuer.give())
    task = content(safe.post(form_task(), "Task", **everything))
    put(safe, task, everything)
    kept = [record.body for record in DatabaseAudit(safe.database).records()]
    token = str(outputs(task, "form-link")[0]).rpartition("/")[2]
    assert [f"Task/{task['id']}" in body for body in kept] == [True, True]
    assert [f'"code":"{name}"' in body for body, name in zip(kept, ("create", "update"), strict=True)] == [True, True]
    assert all("Patient/p1" in body and token not in body for body in kept)


def test_the_link_says_which_client_has_asked(safe: Rest, issuer: Issuer) -> None:
    safe.post(form_task(), "Task", **bearer(issuer.give()))
    (link,) = safe.app.extensions["sural"].links.list_links()
    assert link.made_by == "https://login.example/realm ehr"
