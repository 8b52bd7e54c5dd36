"""Which forms patients are offered: none that asks about self-harm without the numbers of the site (knowledge 11.7)."""

from dataclasses import replace

import pytest

from service.adapters.database.engine import Database
from service.adapters.database.store import DatabaseStore
from service.database_parts import make_form_context
from service.screening.advice.contacts import Contacts
from service.settings import Settings
from service.usecases.forms.form_context import FormContext
from service.wiring import Wiring
from tests.support.building import NOW, catalogue, context

PHQ_9 = "https://w3id.org/sural/Questionnaire/phq-9|1.0.0"


def offering(database: Database, contacts: Contacts, is_demo: bool) -> FormContext:
    """The context of a site with these numbers."""
    assessment = replace(context(), knowledge=replace(context().knowledge, contacts=contacts))
    wiring = Wiring(Settings(), catalogue(), assessment)
    made = make_form_context(Settings(), wiring, DatabaseStore(database), lambda: NOW, lambda: "r-1")
    return replace(made, is_demo=is_demo)


@pytest.mark.parametrize(
    ("contacts", "is_demo", "offered"),
    [
        (Contacts(), False, None),
        (Contacts(crisis_line="988"), False, None),
        (Contacts(emergency_number="911"), False, None),
        (Contacts("988", "911"), False, PHQ_9),
        (Contacts(), True, PHQ_9),
    ],
)
def test_the_phq_9_needs_both_numbers_but_in_the_demo(
    sqlite: Database, contacts: Contacts, is_demo: bool, offered: str | None
) -> None:
    assert offering(sqlite, contacts, is_demo).find_offered("phq-9") == offered


def test_other_forms_need_no_number_and_an_unknown_one_is_not_offered(sqlite: Database) -> None:
    site = offering(sqlite, Contacts(), False)
    assert site.find_offered("gad-7") == "https://w3id.org/sural/Questionnaire/gad-7|1.0.0"
    assert site.find_offered("leg-pain") == "https://w3id.org/sural/Questionnaire/leg-pain|1.1.0"
    assert site.find_offered("nothing") is None
