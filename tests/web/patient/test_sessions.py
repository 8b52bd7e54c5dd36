"""How long a page and a draft stay: the session ends, is extended or is cleared, and what was saved stays."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from service.adapters.database import tables as t
from service.adapters.database.form_visits import DatabaseVisits
from service.usecases.forms.unsent import UnsentDrafts, delete_unsent
from tests.support.patient_form.form_pages import FormPatient
from tests.support.rest import Clock, Rest
from tests.web.patient.conftest import ANSWERS, ITEM_9
from tests.web.patient.test_visit import responses


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
