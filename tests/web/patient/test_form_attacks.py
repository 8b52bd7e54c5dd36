"""Attacks on the patients' form that need no browser: W1, W2, W8 and W11 of the test plan."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from service.adapters.database.engine import Database
from service.app import create_app
from service.fhir.r4.types import Resource
from service.settings import Settings
from tests.support.building import scored
from tests.support.files import ROOT
from tests.support.patient_form.form_pages import FormPatient, HtmlForm, HtmlPage
from tests.support.patient_form.hostile import (
    HOSTILE,
    NARRATIVE,
    NEVER_SHOWN,
    RENDERING,
    add_peg,
    filled_in,
    put_form_of_texts,
    shape_of,
)
from tests.support.rest import Clock, Rest
from tests.web.patient.conftest import ANSWERS, link_of, site_on

# What a response has, and a visit keeps; none of it is a field of a page.
ASSIGNED = (
    ("id", "chosen"),
    ("meta", '{"versionId": "7"}'),
    ("subject", "Patient/other"),
    ("patient", "other"),
    ("author", "Practitioner/other"),
    ("source", "Practitioner/other"),
    ("encounter", "Encounter/other"),
    ("status", "completed"),
    ("authored", "2001-01-01"),
    ("questionnaire", "https://w3id.org/sural/Questionnaire/phq-9|1.0.0"),
    ("forms", "phq-9"),
    ("helper", "staff"),
    ("mode", "clinic-device"),
    ("link", "l-2"),
    ("sent", "2001-01-01"),
    ("shown_help", "suicide-risk"),
    ("draft", "{}"),
    ("score", "21"),
    ("/70274-6", "21"),
    ("/69725-0", "LA6571-9"),
    ("q9-9", "1"),
    ("item", "[]"),
    ("extension", "[]"),
    ("__proto__", "{}"),
)
TYPES = ("QuestionnaireResponse", "ClinicalImpression", "Observation", "Task", "DetectedIssue")
AWAY = ("next", "url", "return", "redirect", "continue")
TEMPLATES = sorted((ROOT / "service" / "web" / "patient" / "templates" / "patient_form").glob("*.html"))
HARMLESS = ("plain words",)


def patient_with_texts(folder: Path, texts: tuple[str, ...], database: Database, clock: Clock) -> FormPatient:
    """A patient of a service that has a form made of these texts."""
    put_form_of_texts(folder, texts)
    settings = Settings(questionnaires=folder / "questionnaires", mappings=folder / "mappings")
    return FormPatient(create_app(settings, database, now=clock).test_client())


def pages_of_visit(patient: FormPatient, texts: Iterator[str]) -> Iterator[HtmlPage]:
    """Each page of a visit whose questions for text are answered with these: as it is asked, with errors, when it is
    opened again, and the review."""
    for _ in range(60):
        if not patient.path.startswith("/forms/page/"):
            break
        yield patient.page
        path, form = patient.path, patient.page.form_to("/page/")
        entered = filled_in(form, texts, "1")
        wrong = [(name, next(texts) if value == "1" else value) for name, value in entered]
        yield patient.post(form, wrong if patient.page.source.count('inputmode="decimal"') else entered)
        if patient.status == 422:
            patient.post(form, entered)
        after = patient.path
        yield patient.get(path)
        patient.get(after)
    assert patient.path == "/forms/review", patient.page.links
    yield patient.page


class TestMarkup:
    """W1, W2"""

    @pytest.fixture
    def with_peg(self, copy: Path) -> Path:
        """The files, to which a form can be added."""
        return add_peg(copy)

    @pytest.fixture
    def shapes(self, with_peg: Path, sqlite: Database, clock: Clock) -> list[Any]:
        """The shapes of the pages whose texts are harmless."""
        patient = patient_with_texts(with_peg, HARMLESS, sqlite, clock)
        patient.open("peg")
        return [shape_of(page.source) for page in pages_of_visit(patient, cycle(HARMLESS))]

    def test_no_text_of_a_form_or_an_answer_adds_an_element_an_attribute_or_an_address(
        self, shapes: list[Any], with_peg: Path, sqlite: Database, clock: Clock
    ) -> None:
        patient = patient_with_texts(with_peg, HOSTILE, sqlite, clock)
        texts, sources = cycle(HOSTILE), []
        patient.open("peg")
        for page in pages_of_visit(patient, texts):
            sources.append(page.source)
        assert [shape_of(source) for source in sources] == shapes
        read = unescape("".join(sources))
        assert [text for text in HOSTILE if text.strip() not in read] == []
        assert NEVER_SHOWN not in read

    def test_every_template_quotes_its_attributes_and_takes_no_address_from_a_text(self) -> None:
        for template in TEMPLATES:
            source = template.read_text()
            assert not re.search(r"[\w-]=\{\{", source), template.name
            assert not re.search(r"\|\s*safe\b|autoescape|\son[a-z]+=", source), template.name
            addresses = re.findall(r'\b(?:href|src|action|formaction|data-extend)="([^"]*)', source)
            ours = r"#[\w-]*(\{\{ (id|view\.name) \}\})?|\{\{ (url_for|asset)\(.*"
            assert [each for each in addresses if not re.fullmatch(ours, each)] == [], template.name


class TestSubmittedMarkup:
    """W2"""

    def test_the_narrative_and_the_rendering_of_a_response_are_in_nothing_that_we_write(
        self, site: Rest, patient: FormPatient
    ) -> None:
        sent = scored("phq-9", [2] * 9, answers={"safe-now": ["no"]}, patient="Patient/example-low-mood")
        items = [{**item, "text": "x", "_text": {"extension": RENDERING}} for item in sent["item"]]
        answer = site.post({**sent, "text": NARRATIVE, "item": items})
        assert answer.status_code == 201
        written = [each for type_name in TYPES[1:] for each in site.found(f"{type_name}?patient=example-low-mood")]
        assert {each["resourceType"] for each in written} >= {"ClinicalImpression", "Observation", "Task"}
        assert NEVER_SHOWN not in str(written)
        patient.open("phq-9")
        while patient.path.startswith("/forms/page/"):
            assert NEVER_SHOWN not in patient.page.source
            patient.answer()
        assert NEVER_SHOWN not in patient.page.source
        assert NEVER_SHOWN not in patient.send().source


class TestBrowserSession:
    """W8: where pages lead, and whose a session is."""

    def test_no_page_leads_to_another_site(self, site: Rest) -> None:
        client = site.app.test_client()
        patient = AssigningPatient(client, ANSWERS, extra=tuple((name, "https://evil.example/") for name in AWAY))
        patient.open("gad-7")
        patient.go_on()
        patient.send()
        assert patient.path == "/forms/sent"
        assert [path for path in patient.visited if not re.fullmatch(r"/forms(/[a-z]+(/\d+)?)?", path)] == []

    @pytest.mark.parametrize(
        "path",
        [
            "//evil.example",
            "/forms//evil.example",
            "/forms/page/1//evil.example/",
            "/forms/visit//evil.example",
            "/forms/%2f%2fevil.example",
            "/forms/link/%2f%2fevil.example",
            "/forms/start/..//evil.example",
            "/forms?next=https://evil.example",
            "/forms/start?next=https://evil.example",
            "/\\evil.example",
        ],
    )
    def test_no_address_is_sent_on_to_another_site(self, site: Rest, path: str) -> None:
        for headers in ({}, {"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}):
            answer = site.client.get(path, headers=headers)
            assert answer.status_code < 500
            assert not re.match(r"[a-z]+://evil|//|/\\", answer.headers.get("Location", ""))

    def test_a_session_that_another_has_chosen_is_not_used(self, site: Rest) -> None:
        client, chosen = site.app.test_client(), "chosen-by-an-attacker"
        client.set_cookie("sural-form", chosen, domain="localhost")
        FormPatient(client, ANSWERS).open("gad-7")
        cookie = client.get_cookie("sural-form")
        assert cookie is not None
        assert cookie.value != chosen
        assert len(cookie.value) >= 43
        # A client with cookies of its own leaves out those of the headers.
        plain = site.app.test_client(use_cookies=False)
        for secret, status in ((chosen, 403), (cookie.value, 200)):
            assert plain.get("/forms/page/1", headers={"Cookie": f"sural-form={secret}"}).status_code == status

    def test_a_session_that_was_closed_opens_nothing_more(self, site: Rest, patient: FormPatient) -> None:
        patient.open("gad-7")
        patient.go_on()
        cookie, plain = patient.client.get_cookie("sural-form"), site.app.test_client(use_cookies=False)
        assert cookie is not None
        old = {"Cookie": f"sural-form={cookie.value}"}
        patient.send()
        assert plain.get("/forms/sent", headers=old).status_code == 200
        form = patient.page.form_to("/leave")
        patient.post(form, form.data())
        assert patient.client.get_cookie("sural-form") is None
        for path in ("start", "page/1", "help", "review", "sent"):
            assert plain.get(f"/forms/{path}", headers=old).status_code == 403
        for path in ("start", "page/1", "help", "send", "extend", "language", "leave"):
            assert plain.post(f"/forms/{path}", data=dict(form.data()), headers=old).status_code == 403


@dataclass
class AssigningPatient(FormPatient):
    """A patient whose browser sends more fields than a page has, in the body and in the address."""

    extra: Sequence[tuple[str, str]] = ()

    def post(self, form: HtmlForm, data: list[tuple[str, str]], headers: Mapping[str, str] | None = None) -> HtmlPage:
        action = f"{form.action}?{urlencode(self.extra)}" if self.extra else form.action
        own = {name for name, _ in data}
        return super().post(
            HtmlForm(action, form.controls), [*data, *(each for each in self.extra if each[0] not in own)], headers
        )


def stored_after_visit(database: Database, clock: Clock, extra: Sequence[tuple[str, str]]) -> dict[str, list[Resource]]:
    """What is stored after a visit by a link of the patient "p1", page after page with these fields."""
    site = site_on(database, clock, rate_link="")
    patient = AssigningPatient(site.app.test_client(), ANSWERS, extra=extra)
    path = link_of(site, "p1")
    page = patient.get(path)
    patient.post(HtmlForm(path, page.forms[0].controls), [])
    assert patient.path == "/forms/start"
    patient.begin()
    patient.go_on()
    patient.send()
    assert patient.path == "/forms/sent"
    assert [site.found(f"{type_name}?patient=other") for type_name in TYPES] == [[]] * len(TYPES)
    return {type_name: site.found(f"{type_name}?patient=p1") for type_name in TYPES}


class TestAssignment:
    """W11: fields that no page has change nothing that is stored; the patient is that of the link."""

    def test_fields_that_no_page_has_change_nothing_that_is_stored(
        self, sqlite: Database, sqlite_file: Path, clock: Clock, tmp_path: Path
    ) -> None:
        another = Database(f"sqlite:///{shutil.copy(sqlite_file, tmp_path / 'another.db')}")
        another.create()
        plain = stored_after_visit(sqlite, clock, ())
        assert len(plain["QuestionnaireResponse"]) == len(plain["ClinicalImpression"]) == 1
        assert plain["QuestionnaireResponse"][0]["subject"] == {"reference": "Patient/p1"}
        assert stored_after_visit(another, clock, ASSIGNED) == plain
        another.close()
