"""Nothing of another patient is read: every route with every id of theirs, searches, includes, links, operations.

What is not there and what may not be seen have the same answer: test plan W10.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from service.fhir.interactions import STORED
from service.fhir.r4.strict_json import encode
from tests.support.other_systems.issuing import Issuer, bearer
from tests.support.rest import FHIR_JSON, Rest, content
from tests.web.access.other_patients.conftest import OTHER, OWN, UNKNOWN, of_other, response

PATCH = {"Content-Type": "application/json-patch+json"}


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
