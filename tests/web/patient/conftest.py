"""A patient without script, on the demo, with the numbers of a site."""

import secrets
from dataclasses import replace
from functools import cache
from itertools import count
from typing import Any

import pytest

from service.adapters.database.access.form_links import DatabaseLinks
from service.adapters.database.engine import Database
from service.adapters.database.outbox import DatabaseOutbox
from service.app import create_app
from service.screening.advice.contacts import Contacts
from service.settings import Settings
from service.usecases.links.links import TOKEN_BYTES, LinkOrder, make_link
from service.usecases.responses.prepare import AssessmentContext
from service.wiring import Wiring
from tests.support.building import NOW, catalogue, context
from tests.support.patient_form.form_pages import FormPatient
from tests.support.rest import Clock, Rest

VISIT = "leg-pain+gad-7+phq-9"
ALARM = "Do you have any of these now, or did you in the last few days?"
SAFE = "Do you feel able to stay safe right now?"
ITEM_9 = "Thoughts that you would be better off dead"
MOOD = ("Little interest", "Feeling down", "Trouble falling", "Feeling tired", "Poor appetite", "Feeling bad about",
        "Trouble concentrating", "Moving or speaking")  # fmt: skip
WORRY = (
    "Feeling nervous",
    "Not being able",
    "Worrying too",
    "Trouble relaxing",
    "Being so",
    "Becoming",
    "Feeling afraid",
)
CALM = {question: ["Not at all"] for question in (*MOOD, *WORRY, ITEM_9)}
# Leg trouble without an alarm sign, low mood without thoughts of self-harm.
ANSWERS = {
    **CALM,
    "In the last 4 weeks": ["Yes"],
    ALARM: ["None of these"],
    "Which leg?": ["Right"],
    "Where do you feel it now?": ["Calf", "Foot"],
    "What does it feel like?": ["Dull ache"],
    "How long have you had it?": ["1 to 3 weeks"],
    "How is it changing?": ["About the same"],
    "Feeling tired": ["Several days"],
}


@pytest.fixture
def site(database: Database, clock: Clock) -> Rest:
    """The service of a site with its numbers."""
    return site_on(database, clock)


@cache
def context_with_numbers() -> AssessmentContext:
    """The context of a site with a crisis line and an emergency number."""
    return replace(context(), knowledge=replace(context().knowledge, contacts=Contacts("988", "911")))


def site_on(database: Database, clock: Clock, **more: Any) -> Rest:
    """The service of a site with its numbers, on a database; ``more`` are settings."""
    numbers, settings = count(1), Settings(**more)
    wiring = Wiring(settings, catalogue(), context_with_numbers())
    app = create_app(settings, database, wiring, clock, lambda: f"r-{next(numbers)}")
    return Rest(app, database, DatabaseOutbox(database))


def link_of(site: Rest, patient: str) -> str:
    """The path of a link to the GAD-7 for a patient."""
    order = LinkOrder(f"Patient/{patient}", (catalogue().instrument("gad-7").canonical,), "test")
    made = make_link(order, DatabaseLinks(site.database), "l-1", secrets.token_urlsafe(TOKEN_BYTES), NOW)
    return f"/forms/link/{made.token}"


@pytest.fixture
def patient(site: Rest) -> FormPatient:
    """A patient who answers with ANSWERS."""
    return FormPatient(site.app.test_client(), ANSWERS)
