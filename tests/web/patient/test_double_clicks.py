"""However often and from wherever a patient sends: each visit is one submission."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from service.adapters.database import tables as t
from service.ports.form_visits import FormVisit
from service.usecases.forms.opening import open_visit
from service.web.patient.browser_session import form_key
from tests.support.patient_form.form_pages import FormPatient
from tests.support.rest import Rest
from tests.web.patient.conftest import ANSWERS

# Visits whose patients press at the same time.
AT_ONCE = 4


@pytest.fixture
def filled(site: Rest) -> FormVisit:
    """A visit whose questions are all answered, and which was not sent."""
    patient = FormPatient(site.app.test_client(), ANSWERS)
    patient.open("gad-7")
    patient.go_on()
    with site.database.read() as connection:
        id = connection.execute(select(t.form_visit.c.id)).scalar_one()
    visit = site.app.extensions["sural"].forms.store.visits.read_current(id)
    assert visit is not None
    return visit  # type: ignore[no-any-return]


def click_twice(site: Rest, like: FormVisit, number: int) -> set[int]:
    """A patient of this number, whose answers are those of another visit, presses "Send" twice at once."""
    context = site.app.extensions["sural"].forms
    opened = open_visit(replace(like.session, patient=f"Patient/d{number}"), context)
    context.store.visits.save_visit(replace(opened.visit, draft=like.draft))
    cookie = {"Cookie": f"sural-form={opened.secret}"}
    with site.app.test_request_context(headers=cookie):
        key = form_key(opened.visit)
    ready = Barrier(2)

    def click(client: FlaskClient) -> int:
        ready.wait()
        return client.post("/forms/send", data={"key": key}, headers=cookie).status_code

    with ThreadPoolExecutor(2) as both:
        return set(both.map(click, [site.app.test_client(use_cookies=False) for _ in range(2)]))


def counted(site: Rest, type_name: str) -> Iterator[tuple[str, int]]:
    """How many resources of a type each patient has."""
    counts = select(t.patient.c.reference, func.count()).join(t.resource, t.resource.c.patient == t.patient.c.number)
    query = counts.where(t.resource.c.type == type_name, t.resource.c.current).group_by(t.patient.c.reference)
    with site.database.read() as connection:
        yield from ((row[0], row[1]) for row in connection.execute(query))


@pytest.mark.parametrize("clicks", [20, pytest.param(1000, marks=pytest.mark.slow)])
def test_each_double_click_is_one_submission(site: Rest, filled: FormVisit, clicks: int) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = list(pool.map(lambda number: click_twice(site, filled, number), range(clicks)))
    # A request whose turn does not come in time asks the patient to try again: the other one has sent.
    assert all(303 in each and each <= {303, 503} for each in statuses)
    wanted = {f"Patient/d{number}": 1 for number in range(clicks)}
    for type_name in ("QuestionnaireResponse", "ClinicalImpression"):
        assert {name: count for name, count in counted(site, type_name) if name in wanted} == wanted
    with site.database.read() as connection:
        brought = connection.execute(select(t.act.c.patient).where(t.act.c.patient.in_(wanted))).scalars().all()
        sent = connection.scalar(select(func.count()).where(t.form_visit.c.sent.is_not(None)))
    assert (len(brought), len(set(brought)), sent) == (clicks, clicks, clicks)
