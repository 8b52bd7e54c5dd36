"""fhirclient of SMART, as its documentation shows its use: https://github.com/smart-on-fhir/client-py"""

import json

import pytest
from fhirclient.client import FHIRClient
from fhirclient.models.observation import Observation
from fhirclient.models.questionnaireresponse import QuestionnaireResponse
from fhirclient.server import FHIRServer

from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from tests.clients import steps


@pytest.fixture
def server(base: str) -> FHIRServer:
    client = FHIRClient(settings={"app_id": "sural-tests", "api_base": base})
    assert client.prepare()
    return client.server


def model(resource: Resource) -> QuestionnaireResponse:
    return QuestionnaireResponse(json.loads(encode(resource)))


def create(server: FHIRServer, resource: Resource) -> QuestionnaireResponse:
    answer = model(resource).create(server)
    return QuestionnaireResponse(answer)


def test_create(server: FHIRServer) -> None:
    made = create(server, steps.phq("fhirclient-create"))
    assert made.meta.versionId == "1"
    assert QuestionnaireResponse.read(made.id, server).status == "completed"


def test_update(server: FHIRServer) -> None:
    made = create(server, steps.phq("fhirclient-update"))
    read = QuestionnaireResponse.read(made.id, server)
    read.status = "amended"
    assert read.update(server)["meta"]["versionId"] == "2"


def test_search_with_sort(server: FHIRServer) -> None:
    for total, day in ((9, "2026-11-21"), (4, "2026-11-01")):
        create(server, steps.phq("fhirclient-sort", total, authored=f"{day}T09:00:00Z"))
    query = {"patient": "fhirclient-sort", "code": steps.TOTAL, "_sort": "-date", "_count": "1"}
    bundle = next(Observation.where(struct=query).perform_iter(server))
    assert bundle.entry[0].resource.valueQuantity.value == 9


def test_conditional_create(server: FHIRServer) -> None:
    """The library has no call for If-None-Exist: a resend is recognised by its identifier."""
    ids = {create(server, steps.identified("fhirclient-condition")).id for _ in range(2)}
    assert len(ids) == 1


def test_page(server: FHIRServer) -> None:
    create(server, steps.phq("fhirclient-page"))
    search = Observation.where(struct={"patient": "fhirclient-page", "_count": "3"})
    ids = [each.id for each in search.perform_resources_iter(server)]
    assert len(set(ids)) == len(ids) == next(search.perform_iter(server)).total > 3


def test_transaction(server: FHIRServer) -> None:
    answer = server.post_json("", json.loads(encode(steps.visit("fhirclient-visit"))))
    assert [entry["response"]["status"] for entry in answer.json()["entry"]] == ["201 Created"] * 3
    assert server.request_json("ClinicalImpression?patient=fhirclient-visit")["total"] == 1
