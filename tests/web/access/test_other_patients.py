"""Nothing of another patient: every route with every id of theirs, searches, includes, links, history, operations.

What is not there and what may not be seen have the same answer: test plan W10.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.fhir.interactions import STORED
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from tests.support.building import scored
from tests.support.other_systems.issuing import Issuer, bearer, issuer_file, secured
from tests.support.rest import FHIR_JSON, Clock, Rest, content

PATCH = {"Content-Type": "application/json-patch+json"}
UNKNOWN = "none-such"
OWN, OTHER = "Patient/p1", "Patient/p2"


@pytest.fixture
def safe(sqlite: Any, clock: Clock, tmp_path: Path, issuer: Issuer) -> Rest:
    """The application with a response of each of two patients."""
    rest = secured(sqlite, clock, issuer_file(tmp_path, issuer))
    for patient, system in ((OWN, "urn:own"), (OTHER, "urn:other")):
        body = {**response(patient), "identifier": {"system": system, "value": "1"}}
        assert rest.post(body, **bearer(issuer.give())).status_code == 201
    return rest


@pytest.fixture
def own(issuer: Issuer) -> dict[str, str]:
    """The header of a client that may do everything for the first patient."""
    return bearer(issuer.give(scope="patient/*.cruds", patient="p1"))


def response(patient: str, **more: Any) -> Resource:
    return {**scored("phq-9", [1] * 9, answers={"safe-now": ["no"]}, patient=patient), **more}


def of_other(rest: Rest, issuer: Issuer) -> dict[str, list[str]]:
    """The ids of everything that is stored of the other patient, by type."""
    everything = bearer(issuer.give())
    ids: dict[str, list[str]] = {}
    for type_name in STORED:
        found = content(rest.get(f"{type_name}?_count=200", **everything)).get("entry", [])
        ids[type_name] = [entry["resource"]["id"] for entry in found if OTHER in json.dumps(entry["resource"])]
    # A Provenance does not name the patient, but what it is about.
    others = {f"{name}/{id}" for name, each in ids.items() for id in each}
    about = content(rest.get("Provenance?_count=200", **everything))["entry"]
    ids["Provenance"] = [
        entry["resource"]["id"]
        for entry in about
        if any(target["reference"] in others for target in entry["resource"]["target"])
    ]
    return ids


def requests_at(rest: Rest) -> Iterator[tuple[str, str, str]]:
    """Method, type and address of each route of the FHIR interface with an id of a stored resource in it."""
    for rule in rest.app.url_map.iter_rules():
        if "<id>" not in rule.rule or not rule.rule.startswith("/fhir/"):
            continue
        types = STORED if "type_name" in rule.arguments else [rule.rule.split("/")[2]]
        for type_name in types:
            if type_name not in STORED:
                continue
            for method in sorted((rule.methods or set()) - {"OPTIONS"}):
                address = rule.rule.replace("<fhir_type:type_name>", type_name).replace("<number>", "1")
                yield method, type_name, address.replace("<name>", "everything")


def answer_to(rest: Rest, method: str, address: str, id: str, headers: dict[str, str], **more: str) -> tuple[Any, ...]:
    """What is answered to a request for an id, with the id and what is random in each answer left out."""
    type_, body = FHIR_JSON, encode(response(OWN, id=id))
    if method == "PATCH":
        type_, body = PATCH, b'[{"op": "replace", "path": "/language", "value": "en"}]'
    data = None if method in ("GET", "HEAD") or "$" in address else body
    answer = rest.client.open(
        address.replace("<id>", id), method=method, headers={**type_, **headers, **more}, data=data
    )
    told = {name: text for name, text in answer.headers if name not in ("X-Request-Id",)}
    return (
        answer.status_code,
        answer.text.replace(id, "ID"),
        {name: text.replace(id, "ID") for name, text in told.items() if name != "Content-Length"},
    )


def test_every_route_answers_for_another_patient_as_for_nothing(
    safe: Rest, own: dict[str, str], issuer: Issuer
) -> None:
    ids, asked = of_other(safe, issuer), 0
    assert all(ids.values())
    for method, type_name, address in requests_at(safe):
        nothing = answer_to(safe, method, address, UNKNOWN, own)
        assert 400 <= nothing[0] < 500, (method, address, nothing)
        for id in ids[type_name]:
            assert answer_to(safe, method, address, id, own) == nothing, (method, address)
            asked += 1
    assert asked > 200


@pytest.mark.parametrize(
    "headers",
    [
        {"If-None-Match": 'W/"1"'},
        {"If-None-Match": "*"},
        {"If-Match": 'W/"1"'},
        {"If-Match": "*"},
        {"If-Modified-Since": "Sat, 28 Nov 2026 00:00:00 GMT"},
        {"If-Unmodified-Since": "Sat, 28 Nov 2020 00:00:00 GMT"},
    ],
    ids=str,
)
def test_no_condition_tells_what_is_there(
    safe: Rest, own: dict[str, str], issuer: Issuer, headers: dict[str, str]
) -> None:
    (id,) = of_other(safe, issuer)["QuestionnaireResponse"]
    for method in ("GET", "HEAD", "PUT", "PATCH"):
        address = "/fhir/QuestionnaireResponse/<id>"
        nothing = answer_to(safe, method, address, UNKNOWN, own, **headers)
        assert answer_to(safe, method, address, id, own, **headers) == nothing


@pytest.mark.parametrize("type_name", STORED)
def test_no_search_finds_anything(safe: Rest, own: dict[str, str], issuer: Issuer, type_name: str) -> None:
    ids = of_other(safe, issuer)[type_name]
    subject = {"Provenance": "target"}.get(type_name, "subject" if type_name != "Task" else "patient")
    searches = [
        f"_id={','.join(ids)}",
        f"{subject}={OTHER}",
        f"{subject}={OTHER}&_count=0",
        "_lastUpdated=gt2000-01-01",
        "",
    ]
    for criteria in searches:
        for answer in (
            safe.get(f"{type_name}?{criteria}", **own),
            safe.client.post(
                f"/fhir/{type_name}/_search",
                data=criteria,
                content_type="application/x-www-form-urlencoded",
                headers=own,
            ),
        ):
            bundle = content(answer)
            assert answer.status_code == 200, answer.text
            found = [entry["resource"]["id"] for entry in bundle.get("entry", [])]
            assert not set(found) & set(ids)
            assert bundle["total"] == (0 if criteria.startswith(("_id", subject)) else len(found))


def test_no_include_brings_anything(safe: Rest, own: dict[str, str], issuer: Issuer) -> None:
    ids = {id for each in of_other(safe, issuer).values() for id in each}
    for path in (
        "Observation?_include=Observation:derived-from&_revinclude=Provenance:target",
        "QuestionnaireResponse?_include=QuestionnaireResponse:questionnaire&_revinclude=Provenance:target",
        "ClinicalImpression?_revinclude=Provenance:target",
        "Provenance?_include=Provenance:target",
    ):
        answer = safe.get(path, Prefer="handling=lenient", **own)
        assert answer.status_code == 200, answer.text
        assert content(answer)["total"] > 0
        assert not {entry["resource"]["id"] for entry in content(answer)["entry"]} & ids


def test_an_include_of_a_type_that_the_token_does_not_allow_is_refused(safe: Rest, issuer: Issuer) -> None:
    headers = bearer(issuer.give(scope="patient/ClinicalImpression.rs", patient="p1"))
    assert safe.get("ClinicalImpression", **headers).status_code == 200
    assert safe.get("ClinicalImpression?_revinclude=Provenance:target", **headers).status_code == 403


def test_a_page_link_of_another_caller_is_none(safe: Rest, own: dict[str, str], issuer: Issuer) -> None:
    everything = bearer(issuer.give())
    for answer in (
        safe.get("Observation?_count=2", **everything),
        safe.client.post(
            "/fhir/Observation/_search?_count=2", content_type="application/x-www-form-urlencoded", headers=everything
        ),
        safe.get("QuestionnaireResponse/r-2/_history?_count=0", **everything),
    ):
        for link in content(answer)["link"]:
            if link["relation"] == "next":
                path = link["url"].removeprefix("http://sural.example/fhir/")
                assert safe.get(path, **everything).status_code == 200
                assert safe.get(path, **own).status_code == 400


def test_a_page_link_of_ones_own_shows_ones_own(safe: Rest, own: dict[str, str], issuer: Issuer) -> None:
    ids, path, seen = of_other(safe, issuer)["Observation"], "Observation?_count=2", 0
    while path:
        bundle = content(safe.get(path, **own))
        assert not {entry["resource"]["id"] for entry in bundle["entry"]} & set(ids)
        seen += len(bundle["entry"])
        after = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
        path = after[0].removeprefix("http://sural.example/fhir/") if after else ""
    assert seen == bundle["total"]


class TestWrites:
    def test_a_response_about_another_patient_is_refused(self, safe: Rest, own: dict[str, str]) -> None:
        for path, body in (
            ("QuestionnaireResponse", response(OTHER)),
            ("$process-response", parameters(response(OTHER))),
            ("Questionnaire/$process-response", parameters(response(OTHER))),
            ("Questionnaire/phq-9/$process-response", parameters(response(OTHER))),
            ("", bundle("transaction", response(OTHER))),
        ):
            assert safe.post(body, path, **own).status_code == 403, path
        answer = content(safe.post(bundle("batch", response(OTHER)), "", **own))
        assert answer["entry"][0]["response"]["status"].startswith("403")

    def test_ones_own_is_taken_at_every_address(self, safe: Rest, own: dict[str, str]) -> None:
        for path, body in (
            ("QuestionnaireResponse", response(OWN)),
            ("$process-response", parameters(response(OWN))),
            ("", bundle("transaction", response(OWN))),
            ("", bundle("batch", response(OWN))),
        ):
            assert safe.post(body, path, **own).status_code in (200, 201), path

    def test_ones_own_response_is_amended_and_stays_ones_own(self, safe: Rest, own: dict[str, str]) -> None:
        amended = response(OWN, id="r-1", status="amended")
        assert safe.put(amended, None, None, **own).status_code == 200
        assert safe.put({**amended, "subject": {"reference": OTHER}}, None, None, **own).status_code in (403, 422)

    @pytest.mark.parametrize("kind", ["transaction", "batch"])
    def test_an_entry_that_updates_another_patients_response_is_answered_as_one_for_nothing(
        self, safe: Rest, own: dict[str, str], kind: str
    ) -> None:
        answers = []
        for id in ("r-2", UNKNOWN):
            body = bundle(kind, response(OWN, id=id))
            body["entry"][0]["request"] = {"method": "PUT", "url": f"QuestionnaireResponse/{id}"}
            answer = safe.post(body, "", **own)
            answers.append((answer.status_code, answer.text.replace(id, "ID")))
        assert answers[0] == answers[1]
        assert "404" in answers[0][1] or answers[0][0] == 404

    def test_an_identifier_does_not_tell_that_another_patient_has_it(self, safe: Rest, own: dict[str, str]) -> None:
        identifier = {"system": "urn:other", "value": "1"}
        answer = safe.post(response(OWN, identifier=identifier), **own)
        assert answer.status_code == 201
        again = safe.post(response(OWN, identifier=identifier), **own)
        assert (again.status_code, again.headers["Location"]) == (200, answer.headers["Location"])

    def test_ones_own_identifier_is_known_whoever_sent_it(self, safe: Rest, own: dict[str, str]) -> None:
        answer = safe.post(response(OWN, identifier={"system": "urn:own", "value": "1"}), **own)
        assert (answer.status_code, content(answer)["id"]) == (200, "r-1")

    def test_if_none_exist_does_not_find_another_patients(self, safe: Rest, own: dict[str, str]) -> None:
        answer = safe.post(response(OWN), If_None_Exist="identifier=urn:other|1", **own)
        assert answer.status_code == 201

    def test_an_idempotency_key_is_that_of_one_caller(self, safe: Rest, own: dict[str, str], issuer: Issuer) -> None:
        everything = bearer(issuer.give())
        first = safe.post(response(OTHER), Idempotency_Key="k-1", **everything)
        second = safe.post(response(OWN), Idempotency_Key="k-1", **own)
        assert (first.status_code, second.status_code) == (201, 201)
        assert safe.post(response(OTHER), Idempotency_Key="k-1", **everything).status_code == 200

    def test_what_is_written_does_not_use_what_another_patient_answered(
        self, safe: Rest, own: dict[str, str], issuer: Issuer
    ) -> None:
        ids = {id for each in of_other(safe, issuer).values() for id in each}
        safe.post(response(OWN), **own)
        written = json.dumps([content(safe.get(f"{name}?_count=200", **own)) for name in STORED])
        assert not {id for id in ids if id in written}


def test_populate_with_earlier_answers_needs_the_scope_for_them(safe: Rest, issuer: Issuer) -> None:
    asked = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "subject", "valueReference": {"reference": OTHER}},
            {"name": "local", "valueBoolean": True},
        ],
    }
    path = "Questionnaire/phq-9/$populate"
    only_form = bearer(issuer.give(scope="patient/Questionnaire.rs", patient="p1"))
    assert safe.post(asked, path, **only_form).status_code == 403
    both = bearer(issuer.give(scope="patient/Questionnaire.rs patient/QuestionnaireResponse.rs", patient="p1"))
    answer = safe.post(asked, path, **both)
    assert answer.status_code == 200
    assert '"answer"' not in answer.text


def test_a_user_who_is_a_patient_sees_that_patient_alone(safe: Rest, issuer: Issuer) -> None:
    headers = bearer(issuer.give(scope="user/*.rs", fhirUser=OWN))
    assert safe.get("QuestionnaireResponse/r-1", **headers).status_code == 200
    assert safe.get("QuestionnaireResponse/r-2", **headers).status_code == 404


def test_without_a_token_every_address_is_401(safe: Rest) -> None:
    asked = 0
    for rule in safe.app.url_map.iter_rules():
        if not rule.rule.startswith("/fhir") or rule.endpoint.startswith("capabilities."):
            continue
        address = rule.rule.replace("<fhir_type:type_name>", "Observation").replace("<id>", "r-1")
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            answer = safe.client.open(address.replace("<number>", "1").replace("<name>", "x"), method=method)
            assert answer.status_code == 401, (method, address)
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="sural"'
            asked += 1
    assert asked > 40
    assert safe.client.get("/fhir/Zebra/1").status_code == 401


def parameters(resource: Resource) -> Resource:
    return {"resourceType": "Parameters", "parameter": [{"name": "response", "resource": resource}]}


def bundle(kind: str, resource: Resource) -> Resource:
    request = {"method": "POST", "url": "QuestionnaireResponse"}
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": resource, "request": request}]}
