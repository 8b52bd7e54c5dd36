"""A client of one patient writes nothing about another one, and does not learn by writing what is stored of them.

What is not there and what may not be seen have the same answer: test plan W10.
"""

import json

import pytest

from service.fhir.interactions import STORED
from service.fhir.r4.types import Resource
from tests.support.other_systems.issuing import Issuer, bearer
from tests.support.rest import Rest, content
from tests.web.access.other_patients.conftest import OTHER, OWN, UNKNOWN, of_other, response


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


def parameters(resource: Resource) -> Resource:
    return {"resourceType": "Parameters", "parameter": [{"name": "response", "resource": resource}]}


def bundle(kind: str, resource: Resource) -> Resource:
    request = {"method": "POST", "url": "QuestionnaireResponse"}
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": resource, "request": request}]}
