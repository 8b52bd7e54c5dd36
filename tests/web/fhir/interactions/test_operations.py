"""The operations: each on the level where it is offered, with Parameters or the bare resource."""

from typing import Any

import pytest

from service.fhir.r4.types import Resource
from tests.support.building import response, with_total
from tests.support.rest import Rest, content, issues


def phq(total: int = 12, **elements: Any) -> Resource:
    return with_total("phq-9", total, **elements)


def wrapped(name: str, resource: Any, *more: Resource) -> Resource:
    return {"resourceType": "Parameters", "parameter": [{"name": name, "resource": resource}, *more]}


def stored(rest: Rest) -> int:
    return len(rest.found("QuestionnaireResponse"))


class TestValidate:
    @pytest.mark.parametrize("form", [lambda r: r, lambda r: wrapped("resource", r)])
    def test_a_valid_response_gives_200_and_no_error(self, rest: Rest, form: Any) -> None:
        answer = rest.post(form(phq()), "QuestionnaireResponse/$validate")
        assert answer.status_code == 200
        assert {issue["severity"] for issue in content(answer)["issue"]} == {"information"}
        assert stored(rest) == 0

    @pytest.mark.parametrize(
        "broken", [{"item": [{"linkId": "/44250-9", "answer": [{"valueString": "x"}]}]}, {"status": "x"}]
    )
    def test_an_invalid_one_gives_200_too_with_every_fault(self, rest: Rest, broken: Resource) -> None:
        answer = rest.post({**phq(), **broken}, "QuestionnaireResponse/$validate")
        assert answer.status_code == 200
        assert "error" in {issue["severity"] for issue in content(answer)["issue"]}

    def test_a_stored_response_is_checked_by_its_address(self, rest: Rest) -> None:
        rest.post(phq())
        for answer in (
            rest.get("QuestionnaireResponse/r-1/$validate"),
            rest.post(b"", "QuestionnaireResponse/r-1/$validate"),
        ):
            assert answer.status_code == 200
            assert {issue["severity"] for issue in content(answer)["issue"]} == {"information"}

    def test_what_might_stand_in_its_place_is_checked_instead(self, rest: Rest) -> None:
        rest.post(phq())
        answer = rest.post(wrapped("resource", phq(status="x")), "QuestionnaireResponse/r-1/$validate")
        assert "error" in {issue["severity"] for issue in content(answer)["issue"]}

    def test_an_unknown_response_is_not_found(self, rest: Rest) -> None:
        assert rest.get("QuestionnaireResponse/none/$validate").status_code == 404

    @pytest.mark.parametrize(
        ("more", "code"),
        [
            ({"name": "mode", "valueCode": "delete"}, "not-supported"),
            ({"name": "profile", "valueUri": "http://x"}, "not-supported"),
            ({"name": "nonsense", "valueString": "x"}, "not-supported"),
        ],
    )
    def test_what_else_was_asked_for_is_refused(self, rest: Rest, more: Resource, code: str) -> None:
        answer = rest.post(wrapped("resource", phq(), more), "QuestionnaireResponse/$validate")
        assert (answer.status_code, issues(answer)[0][0]) == (400, code)

    @pytest.mark.parametrize("path", ["QuestionnaireResponse/$validate", "QuestionnaireResponse/r-1/$validate"])
    def test_mode_and_profile_in_the_address_are_as_in_parameters(self, rest: Rest, path: str) -> None:
        rest.post(phq())
        profile = "profile=http://hl7.org/fhir/StructureDefinition"
        for query in ("mode=create", "mode=update", f"{profile}/QuestionnaireResponse"):
            assert rest.post(phq(), f"{path}?{query}").status_code == 200
        for query, name in (
            ("mode=delete", "mode"),
            ("mode=create&mode=delete", "mode"),
            (f"{profile}/Observation", "profile"),
            (f"{profile}/QuestionnaireResponse&{profile}/Observation", "profile"),
        ):
            answer = rest.post(phq(), f"{path}?{query}")
            assert (answer.status_code, issues(answer)) == (400, [("not-supported", f"http.{name}")])

    @pytest.mark.parametrize("in_parameters", [True, False])
    @pytest.mark.parametrize(
        ("path", "mode", "elements", "place"),
        [
            ("", "create", {"status": "entered-in-error"}, "status"),
            ("", "create", {"subject": {"reference": "Group/1"}}, "subject"),
            ("", "update", {"id": "12"}, "id"),
            ("", "update", {"subject": {"reference": "Patient/p2"}}, "subject"),
            ("/r-1", "update", {"id": "other"}, "id"),
            ("/r-1", "update", {"status": "in-progress"}, "status"),
            ("/r-1", "update", {"subject": {"reference": "Patient/p2"}}, "subject"),
        ],
    )
    def test_mode_tells_what_would_refuse_a_create_or_an_update(
        self, rest: Rest, path: str, mode: str, elements: Resource, place: str, in_parameters: bool
    ) -> None:
        rest.post(phq())
        sent, address = phq(**{"id": "r-1", **elements}), f"QuestionnaireResponse{path}/$validate"
        more = {"name": "mode", "valueCode": mode}
        if in_parameters:
            answer = rest.post(wrapped("resource", sent, more), address)
        else:
            answer = rest.post(sent, f"{address}?mode={mode}")
        errors = [issue for issue in content(answer)["issue"] if issue["severity"] == "error"]
        assert [error["expression"] for error in errors] == [[f"QuestionnaireResponse.{place}"]]
        assert stored(rest) == 1

    @pytest.mark.parametrize("mode", ["create", "update"])
    def test_what_would_be_taken_in_this_mode_has_no_error(self, rest: Rest, mode: str) -> None:
        rest.post(phq())
        answer = rest.post(phq(id="r-1", status="amended"), f"QuestionnaireResponse/r-1/$validate?mode={mode}")
        assert "error" not in {issue["severity"] for issue in content(answer)["issue"]}

    def test_a_questionnaire_is_checked_by_itself(self, rest: Rest) -> None:
        form = content(rest.get("Questionnaire/phq-9"))
        faulty = {**form, "item": [{"linkId": "a", "type": "group"}, {"linkId": "a", "type": "string", "text": "A"}]}
        for path in ("Questionnaire/$validate", "Questionnaire/phq-9/$validate"):
            for sent in (form, wrapped("resource", form)):
                answer = rest.post(sent, path)
                assert answer.status_code == 200
                assert "error" not in {issue["severity"] for issue in content(answer)["issue"]}
            assert "error" in {issue["severity"] for issue in content(rest.post(faulty, path))["issue"]}
        assert rest.get("Questionnaire/phq-9/$validate").status_code == 200
        assert rest.get("Questionnaire/none/$validate").status_code == 404


class TestExtract:
    @pytest.mark.parametrize("form", [lambda r: r, lambda r: wrapped("questionnaire-response", r)])
    def test_it_gives_the_bundle_and_stores_nothing(self, rest: Rest, form: Any) -> None:
        bundle = content(rest.post(form(phq()), "QuestionnaireResponse/$extract"))
        assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "transaction")
        assert stored(rest) == 0

    @pytest.mark.parametrize("name", ["questionnaire", "nonsense"])
    def test_another_parameter_is_refused_not_ignored(self, rest: Rest, name: str) -> None:
        more = {"name": name, "resource": content(rest.get("Questionnaire/gad-7"))}
        answer = rest.post(wrapped("questionnaire-response", phq(), more), "QuestionnaireResponse/$extract")
        assert (answer.status_code, issues(answer)) == (400, [("not-supported", "Parameters.parameter[1]")])

    @pytest.mark.parametrize("name", ["questionnaire", "questionnaire-response", "nonsense"])
    def test_a_stored_response_has_no_other_parameter(self, rest: Rest, name: str) -> None:
        rest.post(phq())
        answer = rest.post(wrapped(name, phq()), "QuestionnaireResponse/r-1/$extract")
        assert (answer.status_code, issues(answer)) == (400, [("not-supported", "Parameters.parameter[0]")])

    def test_a_body_that_is_no_parameters_is_refused(self, rest: Rest) -> None:
        rest.post(phq())
        for sent in (phq(), b"x"):
            assert rest.post(sent, "QuestionnaireResponse/r-1/$extract").status_code == 400
        assert rest.post({"resourceType": "Parameters"}, "QuestionnaireResponse/r-1/$extract").status_code == 200
        assert rest.client.post("/fhir/QuestionnaireResponse/r-1/$extract").status_code == 200

    def test_with_warnings_it_gives_parameters_with_both(self, rest: Rest) -> None:
        stated = phq()
        stated["item"].append({"linkId": "/44261-6", "answer": [{"valueDecimal": 3}]})
        given = content(rest.post(stated, "QuestionnaireResponse/$extract"))
        parts = {part["name"]: part["resource"] for part in given["parameter"]}
        assert parts["return"]["resourceType"] == "Bundle"
        assert [issue["severity"] for issue in parts["issues"]["issue"]] == ["warning"]

    def test_a_stored_response_is_judged_alone_whatever_else_is_stored(self, rest: Rest) -> None:
        rest.post(with_total("gad-7", 12))
        rest.post({**response("leg-pain", {"lp-feel": ["burning"], "lp-stress": ["often"]})})
        bundle = content(rest.get("QuestionnaireResponse/r-2/$extract"))
        impression = next(
            e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "ClinicalImpression"
        )
        assert "GAD-7" not in impression["summary"]

    def test_a_response_that_cannot_be_taken_is_refused(self, rest: Rest) -> None:
        assert rest.post(phq(status="entered-in-error"), "QuestionnaireResponse/$extract").status_code == 422


class TestProcessResponse:
    @pytest.mark.parametrize("path", ["Questionnaire/$process-response", "Questionnaire/phq-9/$process-response"])
    @pytest.mark.parametrize("form", [lambda r: r, lambda r: wrapped("response", r)])
    def test_it_is_taken_in_as_by_create(self, rest: Rest, path: str, form: Any) -> None:
        answer = rest.post(form(phq()), path)
        assert (answer.status_code, content(answer)["resourceType"]) == (200, "OperationOutcome")
        assert answer.headers["Location"].endswith("/QuestionnaireResponse/r-1/_history/1")
        assert "PHQ-9 12 (" in rest.one("ClinicalImpression")["summary"]

    def test_a_key_makes_it_known(self, rest: Rest) -> None:
        for _ in range(2):
            assert rest.post(phq(), "Questionnaire/$process-response", Idempotency_Key="a").status_code == 200
        assert stored(rest) == 1

    @pytest.mark.parametrize("version", ["", "|1.0.0"])
    def test_on_one_questionnaire_the_response_answers_that_one(self, rest: Rest, version: str) -> None:
        url = f"https://w3id.org/sural/Questionnaire/phq-9{version}"
        assert rest.post(phq(questionnaire=url), "Questionnaire/phq-9/$process-response").status_code == 200
        answer = rest.post(phq(questionnaire=url), "Questionnaire/gad-7/$process-response")
        assert (answer.status_code, issues(answer)) == (422, [("business-rule", "QuestionnaireResponse.questionnaire")])

    def test_an_unknown_questionnaire_is_not_found(self, rest: Rest) -> None:
        assert rest.post(phq(), "Questionnaire/none/$process-response").status_code == 404

    def test_a_fault_refuses_it_and_nothing_is_stored(self, rest: Rest) -> None:
        assert rest.post(phq(status="x"), "Questionnaire/$process-response").status_code == 400
        assert stored(rest) == 0


OFFERED = ["QuestionnaireResponse/$validate", "QuestionnaireResponse/$extract", "Questionnaire/$process-response"]


@pytest.mark.parametrize("path", OFFERED)
class TestInput:
    @pytest.mark.parametrize(
        "sent",
        [
            {"resourceType": "Patient"},
            {"resourceType": "Parameters"},
            {"resourceType": "Parameters", "parameter": []},
            {"resourceType": "Parameters", "parameter": {"name": "response"}},
            {"resourceType": "Parameters", "parameter": [{"resource": {"resourceType": "QuestionnaireResponse"}}]},
            {"resourceType": "Parameters", "parameter": [{"name": "other", "valueString": "x"}]},
            {"resourceType": "Parameters", "parameter": [{"name": "response", "resource": "x"}]},
            {"parameter": 3},
        ],
    )
    def test_what_is_no_input_is_refused(self, rest: Rest, path: str, sent: Resource) -> None:
        answer = rest.post(sent, path)
        assert answer.status_code == 400
        assert content(answer)["resourceType"] == "OperationOutcome"

    def test_a_get_is_told_to_post(self, rest: Rest, path: str) -> None:
        answer = rest.get(path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
