"""The signs with which nobody waits for this service, and whom to call."""

from collections.abc import Collection
from typing import NamedTuple

from service.screening.advice.contacts import contact_words
from service.usecases.forms.form_context import FormContext
from service.usecases.forms.visit_pages import VisitPages

LEGS, SELF_HARM = "legs", "self-harm"


class EmergencySigns(NamedTuple):
    """The line that says to call now, and the signs."""

    line: str
    entries: list[str]


def signs_of_visit(pages: VisitPages, context: FormContext) -> EmergencySigns:
    """The signs for a visit. Those of the legs only if a form asks about legs."""
    links = {link_id for form in pages.forms for link_id in form.instrument.by_link_id}
    asked = (SELF_HARM, LEGS) if links & set(context.layout.body_maps) else (SELF_HARM,)
    return emergency_signs(pages.visit.session.language, context, asked)


def emergency_signs(
    language: str, context: FormContext, reasons: Collection[str] = (SELF_HARM, LEGS)
) -> EmergencySigns:
    """The signs that are for everybody, and those for these reasons. It needs nothing that is stored."""
    knowledge = context.knowledge_in(language)
    words = contact_words(knowledge.advice.numbers, knowledge.contacts)
    entries = [
        entry.text.format_map(words) for entry in knowledge.advice.call_now if entry.only_for in (None, *reasons)
    ]
    return EmergencySigns(knowledge.advice.page["call-now"].format_map(words), entries)
