"""A question that the patient prefers not to answer: item 9 declined, stored as declined, and answered after all."""

from tests.support.patient_form.form_pages import FormPatient
from tests.support.rest import Rest
from tests.web.patient.conftest import ANSWERS, ITEM_9
from tests.web.patient.test_visit import answers_in, responses


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
