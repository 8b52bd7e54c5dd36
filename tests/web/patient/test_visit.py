"""A visit from the first page to the last, without script, and what is stored of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from service.adapters.database import tables as t
from service.adapters.database.form_visits import DatabaseVisits
from service.fhir.r4.types import Resource
from service.ports.form_visits import FormSession
from service.usecases.forms.opening import open_visit
from service.usecases.forms.unsent import UnsentDrafts, delete_unsent
from tests.support.patient_form.form_pages import FormPatient
from tests.support.rest import Clock, Rest
from tests.web.patient.conftest import ANSWERS, ITEM_9, VISIT

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


def test_a_session_ends_after_an_hour_and_the_answers_stay(site: Rest, patient: FormPatient, clock: Clock) -> None:
    patient.open("gad-7")
    patient.answer()
    clock.forward(minutes=61)
    patient.get("/forms/page/2")
    assert patient.status == 403
    assert "Open the link that you were sent" in patient.page.text
    assert responses(site)["gad-7"]["status"] == "in-progress"


def test_the_end_of_a_draft_loses_nothing_that_is_urgent(site: Rest, patient: FormPatient, clock: Clock) -> None:
    patient.script = {**ANSWERS, ITEM_9: ["Several days"]}
    patient.open("phq-9")
    patient.go_on()
    assert [task["status"] for task in site.found("Task?patient=example-low-mood")] == ["requested"]
    before = all_rows(site)
    clock.forward(days=31)
    drafts = UnsentDrafts(DatabaseVisits(site.database), timedelta(days=30), clock)
    delete_unsent(drafts)
    after = all_rows(site)
    assert (len(before.pop("form_visit")), len(after.pop("form_visit"))) == (1, 0)
    assert before == after
    assert {each["status"] for each in responses(site).values()} == {"in-progress"}
    patient.get("/forms/page/2")
    assert patient.status == 403


def all_rows(site: Rest) -> dict[str, list[Any]]:
    """The rows of every table."""
    with site.database.read() as connection:
        return {table.name: list(connection.execute(select(table)).all()) for table in t.metadata.sorted_tables}


def test_a_session_is_extended_by_each_save(patient: FormPatient, clock: Clock) -> None:
    patient.open("gad-7")
    clock.forward(minutes=50)
    patient.answer()
    clock.forward(minutes=50)
    assert patient.get("/forms/page/2").headings == ["Worry"]


def decline(patient: FormPatient, name: str) -> None:
    """Presses "Prefer not to say" of a question."""
    form = patient.page.form_to("/page/")
    patient.post(form, [*form.data(), ("decline", name)])


def declining(patient: FormPatient) -> list[str]:
    """The names of the questions on the page that may be declined."""
    return [control.value for control in patient.page.form_to("/page/").controls if control.name == "decline"]


def at_item_9(patient: FormPatient) -> str:
    """Goes to the page of item 9; the name of its field."""
    patient.open("phq-9")
    for _ in range(10):
        if ITEM_9 in patient.page.text:
            break
        assert declining(patient) == []
        patient.answer()
    (name,) = declining(patient)
    return name


def test_item_9_can_be_declined_and_counts_as_open(site: Rest, patient: FormPatient) -> None:
    patient.script = {**ANSWERS, ITEM_9: []}
    name = at_item_9(patient)
    decline(patient, name)
    assert "You chose: Prefer not to say." in patient.page.text
    patient.go_on()
    assert patient.path == "/forms/review"
    assert "Prefer not to say" in patient.page.text
    patient.send()
    assert patient.path == "/forms/sent"
    found = responses(site)["phq-9"]
    (item,) = [each for each in found["item"] if each["linkId"] == "/44260-8"]
    # https://hl7.org/fhir/R4/valueset-data-absent-reason.html
    url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    assert item["answer"] == [{"extension": [{"url": url, "valueCode": "asked-declined"}]}]
    (absent,) = [each for each in site.found("Observation?code=http://loinc.org|44260-8") if "dataAbsentReason" in each]
    assert absent["dataAbsentReason"]["coding"][0]["code"] == "asked-declined"


def test_declining_item_9_raises_what_leaving_it_open_raises(site: Rest, patient: FormPatient) -> None:
    patient.script = {**ANSWERS, ITEM_9: [], "Feeling down": ["Nearly every day"]}
    for declines, words in ((True, "self-harm question declined"), (False, "self-harm question left open")):
        name = at_item_9(patient)
        if declines:
            decline(patient, name)
        patient.go_on()
        patient.send()
        impression = site.found("ClinicalImpression?patient=example-low-mood&_sort=-_lastUpdated")[0]
        (finding,) = impression["finding"]
        assert finding["itemCodeableConcept"]["coding"][0]["code"] == "safety-incomplete"
        assert impression["summary"].startswith("SOON")
        assert words in impression["summary"]


def test_only_some_questions_can_be_declined_and_an_answer_takes_its_place(site: Rest, patient: FormPatient) -> None:
    name = at_item_9(patient)
    decline(patient, name)
    form = patient.page.form_to("/page/")
    assert (f"{name}-declined", "1") in form.data()
    patient.post(form, [*form.data(), ("clear", name)])
    assert declining(patient) == [name]
    decline(patient, name)
    patient.answer()
    assert answers_in(responses(site)["phq-9"])["/44260-8"][0]["code"] == "LA6568-5"
    patient.go_on()
    patient.page.form_to("/send")
    assert "Prefer not to say" not in patient.page.text
    patient.open("gad-7")
    form = patient.page.form_to("/page/")
    patient.post(form, [*form.data(), ("q0-0-declined", "1")])
    assert "extension" not in str(responses(site)["gad-7"].get("item", []))


def test_each_page_says_without_script_when_it_closes_and_that_what_is_saved_stays(patient: FormPatient) -> None:
    patient.open("gad-7")
    text = "Take your time. This page closes 60 minutes after you last saved. What you have saved stays."
    assert text in patient.page.text
    assert text in patient.answer().text


def test_a_page_can_be_kept_open_without_a_save(patient: FormPatient, clock: Clock) -> None:
    patient.open("gad-7")
    (key,) = [value for name, value in patient.page.form_to("/page/").data() if name == "key"]
    clock.forward(minutes=50)
    assert patient.client.post("/forms/extend", data={"key": "another"}).status_code == 403
    assert patient.client.post("/forms/extend", data={"key": key}).status_code == 204
    clock.forward(minutes=50)
    assert patient.get("/forms/page/1").headings == ["Worry"]
    clock.forward(minutes=61)
    assert patient.client.post("/forms/extend", data={"key": key}).status_code == 403


def test_the_device_can_be_cleared(patient: FormPatient) -> None:
    patient.open("gad-7")
    patient.go_on()
    patient.send()
    form = patient.page.form_to("/leave")
    patient.post(form, form.data())
    assert "This device is cleared" in patient.page.text
    patient.get("/forms/sent")
    assert patient.status == 403


def test_a_visit_takes_at_most_60_requests(patient: FormPatient) -> None:
    patient.open(VISIT)
    patient.go_on()
    patient.send()
    assert patient.path == "/forms/sent"
    # Stylesheet, script and icon are loaded once.
    assert patient.requests + 3 <= 60
