"""fhirpy, as its documentation shows its use: https://github.com/beda-software/fhir-py"""

import json
from typing import Any

import pytest
from fhirpy import SyncFHIRClient

from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from tests.clients import steps


def plain(resource: Resource) -> dict[str, object]:
    """The resource as the library encodes it: without Decimal."""
    made: dict[str, object] = json.loads(encode(resource))
    return made


@pytest.fixture
def client(base: str) -> SyncFHIRClient:
    return SyncFHIRClient(base)


def send(client: SyncFHIRClient, resource: Resource) -> None:
    made = client.resource("QuestionnaireResponse", **plain(resource))
    made.save()


def test_create(client: SyncFHIRClient) -> None:
    made = client.resource("QuestionnaireResponse", **plain(steps.phq("fhirpy-create")))
    made.save()
    assert made["meta"]["versionId"] == "1"
    assert client.reference("QuestionnaireResponse", made.id).to_resource()["status"] == "completed"


def test_update(client: SyncFHIRClient) -> None:
    made = client.resource("QuestionnaireResponse", **plain(steps.phq("fhirpy-update")))
    made.save()
    made["status"] = "amended"
    made.save()
    assert made["meta"]["versionId"] == "2"
    made.refresh()
    assert (made["meta"]["versionId"], made["status"]) == ("2", "amended")


def test_search_with_sort(client: SyncFHIRClient) -> None:
    for total, day in ((9, "2026-11-21"), (4, "2026-11-01")):
        send(client, steps.phq("fhirpy-sort", total, authored=f"{day}T09:00:00Z"))
    found = client.resources("Observation").search(patient="fhirpy-sort", code=steps.TOTAL).sort("-date").limit(1)
    assert [each["valueQuantity"]["value"] for each in found.fetch()] == [9]


def test_conditional_create(client: SyncFHIRClient) -> None:
    ids = set()
    for _ in range(2):
        made: Any = client.resource("QuestionnaireResponse", **plain(steps.identified("fhirpy-condition")))
        made.create(identifier=f"{steps.SYSTEM}|fhirpy-condition")
        ids.add(made.id)
    assert len(ids) == 1


def test_page(client: SyncFHIRClient) -> None:
    send(client, steps.phq("fhirpy-page"))
    search = client.resources("Observation").search(patient="fhirpy-page")
    everything = search.limit(3).fetch_all()
    assert len(everything) == search.count() > 3
    assert len({each.id for each in everything}) == len(everything)


def test_transaction(client: SyncFHIRClient) -> None:
    bundle = client.execute("", method="post", data=plain(steps.visit("fhirpy-visit")))
    assert [entry["response"]["status"] for entry in bundle["entry"]] == ["201 Created"] * 3
    assert client.resources("ClinicalImpression").search(patient="fhirpy-visit").count() == 1
