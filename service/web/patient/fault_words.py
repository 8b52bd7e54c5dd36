"""What is wrong with an entry, in words for the patient."""

from collections.abc import Callable

from service.fhir.questionnaires.patient_form.entered_answers import EntryFault, FaultKind
from service.web.patient.languages import Say

FAULTS: dict[FaultKind, Callable[[Say], str]] = {
    "choose": lambda _: _("Choose an answer"),
    "choose-one-or-more": lambda _: _("Choose at least one answer"),
    "enter": lambda _: _("Enter an answer"),
    "choose-known": lambda _: _("Choose one of the answers on the page"),
    "none-beside-others": lambda _: _("Choose “None of these” or the other answers, not both"),
    "number": lambda _: _("Enter a number"),
    "whole-number": lambda _: _("Enter a whole number"),
    "too-low": lambda _: _("Enter a number that is not below {limit}", limit="{limit}"),
    "too-high": lambda _: _("Enter a number that is not above {limit}", limit="{limit}"),
    "date": lambda _: _("Enter a real date"),
    "date-year": lambda _: _("Enter the year with four digits, from {limit} on", limit="{limit}"),
    "date-future": lambda _: _("Enter a date that is not in the future"),
    "time": lambda _: _("Enter a full date, and a time such as 14:30"),
    "too-long": lambda _: _("Use at most {limit} characters", limit="{limit}"),
    "too-few": lambda _: _("Give at least {limit} answers", limit="{limit}"),
    "too-many": lambda _: _("Give at most {limit} answers", limit="{limit}"),
    "unit": lambda _: _("Choose a unit"),
    "characters": lambda _: _("Remove the characters that cannot be read"),
    "not-accepted": lambda _: _("Change this answer: it does not fit the question"),
}


def words_of_fault(fault: EntryFault, say: Say) -> str:
    """The text about a fault."""
    return FAULTS[fault.kind](say).replace("{limit}", fault.limit)
