"""Each page: errors, groups, optional questions, clearing, progress, going back, headers, and what no page contains."""

import re

from tests.support.patient_form.form_pages import FormPatient
from tests.support.rest import Rest
from tests.web.patient.conftest import ALARM, ANSWERS, VISIT

WHERE = "Where do you feel it now?"


def test_an_error_is_in_title_summary_and_field_and_entries_are_kept(patient: FormPatient) -> None:
    patient.open("leg-pain")
    page = patient.answer({})
    assert patient.status == 422
    assert page.title.startswith("Error: ")
    assert "There is a problem" in page.headings
    assert ("#q0-0-0", "Choose an answer: In the last 4 weeks, have your legs or feet bothered you?") in page.links
    assert 'id="q0-0-fault"' in page.source
    assert 'aria-describedby="q0-0-fault" aria-invalid="true"' in page.source
    assert page.source.index('role="alert"') < page.source.index("<h1")


def test_each_error_names_its_question(patient: FormPatient) -> None:
    patient.open("gad-7")
    form = patient.page.form_to("/page/")
    page = patient.post(form, [*form.data(), ("q0-0", "99"), ("q0-1", "x"), ("q0-2", "2")])
    errors = [text for address, text in page.links if address.startswith("#q")]
    assert errors == [
        "Choose one of the answers on the page: Feeling nervous, anxious or on edge",
        "Choose one of the answers on the page: Not being able to stop or control worrying",
    ]
    assert [control.value for control in page.form_to("/page/").controls if control.is_choice and control.is_sent] == [
        "2"
    ]


def test_none_of_these_beside_another_answer_is_an_error(patient: FormPatient) -> None:
    patient.open("leg-pain")
    patient.answer()
    page = patient.answer({ALARM: ["None of these", "Fever, or shaking with chills"]})
    assert patient.status == 422
    assert "Choose “None of these” or the other answers, not both" in page.text


def test_every_multiple_choice_offers_none_of_these(patient: FormPatient) -> None:
    patient.open("leg-pain")
    seen = 0
    while patient.path.startswith("/forms/page/"):
        controls = patient.page.form_to("/page/").controls
        boxes: dict[str, list[str]] = {}
        for control in controls:
            if control.attributes.get("type") == "checkbox":
                boxes.setdefault(control.name, []).append(control.text)
        seen += len(boxes)
        assert all(texts[-1] in ("None of these", "No") for texts in boxes.values()), boxes
        patient.answer()
    assert seen >= 15


def test_none_of_these_of_ours_is_no_answer_and_not_open(patient: FormPatient) -> None:
    patient.script = {**ANSWERS, WHERE: ["None of these"]}
    patient.open("leg-pain")
    patient.go_on()
    assert (
        f"{WHERE} None of these (Side: Right) Change" in patient.page.text
        or f"{WHERE} None of these" in patient.page.text
    )
    patient.get("/forms/page/5")
    none = [control for control in patient.page.form_to("/page/").controls if control.value == "none"]
    assert [control.is_sent for control in none] == [True]


def test_nothing_is_chosen_before_the_patient_chooses(patient: FormPatient) -> None:
    patient.open(VISIT)
    while patient.path.startswith("/forms/page/"):
        chosen = [
            control.text for control in patient.page.form_to("/page/").controls if control.is_choice and control.is_sent
        ]
        assert chosen == []
        patient.answer()


def test_an_answer_can_be_cleared(patient: FormPatient) -> None:
    patient.open("gad-7")
    patient.answer()
    patient.get("/forms/page/1")
    form = patient.page.form_to("/page/")
    patient.post(form, [*form.data(), ("clear", "q0-0")])
    assert patient.path == "/forms/page/1"
    chosen = {
        control.name for control in patient.page.form_to("/page/").controls if control.is_choice and control.is_sent
    }
    assert chosen == {"q0-1", "q0-2"}


def test_questions_whose_blank_hides_something_are_asked_once_more(patient: FormPatient) -> None:
    patient.script = {**ANSWERS, "Which leg?": []}
    patient.open("leg-pain")
    patient.answer()
    patient.answer()
    assert "Which leg?" in patient.page.text
    patient.answer()
    assert patient.status == 422
    assert "You left a question open" in patient.page.headings
    assert not patient.page.title.startswith("Error")
    patient.answer()
    assert patient.status == 200
    assert "Which leg?" not in patient.page.text


def test_optional_questions_are_marked_and_required_ones_are_not(patient: FormPatient) -> None:
    patient.open("leg-pain")
    assert "(optional)" not in patient.page.text
    for _ in range(5):
        patient.answer()
    assert "Does it move or spread? (optional)" in patient.page.text


def test_progress_counts_the_pages_that_apply(patient: FormPatient) -> None:
    patient.open("leg-pain")
    assert "Step 1 of 2" in patient.page.text
    patient.answer()
    assert re.search(r"Step 2 of 1\d", patient.page.text)


def test_a_page_further_on_cannot_be_reached_before_the_ones_ahead_of_it(patient: FormPatient) -> None:
    patient.open("leg-pain")
    for path in ("/forms/page/2", "/forms/page/99", "/forms/review"):
        patient.get(path)
        assert patient.path == "/forms/page/1"


def test_back_keeps_the_answers(patient: FormPatient) -> None:
    patient.open("gad-7")
    patient.answer()
    back = next(address for address, text in patient.page.links if text == "Back")
    patient.get(back)
    assert patient.path == "/forms/page/1"
    assert len(patient.page.form_to("/page/").chosen) == 3


def test_review_lists_every_question_with_a_link_to_change_it(patient: FormPatient) -> None:
    patient.open("leg-pain")
    patient.go_on()
    assert f"{WHERE} Calf; Foot (Side: Right) Change : {WHERE}" in patient.page.text
    assert "Does it move or spread? Not answered" in patient.page.text
    changes = [address for address, text in patient.page.links if text.startswith("Change")]
    assert len(changes) >= 25
    patient.get(changes[2])
    patient.answer({"Which leg?": ["Left"]})
    assert patient.path == "/forms/review"
    assert "Calf; Foot (Side: Left)" in patient.page.text


def test_the_lead_in_is_on_each_page_whose_questions_continue_it(patient: FormPatient) -> None:
    patient.open("phq-9")
    lead_in = "Over the last 2 weeks, how often have you been bothered by any of the following problems?"
    for _ in range(3):
        assert lead_in in patient.page.text
        patient.answer()
    assert "how difficult have these problems made it" in patient.page.text
    assert lead_in not in patient.page.text


def test_every_choice_question_is_a_fieldset_with_its_legend(patient: FormPatient) -> None:
    patient.open(VISIT)
    while patient.path.startswith("/forms/page/"):
        source = patient.page.source
        assert source.count("<fieldset") == source.count("<legend>")
        choices = [control for control in patient.page.form_to("/page/").controls if control.is_choice]
        assert all(control.legend and control.text for control in choices)
        patient.answer()


def test_no_page_has_a_script_or_style_of_its_own_or_an_address_of_another_site(site: Rest) -> None:
    client = site.app.test_client()
    patient = FormPatient(client, {**ANSWERS, ALARM: ["Fever, or shaking with chills"]})
    pages = [patient.get("/forms"), patient.open(VISIT), patient.answer(), patient.answer()]
    pages += [patient.leave_help(), patient.go_on(), patient.send(), patient.get("/forms/page/x")]
    for page in pages:
        assert not re.search(
            r"<style|style=|\son[a-z]+=|javascript:|https?://|//", page.source.replace("http://www.w3.org", "")
        )
        scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page.source)
        assert all("src=" in attributes and not content for attributes, content in scripts)


def test_every_answer_has_the_headers(site: Rest) -> None:
    client = site.app.test_client()
    for path in (
        "/forms",
        "/forms/visit/gad-7",
        "/forms/start",
        "/forms/page/1",
        "/forms/nothing",
        "/forms/static/style.css",
    ):
        headers = client.get(path).headers
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in headers["Content-Security-Policy"], path
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cache-Control"] == ("public, max-age=31536000, immutable" if "static" in path else "no-store")


def test_the_cookie_is_kept_from_scripts_and_other_sites(site: Rest) -> None:
    client = site.app.test_client()
    fields = {"patient": "example-low-mood", "forms": "gad-7", "language": "en"}
    plain = client.post("/forms", data=fields).headers["Set-Cookie"]
    assert plain.startswith("sural-form=")
    assert "HttpOnly; Path=/; SameSite=Lax" in plain
    secure = client.post("/forms", data=fields, base_url="https://localhost").headers["Set-Cookie"]
    assert secure.startswith("__Host-sural-form=")
    assert "Secure; HttpOnly; Path=/; SameSite=Lax" in secure


def test_symptoms_are_not_completed_by_the_browser(patient: FormPatient) -> None:
    patient.open(VISIT)
    for _ in range(4):
        controls = patient.page.form_to("/page/").controls
        texts = [each for each in controls if each.tag == "textarea" or each.attributes.get("type") == "text"]
        assert all(each.attributes.get("autocomplete") == "off" for each in texts)
        patient.answer()


def test_a_form_that_is_not_known_is_not_found(site: Rest) -> None:
    client = site.app.test_client()
    for path in ("/forms/nothing", "/forms/visit/gad-7+nothing", "/forms/visit/gad-7+gad-7", "/forms/static/x.css"):
        assert client.get(path).status_code == 404
