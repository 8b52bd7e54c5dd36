"""The languages of the form: Spanish whole, instruments in official wording only, codes the same, right to left."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import textstat
from babel.messages.extract import extract_from_file
from jinja2.ext import babel_extract

from service.adapters.mappings.translate_advice import texts_to_translate
from service.fhir.questionnaires.patient_form.translations import translations_of, walk_definitions
from service.web.patient import assets
from tests.support.building import catalogue
from tests.support.patient_form.form_pages import FormPatient
from tests.support.rest import Rest
from tests.web.patient.conftest import ANSWERS
from tests.web.patient.test_visit import answers_in, responses

FOLDER = Path(assets.__file__).parent
NAME = re.compile(r"\{[^}]*\}")
# British school years: the grade of Flesch and Kincaid, and five years before the first grade.
AGE_BEFORE_SCHOOL, READING_AGE = 5, 11
SPANISH = {
    "En las últimas 4 semanas": ["Sí"],
    "¿Tiene ahora alguna de estas cosas": ["Nada de esto"],
    "¿Qué pierna?": ["La derecha"],
    "¿Dónde lo siente ahora?": ["Pantorrilla", "Pie"],
    "¿Cómo lo siente?": ["Dolor sordo"],
    "¿Desde cuándo": ["De 1 a 3 semanas"],
    "¿Cómo está cambiando?": ["Está más o menos igual"],
}


def texts_of_form() -> Iterator[str]:
    """The texts in the templates and modules of the form."""
    for path in sorted(FOLDER.rglob("*")):
        if path.suffix == ".py":
            keywords = {"_": None, "say": None}
            yield from (str(found[1]) for found in extract_from_file("python", str(path), keywords=keywords))
        elif path.suffix == ".html":
            with path.open("rb") as file:
                found = (message for _, _, message, _ in babel_extract(file, ["_"], [], {}))
                yield from (each if isinstance(each, str) else str((each or [""])[0]) for each in found)


def own_texts() -> list[str]:
    """Every text of ours that a translation needs."""
    layout = catalogue().layout
    names = [*layout.names.values(), *(example.words for example in layout.examples)]
    advice = [text for text in texts_to_translate(catalogue().advice) if NAME.sub("", text)]
    return [text for text in dict.fromkeys([*texts_of_form(), *names, *advice]) if text]


def test_every_text_of_ours_is_in_spanish() -> None:
    assert len(own_texts()) > 300
    spanish = catalogue().translations["es"]
    assert [text for text in own_texts() if text not in spanish] == []


def test_no_translation_is_left_over_or_has_other_names_in_braces() -> None:
    spanish = catalogue().translations["es"]
    assert sorted(set(spanish) - set(own_texts())) == []
    for english, translated in spanish.items():
        assert sorted(NAME.findall(english)) == sorted(NAME.findall(translated)), english


def test_every_text_of_the_leg_form_is_in_spanish_and_the_instruments_have_none_of_ours() -> None:
    for form in catalogue().questionnaires:
        languages = [
            [tag for tag, _ in translations_of(item.get("_text", {}))]
            for item in walk_definitions(form)
            if "text" in item
        ]
        if form["id"] == "leg-pain":
            assert languages == [["es"]] * len(languages)
            displays = [
                [tag for tag, _ in translations_of(option["valueCoding"].get("_display", {}))]
                for item in walk_definitions(form)
                for option in item.get("answerOption", [])
            ]
            assert displays == [["es"]] * len(displays)
        else:
            assert not any(languages), form["id"]


def test_a_spanish_answer_has_the_same_codes(site: Rest) -> None:
    spanish, english = FormPatient(site.app.test_client(), SPANISH), FormPatient(site.app.test_client(), ANSWERS)
    spanish.open("leg-pain", language="es")
    assert '<html lang="es" dir="ltr">' in spanish.page.source
    spanish.go_on()
    assert "Pantorrilla; Pie (Lado: La derecha)" in spanish.page.text
    spanish.send()
    assert "Gracias. Sus respuestas se enviaron." in spanish.page.text
    english.open("leg-pain", patient="example-diabetic-feet")
    english.go_on()
    english.send()
    found, other = responses(site)["leg-pain"], responses(site, "example-diabetic-feet")["leg-pain"]
    assert answers_in(found) == answers_in(other)
    assert found["language"] == "es"


def test_the_advice_is_in_spanish(site: Rest) -> None:
    script = {**SPANISH, "¿Tiene ahora alguna de estas cosas": ["Fiebre, o escalofríos con temblores"]}
    patient = FormPatient(site.app.test_client(), script)
    patient.open("leg-pain", language="es")
    patient.answer()
    patient.answer()
    assert patient.path == "/forms/help"
    assert "Que le vean hoy." in patient.page.text
    assert "Nos dijo: Fiebre, o escalofríos con temblores" in patient.page.text


def test_a_form_without_official_translation_is_in_english_with_a_notice(site: Rest) -> None:
    patient = FormPatient(site.app.test_client(), ANSWERS)
    patient.open("phq-9", language="es")
    assert "Esta parte se muestra en inglés" in patient.page.text
    assert "Little interest or pleasure in doing things" in patient.page.text
    assert '<div lang="en" dir="ltr">' in patient.page.source
    assert "Guardar y continuar" in patient.page.text


def test_the_language_can_be_changed_in_the_form(site: Rest) -> None:
    patient = FormPatient(site.app.test_client(), ANSWERS)
    patient.open("leg-pain")
    patient.get("/forms/start")
    form = patient.page.form_to("/language")
    patient.post(form, [*form.data(), ("language", "es")])
    assert patient.path == "/forms/start"
    assert "Antes de empezar" in patient.page.headings
    assert "todavía no se ha revisado" in patient.page.text


def test_a_language_from_right_to_left_turns_the_page(site: Rest) -> None:
    patient = FormPatient(site.app.test_client(), ANSWERS)
    patient.open("gad-7", language="ar-XB")
    assert '<html lang="ar-XB" dir="rtl">' in patient.page.source
    assert "\u202eSave and continue\u202c" in patient.page.text
    patient.go_on()
    patient.send()
    assert responses(site)["gad-7"]["status"] == "completed"


def test_a_language_that_is_not_offered_is_not_found(site: Rest) -> None:
    fields = {"patient": "example-low-mood", "forms": "gad-7", "language": "xx"}
    assert site.app.test_client().post("/forms", data=fields).status_code == 404


@pytest.mark.parametrize("text", sorted({text for text in texts_of_form() if len(text.split()) >= 4}))
def test_the_words_of_the_form_have_a_reading_age_of_at_most_11(text: str) -> None:
    # A name in braces, such as {minutes}, is a short word.
    grade = textstat.flesch_kincaid_grade(NAME.sub("ten", text))
    assert grade + AGE_BEFORE_SCHOOL <= READING_AGE, grade
