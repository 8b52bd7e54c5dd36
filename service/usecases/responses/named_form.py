"""The form that `QuestionnaireResponse.questionnaire` names, or what helps a sender to name one.

https://hl7.org/fhir/R4/questionnaireresponse-definitions.html#QuestionnaireResponse.questionnaire
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.issues import Issue
from service.ports.catalogue import InstrumentCatalogue
from service.screening.instruments.editions import InstrumentEdition
from service.screening.instruments.response import Response

QUESTIONNAIRE = "QuestionnaireResponse.questionnaire"
FORM_ID = re.compile(r"(?:Questionnaire/)?([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")


@dataclass(frozen=True)
class NamedForm:
    """The form that a canonical names, with the issues of the name. ``suspected``: without a form, the form that was
    probably meant; the answers are checked against it, so that the sender learns of all faults at once."""

    form: InstrumentEdition | None = None
    issues: tuple[Issue, ...] = ()
    suspected: InstrumentEdition | None = None


def find_named_form(canonical: str, catalogue: InstrumentCatalogue, bases: Sequence[str]) -> NamedForm:
    """The form with a canonical, or the published form whose id or own address it is; without either no form.

    ``bases`` are the base addresses of this service and of its FHIR server.
    """
    if not canonical:
        return NamedForm(None, (missing_questionnaire(catalogue),))
    form = catalogue.find(canonical)
    if form is not None:
        return NamedForm(form)
    by_id = find_by_address(canonical, catalogue, bases)
    if by_id is not None:
        text = f"`questionnaire` is the id or address of a form, read as {by_id.instrument.canonical}. Send that url."
        return NamedForm(by_id, (Issue("informational", QUESTIONNAIRE, text, severity="warning"),))
    return NamedForm(None, (unknown_questionnaire(canonical, catalogue),), suspected_form(canonical, catalogue))


def find_by_address(canonical: str, catalogue: InstrumentCatalogue, bases: Sequence[str]) -> InstrumentEdition | None:
    """The published form with this id, as `id`, `Questionnaire/id`, or the address of it under one of ``bases``."""
    address, _, version = canonical.partition("|")
    for base in bases:
        address = address.removeprefix(f"{base.rstrip('/')}/")
    match = FORM_ID.fullmatch(address)
    form = catalogue.find_by_id(match[1]) if match else None
    return None if form is None or version not in ("", form.instrument.version) else form


def suspected_form(canonical: str, catalogue: InstrumentCatalogue) -> InstrumentEdition | None:
    """The form that a canonical with a mistake probably means; None if there is no such form."""
    url = meant_url(canonical, catalogue)
    return None if url is None else catalogue.find(url)


def meant_url(canonical: str, catalogue: InstrumentCatalogue) -> str | None:
    """The canonical url that differs only in version, scheme, letter case, `/q/` or a slash at the end."""
    wanted = simplify(canonical)
    return next((url for url in catalogue.canonicals if simplify(url) == wanted), None)


def simplify(canonical: str) -> str:
    """What is left of a canonical without the parts that senders mistake."""
    url = re.sub(r"^https?://(www\.)?", "", canonical.partition("|")[0].lower().rstrip("/"))
    return url.replace("/q/", "/").replace("/questionnaire/", "/")


def unknown_questionnaire(canonical: str, catalogue: InstrumentCatalogue) -> Issue:
    """The issue that a canonical names no form that is accepted, with those that are."""
    url, mark, _ = canonical.partition("|")
    known = catalogue.find(url)
    if mark and known is not None and known.edition is None:
        text = f"`questionnaire` has a version that is not known here. Send {known.instrument.canonical}."
        return Issue("not-found", QUESTIONNAIRE, text)
    meant = meant_url(canonical, catalogue)
    advice = f"Did you mean {meant}? " if meant is not None else ""
    return Issue("not-found", QUESTIONNAIRE, f"`questionnaire` is not known here. {advice}{accepted_forms(catalogue)}")


def missing_questionnaire(catalogue: InstrumentCatalogue) -> Issue:
    """The issue that a response names no form, with those that are accepted."""
    text = "`questionnaire` is required here. Add the canonical url of the questionnaire that was answered."
    return Issue("required", QUESTIONNAIRE, f"{text} {accepted_forms(catalogue)}")


def other_form_issues(response: Response, form: InstrumentEdition, catalogue: InstrumentCatalogue) -> list[Issue]:
    """The issue that no item is one of the form that the response names, with the forms that have all of them."""
    sent = {item.link_id for item in response.all_items if item.answers}
    # An edition takes our linkIds too.
    if not (sent and sent.isdisjoint(form.instrument.by_link_id) and sent.isdisjoint(link_ids_of(form))):
        return []
    found = ((url, catalogue.find(url)) for url in catalogue.canonicals)
    names = ", ".join(url for url, other in found if other is not None and sent <= link_ids_of(other))
    text = f"The items are not those of the form that `questionnaire` names, but of: {names}. Send the one answered."
    return [Issue("informational", QUESTIONNAIRE, text, severity="information")] if names else []


def link_ids_of(form: InstrumentEdition) -> frozenset[str]:
    """The linkIds of the form."""
    ours = form.instrument.by_link_id.keys()
    if form.edition is None:
        return frozenset(ours)
    return frozenset(form.edition.link_ids) | form.edition.dropped | (ours - set(form.edition.link_ids.values()))


def accepted_forms(catalogue: InstrumentCatalogue) -> str:
    """The sentence with every canonical that is accepted."""
    return f"Responses to these are accepted: {', '.join(catalogue.canonicals)}."
