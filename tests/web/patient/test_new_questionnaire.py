"""A questionnaire in a file becomes a form without code, and no question is asked twice in a visit."""

import json
from pathlib import Path

import pytest

from service.adapters.database.engine import Database
from service.app import create_app
from service.settings import Settings
from tests.support.files import ROOT
from tests.support.patient_form.form_pages import FormPatient
from tests.support.patient_form.hostile import add_peg
from tests.support.rest import Clock
from tests.web.patient.conftest import ANSWERS


@pytest.fixture
def with_peg(copy: Path) -> Path:
    """The files with the PEG, as docs/instruments.md adds it."""
    return add_peg(copy)


@pytest.fixture
def peg_patient(with_peg: Path, sqlite: Database, clock: Clock) -> FormPatient:
    """A patient of a service with these files."""
    settings = Settings(questionnaires=with_peg / "questionnaires", mappings=with_peg / "mappings")
    return FormPatient(create_app(settings, sqlite, now=clock).test_client(), {"What number": ["3"]})


def test_a_questionnaire_in_a_file_becomes_a_form(peg_patient: FormPatient) -> None:
    form = json.loads((ROOT / "docs/examples/peg.json").read_text())
    peg_patient.open("peg")
    assert peg_patient.path == "/forms/page/1"
    assert peg_patient.page.headings[0] == form["title"]
    seen = peg_patient.page.text
    peg_patient.go_on(most=10)
    seen += peg_patient.page.text
    peg_patient.send()
    assert peg_patient.path == "/forms/sent"
    asked = [item["text"] for item in form["item"] if item["type"] == "integer"]
    assert [text for text in asked if text.split("?")[0] not in seen] == []


def test_a_question_of_an_earlier_form_is_answered_already(patient: FormPatient) -> None:
    patient.script = {**ANSWERS, "Feeling nervous": ["Several days"]}
    patient.open("gad-2+gad-7")
    patient.answer()
    assert "Feeling nervous, anxious or on edge" in patient.page.text
    assert "You answered this before. Change it if it is not right." in patient.page.text
    assert [control.text for control in patient.page.form_to("/page/").chosen] == ["Several days", "Not at all"]
