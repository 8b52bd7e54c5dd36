"""$populate: the questions of a form, with the answers that are known when they are asked for.

https://hl7.org/fhir/uv/sdc/STU4/OperationDefinition-Questionnaire-populate.html
"""

from typing import Any

import pytest

from service.fhir.r4.types import Resource
from tests.support.building import scored
from tests.support.rest import Rest, content, issues

URL = "https://w3id.org/sural/Questionnaire/phq-9"
SUBJECT = {"name": "subject", "valueReference": {"reference": "Patient/p1"}}
LOCAL = {"name": "local", "valueBoolean": True}
PART_NAME = {"name": "name", "valueString": "patient"}
PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1980-02-03", "gender": "female"}
EXPRESSION = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-initialExpression"


def sent(*parameters: Resource) -> Resource:
    return {"resourceType": "Parameters", "parameter": list(parameters)}


def launch(*contents: Resource, name: str = "context", of: str = "patient") -> Resource:
    return {"name": name, "part": [{"name": "name", "valueString": of}, *contents]}


def context(name: str = "context", id: str = "p1") -> Resource:
    return launch({"name": "content", "resource": {**PATIENT, "id": id}}, name=name)


def refers(reference: str) -> Resource:
    return {"name": "content", "valueReference": {"reference": reference}}


def response_of(answer: Any) -> Resource:
    response, notes = response_and_notes(answer)
    assert notes == []
    return response


def response_and_notes(answer: Any) -> tuple[Resource, list[Resource]]:
    """The response, and the issues of what was not used."""
    assert answer.status_code == 200, answer.data
    parts = {parameter["name"]: parameter["resource"] for parameter in content(answer)["parameter"]}
    assert set(parts) <= {"response", "issues"}
    return parts["response"], parts.get("issues", {"issue": []})["issue"]


def asks(element: str) -> list[Resource]:
    return [{"url": EXPRESSION, "valueExpression": {"language": "text/fhirpath", "expression": f"%patient.{element}"}}]


def form(*items: Resource) -> Resource:
    """The parameter with a Questionnaire of the client."""
    url = "http://ehr.example/Questionnaire/x"
    made = {"resourceType": "Questionnaire", "status": "draft", "url": url, "item": list(items)}
    return {"name": "questionnaire", "resource": made}


def born(type: str = "date") -> Resource:
    return {"linkId": "born", "type": type, "text": "Born", "extension": asks("birthDate")}


def answers(response: Resource) -> dict[str, Any]:
    return {item["linkId"]: item["answer"] for item in response["item"] if "answer" in item}


@pytest.mark.parametrize(
    "form",
    [
        {"name": "canonical", "valueUri": URL},
        {"name": "canonical", "valueCanonical": f"{URL}|1.0.0"},
        {"name": "questionnaire", "valueUri": URL},
        {"name": "questionnaireRef", "valueReference": {"reference": "Questionnaire/phq-9"}},
        {"name": "questionnaireRef", "valueReference": {"reference": "http://sural.example/fhir/Questionnaire/phq-9"}},
    ],
)
def test_the_form_may_be_named_in_each_way_of_the_standard(rest: Rest, form: Resource) -> None:
    found = response_of(rest.post(sent(form, SUBJECT), "Questionnaire/$populate"))
    assert found == response_of(rest.post(sent(SUBJECT), "Questionnaire/phq-9/$populate"))
    assert (found["questionnaire"].split("|")[0], found["status"]) == (URL, "in-progress")
    assert found["subject"] == {"reference": "Patient/p1"}


@pytest.mark.parametrize("name", ["phq-9", "gad-7", "leg-pain"])
def test_without_more_it_has_the_questions_and_no_answers(rest: Rest, name: str) -> None:
    found = response_of(rest.post(sent(SUBJECT), f"Questionnaire/{name}/$populate"))
    assert found["item"]
    assert answers(found) == {}
    checked = content(rest.post(found, "QuestionnaireResponse/$validate"))
    assert "error" not in {issue["severity"] for issue in checked["issue"]}
    assert rest.found("QuestionnaireResponse") == []


class TestEarlierAnswers:
    def test_they_are_there_only_when_they_are_asked_for(self, rest: Rest) -> None:
        rest.post(scored("phq-9", [2, *[0] * 8], authored="2026-11-20T09:00:00Z"))
        rest.post(scored("phq-9", [3, *[0] * 8]))
        rest.post(scored("phq-9", [1, *[0] * 8], patient="Patient/p2"))
        path = "Questionnaire/phq-9/$populate"
        assert answers(response_of(rest.post(sent(SUBJECT), path))) == {}
        assert answers(response_of(rest.post(sent(SUBJECT, {**LOCAL, "valueBoolean": False}), path))) == {}
        found = answers(response_of(rest.post(sent(SUBJECT, LOCAL), path)))
        assert found["/44250-9"][0]["valueCoding"]["code"] == "LA6571-9"

    def test_the_item_on_self_harm_and_the_total_are_never_filled_in(self, rest: Rest) -> None:
        stated = scored("phq-9", [0] * 9)
        stated["item"].append({"linkId": "/44261-6", "answer": [{"valueDecimal": 0}]})
        assert rest.post(stated).status_code == 201
        found = answers(response_of(rest.post(sent(SUBJECT, LOCAL), "Questionnaire/phq-9/$populate")))
        assert len(found) == 8
        assert not {"/44260-8", "/44261-6"} & set(found)

    def test_nothing_earlier_is_told(self, rest: Rest) -> None:
        found, notes = response_and_notes(rest.post(sent(SUBJECT, LOCAL), "Questionnaire/phq-9/$populate"))
        assert (answers(found), [note["severity"] for note in notes]) == ({}, ["information"])


def test_a_form_that_is_not_published_here_is_named(rest: Rest) -> None:
    answer = rest.post(
        sent(SUBJECT, {"name": "canonical", "valueUri": "http://nowhere.example"}), "Questionnaire/$populate"
    )
    assert issues(answer) == [("not-found", None)]
    assert "`canonical`" in content(answer)["issue"][0]["details"]["text"]


def test_a_default_answer_of_the_form_is_there(rest: Rest) -> None:
    yes, no = ({"valueCoding": {"system": "http://ehr.example", "code": code}} for code in ("yes", "no"))
    asked = form(
        {"linkId": "a", "type": "integer", "text": "A", "initial": [{"valueInteger": 0}]},
        {"linkId": "b", "type": "choice", "text": "B", "answerOption": [yes, {**no, "initialSelected": True}]},
    )
    found = response_of(rest.post(sent(asked, SUBJECT), "Questionnaire/$populate"))
    assert answers(found) == {"a": [{"valueInteger": 0}], "b": [no]}


def test_another_name_of_the_form_is_ignored_at_the_form_itself(rest: Rest) -> None:
    """SDC: "If called at the instance level, these parameters will be ignored"."""
    other = {"name": "canonical", "valueUri": "https://w3id.org/sural/Questionnaire/gad-7"}
    found, notes = response_and_notes(rest.post(sent(SUBJECT, other), "Questionnaire/phq-9/$populate"))
    assert found["questionnaire"].split("|")[0] == URL
    assert [note["severity"] for note in notes] == ["information"]


class TestLaunchContext:
    @pytest.mark.parametrize("name", ["context", "launchContext"])
    def test_birth_date_and_sex_come_out_of_the_patient(self, rest: Rest, name: str) -> None:
        options = [{"valueCoding": {"system": "http://hl7.org/fhir/administrative-gender", "code": "female"}}]
        sex = {"linkId": "sex", "type": "choice", "text": "Sex", "extension": asks("gender")}
        name_item = {"linkId": "name", "type": "string", "text": "Name", "extension": asks("name.family")}
        asked = form(born(), {**sex, "answerOption": options}, name_item)
        found = response_of(rest.post(sent(asked, SUBJECT, context(name)), "Questionnaire/$populate"))
        assert answers(found) == {
            "born": [{"valueDate": "1980-02-03"}],
            "sex": [{"valueCoding": options[0]["valueCoding"]}],
        }

    @pytest.mark.parametrize(
        ("type_name", "value"),
        [("dateTime", {"valueDateTime": "1980-02-03"}), ("text", {"valueString": "1980-02-03"})],
    )
    def test_an_item_of_another_type_has_the_value_as_that_type(
        self, rest: Rest, type_name: str, value: Resource
    ) -> None:
        found = response_of(rest.post(sent(form(born(type_name)), SUBJECT, context()), "Questionnaire/$populate"))
        assert answers(found) == {"born": [value]}

    def test_a_sex_may_be_one_of_the_value_set_of_the_standard(self, rest: Rest) -> None:
        sexes = {"type": "choice", "answerValueSet": "http://hl7.org/fhir/ValueSet/administrative-gender"}
        asked = form({"linkId": "sex", "text": "Sex", "extension": asks("gender"), **sexes})
        found = response_of(rest.post(sent(asked, SUBJECT, context()), "Questionnaire/$populate"))
        assert found["item"][0]["answer"][0]["valueCoding"] == {
            "system": "http://hl7.org/fhir/administrative-gender",
            "code": "female",
        }

    @pytest.mark.parametrize(
        "reference", ["Patient/p1", "Patient/p1/_history/3", "http://sural.example/fhir/Patient/p1"]
    )
    def test_a_reference_leads_to_the_patient_that_was_sent_along(self, rest: Rest, reference: str) -> None:
        alone = {"name": "content", "resource": PATIENT}
        inside = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": PATIENT}]}
        for supplied in (alone, {"name": "content", "resource": inside}):
            other = launch(supplied, of="user")
            body = sent(form(born()), SUBJECT, launch(refers(reference)), other)
            found = response_of(rest.post(body, "Questionnaire/$populate"))
            assert answers(found) == {"born": [{"valueDate": "1980-02-03"}]}

    def test_a_reference_to_a_patient_that_is_not_here_is_told(self, rest: Rest) -> None:
        body = sent(form(born()), SUBJECT, launch(refers("Patient/p1")))
        found, notes = response_and_notes(rest.post(body, "Questionnaire/$populate"))
        assert answers(found) == {}
        (note,) = notes
        assert (note["severity"], note["code"]) == ("information", "not-found")
        assert note["expression"] == ["Parameters.parameter[2].part[1]"]

    def test_another_context_is_told_not_to_be_used(self, rest: Rest) -> None:
        body = sent(SUBJECT, launch(refers("Encounter/1"), of="encounter"))
        _, notes = response_and_notes(rest.post(body, "Questionnaire/phq-9/$populate"))
        assert [(note["code"], note["expression"]) for note in notes] == [
            ("not-supported", ["Parameters.parameter[1].part[1]"])
        ]

    def test_the_patient_must_be_the_subject(self, rest: Rest) -> None:
        answer = rest.post(sent(SUBJECT, context(id="p2")), "Questionnaire/phq-9/$populate")
        assert (answer.status_code, issues(answer)[0][0]) == (422, "business-rule")


@pytest.mark.parametrize(
    ("path", "parameters", "status"),
    [
        ("$populate", [SUBJECT], 400),
        (
            "$populate",
            [SUBJECT, {"name": "canonical", "valueUri": URL}, {"name": "questionnaire", "valueUri": URL}],
            400,
        ),
        ("$populate", [SUBJECT, {"name": "canonical", "valueUri": "http://nowhere.example"}], 404),
        ("$populate", [{"name": "canonical", "valueUri": URL}], 400),
        ("phq-9/$populate", [{"name": "subject", "valueReference": {"reference": "Group/1"}}], 422),
        ("phq-9/$populate", [{"name": "subject", "valueReference": {"display": "x"}}], 422),
        ("phq-9/$populate", [SUBJECT, {"name": "nonsense", "valueString": "x"}], 400),
        ("phq-9/$populate", [SUBJECT, SUBJECT], 400),
        ("phq-9/$populate", [SUBJECT, {"name": "local", "valueString": "true"}], 400),
        ("phq-9/$populate", [SUBJECT, {"name": "context"}], 400),
        ("phq-9/$populate", [SUBJECT, {"name": "context", "part": [PART_NAME]}], 400),
        ("phq-9/$populate", [SUBJECT, {"name": "context", "part": [refers("Patient/p1")]}], 400),
        ("phq-9/$populate", [SUBJECT, launch(refers("Patient/p1"), refers("Patient/p1"))], 400),
        ("phq-9/$populate", [SUBJECT, launch({"name": "content", "valueString": "Patient/p1"})], 400),
        ("phq-9/$populate", [SUBJECT, launch(refers("Patient/p2"))], 422),
        ("phq-9/$populate", [SUBJECT, launch(refers("Practitioner/p1"))], 422),
        ("phq-9/$populate", [SUBJECT, launch(refers("https://other.example/Patient/p1"))], 422),
        ("phq-9/$populate", [SUBJECT, launch({"name": "content", "resource": {"resourceType": "Practitioner"}})], 422),
        ("phq-9/$populate", [SUBJECT, launch({"name": "content", "resource": {**PATIENT, "birthDate": "soon"}})], 400),
        ("none/$populate", [SUBJECT], 404),
        ("phq-9/$populate", [], 400),
    ],
)
def test_what_is_missing_or_not_supported_is_refused(
    rest: Rest, path: str, parameters: list[Resource], status: int
) -> None:
    answer = rest.post(sent(*parameters), f"Questionnaire/{path}")
    assert answer.status_code == status
    assert issues(answer)
