"""A visit from the first page to the last, without script, and what is stored of it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from service.fhir.r4.types import Resource
from service.ports.form_visits import FormSession
from service.usecases.forms.opening import open_visit
from tests.support.patient_form.form_pages import FormPatient
from tests.support.rest import Rest
from tests.web.patient.conftest import ANSWERS, VISIT

LEGS = "https://w3id.org/sural/CodeSystem/leg-pain"


def responses(site: Rest, patient: str = "example-low-mood") -> dict[str, Resource]:
    """The stored responses of a patient by the id of their form."""
    found = site.found(f"QuestionnaireResponse?patient={patient}")
    return {each["questionnaire"].split("/")[-1].split("|")[0]: each for each in found}


def answers_in(resource: Resource) -> dict[str, list[Any]]:
    """The answers by linkId."""
    found: dict[str, list[Any]] = {}
    items = list(resource.get("item", []))
    while items:
        item = items.pop()
        items += item.get("item", [])
        if "answer" in item:
            found[item["linkId"]] = [next(iter(answer.values())) for answer in item["answer"]]
    return found


def test_a_visit_is_one_act_with_a_response_to_each_form(site: Rest, patient: FormPatient) -> None:
    patient.open(VISIT)
    patient.go_on()
    assert patient.path == "/forms/review"
    patient.send()
    assert patient.path == "/forms/sent"
    found = responses(site)
    assert sorted(found) == ["gad-7", "leg-pain", "phq-9"]
    assert {each["status"] for each in found.values()} == {"completed"}
    impression = site.one("ClinicalImpression?patient=example-low-mood")
    assert impression["status"] == "completed"
    assert len(impression["investigation"]) == 3


def test_a_response_has_codes_with_display_time_source_language_and_mode(site: Rest, patient: FormPatient) -> None:
    patient.open("leg-pain")
    patient.go_on()
    patient.send()
    legs = responses(site)["leg-pain"]
    assert answers_in(legs)["lp-where"] == [
        {"system": LEGS, "code": "lp-where.calf", "display": "Calf"},
        {"system": LEGS, "code": "lp-where.foot", "display": "Foot"},
    ]
    assert legs["authored"] == "2026-11-21T12:00:00.000Z"
    assert legs["source"] == legs["subject"] == {"reference": "Patient/example-low-mood"}
    assert legs["language"] == "en"
    assert legs["questionnaire"] == "https://w3id.org/sural/Questionnaire/leg-pain|1.1.0"
    (mode,) = legs["extension"]
    assert mode["url"] == "http://hl7.org/fhir/StructureDefinition/questionnaireresponse-completionMode"
    concept = mode["valueCodeableConcept"]
    assert concept["coding"][0]["code"] == "ELECTRONIC"
    assert concept["text"] == "The patient's form, in the demo"


def test_an_unanswered_question_is_absent_from_the_response(site: Rest, patient: FormPatient) -> None:
    patient.open("leg-pain")
    patient.go_on()
    patient.send()
    assert set(answers_in(responses(site)["leg-pain"])) == {
        "lp-any", "lp-alarm", "lp-side", "lp-where", "lp-feel", "lp-duration", "lp-course",
    }  # fmt: skip


def test_answers_of_questions_that_no_longer_apply_are_dropped(site: Rest, patient: FormPatient) -> None:
    patient.open("leg-pain")
    patient.go_on()
    patient.get("/forms/page/1?review=1")
    patient.answer({"In the last 4 weeks": ["No"]})
    assert patient.path == "/forms/review"
    assert "Which leg?" not in patient.page.text
    patient.send()
    assert set(answers_in(responses(site)["leg-pain"])) == {"lp-any", "lp-alarm"}


def test_answers_come_back_if_their_questions_apply_again(patient: FormPatient) -> None:
    patient.open("leg-pain")
    patient.go_on()
    patient.get("/forms/page/1?review=1")
    patient.answer({"In the last 4 weeks": ["No"]})
    patient.get("/forms/page/1?review=1")
    patient.answer({"In the last 4 weeks": ["Yes"]})
    assert "Calf; Foot (Side: Right)" in patient.page.text


def test_who_answers_in_place_of_the_patient_is_in_the_response(site: Rest, patient: FormPatient) -> None:
    patient.open("gad-7", who="parent")
    patient.go_on()
    patient.send()
    found = responses(site)["gad-7"]
    assert found["source"] == {"reference": "#helper"}
    (helper,) = found["contained"]
    assert helper["resourceType"] == "RelatedPerson"
    assert helper["relationship"] == [{"text": "Parent or guardian"}]


def test_who_answers_must_be_said(patient: FormPatient) -> None:
    patient.open("gad-7", who="")
    assert patient.status == 422
    assert patient.page.title.startswith("Error:")
    assert ("#who-0", "Choose who answers") in patient.page.links


def test_each_page_is_stored_as_in_progress(site: Rest, patient: FormPatient) -> None:
    patient.open(VISIT)
    patient.answer()
    found = responses(site)
    assert {each["status"] for each in found.values()} == {"in-progress"}
    assert set(answers_in(found["leg-pain"])) == {"lp-any"}


def test_sending_twice_gives_one_submission(site: Rest, patient: FormPatient) -> None:
    patient.open(VISIT)
    patient.go_on()
    form = patient.page.form_to("/send")
    for _ in range(3):
        patient.post(form, form.data())
        assert patient.path == "/forms/sent"
    versions = {each["meta"]["versionId"] for each in responses(site).values()}
    patient.post(form, form.data())
    assert {each["meta"]["versionId"] for each in responses(site).values()} == versions
    assert len(site.found("ClinicalImpression?patient=example-low-mood")) == 1


def test_many_requests_that_send_at_once_give_one_submission(site: Rest, patient: FormPatient) -> None:
    patient.open("gad-7")
    patient.go_on()
    form = patient.page.form_to("/send")
    cookie = patient.client.get_cookie("sural-form")
    assert cookie is not None

    def send(_: int) -> int:
        client = site.app.test_client()
        client.set_cookie("sural-form", cookie.value, domain="localhost")
        return client.post("/forms/send", data=dict(form.data())).status_code

    # A request whose turn does not come in time asks the patient to try again.
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(16))) <= {303, 503}
    assert len(site.found("QuestionnaireResponse?patient=example-low-mood")) == 1
    assert len(site.found("ClinicalImpression?patient=example-low-mood")) == 1


def test_after_sending_every_page_leads_to_the_last(patient: FormPatient) -> None:
    patient.open("gad-7")
    page = patient.page
    patient.go_on()
    patient.send()
    for path in ("/forms/start", "/forms/page/1", "/forms/review", "/forms/help"):
        patient.get(path)
        assert patient.path == "/forms/sent"
    patient.post(page.form_to("/page/"), page.form_to("/page/").data())
    assert patient.path == "/forms/sent"


def test_two_devices_with_one_link_work_on_one_visit_and_send_it_once(site: Rest, patient: FormPatient) -> None:
    context = site.app.extensions["sural"].forms
    session = FormSession("Patient/p1", ("https://w3id.org/sural/Questionnaire/gad-7|1.0.0",), "link", "en", "link-1")
    first, second = (FormPatient(site.app.test_client(), ANSWERS) for _ in range(2))
    for device in (first, second):
        device.client.set_cookie("sural-form", open_visit(session, context).secret, domain="localhost")
        device.get("/forms/start")
    first.begin()
    first.answer()
    second.begin()
    assert second.path == "/forms/page/2"
    second.go_on()
    first.go_on()
    second.send()
    first.send()
    assert (first.path, second.path) == ("/forms/sent", "/forms/sent")
    (only,) = site.found("QuestionnaireResponse?patient=p1")
    assert only["extension"][0]["valueCodeableConcept"]["text"] == "The patient's form, opened by a link"
    assert len(site.found("ClinicalImpression?patient=p1")) == 1


def test_a_page_of_another_visit_saves_nothing(site: Rest, patient: FormPatient) -> None:
    patient.open("gad-7")
    old = patient.page.form_to("/page/")
    patient.open("gad-7", patient="example-diabetic-feet")
    patient.post(old, [*old.data(), ("q0-0", "3")])
    assert patient.status == 403
    assert "Nothing was saved" in patient.page.text
    assert site.found("QuestionnaireResponse?patient=example-diabetic-feet") == []


def test_a_form_of_another_site_is_refused(site: Rest, patient: FormPatient) -> None:
    patient.open("gad-7")
    form = patient.page.form_to("/page/")
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        patient.post(form, form.data(), headers)
        assert patient.status == 403
    assert site.found("QuestionnaireResponse?patient=example-low-mood") == []


def test_subject_id_and_score_of_a_sent_form_are_ignored(site: Rest, patient: FormPatient) -> None:
    patient.open("gad-7")
    form = patient.page.form_to("/page/")
    extra = [("subject", "Patient/other"), ("id", "x"), ("status", "completed"), ("/70274-6", "21")]
    patient.post(form, [*form.data(), ("q0-0", "1"), ("q0-1", "0"), ("q0-2", "0"), *extra])
    (only,) = site.found("QuestionnaireResponse?patient=example-low-mood")
    assert only["status"] == "in-progress"
    assert set(answers_in(only)) == {"/69725-0", "/68509-9", "/69733-4"}


def test_a_visit_takes_at_most_60_requests(patient: FormPatient) -> None:
    patient.open(VISIT)
    patient.go_on()
    patient.send()
    assert patient.path == "/forms/sent"
    # Stylesheet, script and icon are loaded once.
    assert patient.requests + 3 <= 60
