"""The form of a response under an unknown canonical, recognised by the codes of its questions and answers.

Off unless SURAL_RECOGNISE names the code system.
"""

from collections.abc import Collection, Sequence

from service.issues import Issue
from service.ports.catalogue import InstrumentCatalogue
from service.screening.instruments.recognition import Candidate, Recognition, recognise
from service.screening.instruments.response import Response
from service.screening.rules.assessment import RuleSet
from service.usecases.responses.named_form import QUESTIONNAIRE, NamedForm, find_named_form

# The code systems by which a response may be recognised, as the setting names them.
SYSTEMS = {"loinc": "http://loinc.org"}


def find_form(
    response: Response,
    catalogue: InstrumentCatalogue,
    bases: Sequence[str],
    rules: RuleSet,
    systems: Collection[str] = (),
) -> NamedForm:
    """The form that a response names, or is recognised to answer by codes of one of the ``systems``."""
    named = find_named_form(response.questionnaire, catalogue, bases)
    if named.form is not None or not response.questionnaire or not systems:
        return named
    found = recognise(response, [c for system in systems for c in candidates_of(catalogue, rules, SYSTEMS[system])])
    if found.form is None:
        return NamedForm(None, (*named.issues, unrecognised_issue(found)), named.suspected)
    text = (
        f"`questionnaire` is not known here. Its questions and answers are those of {found.form.instrument.title} by "
    )
    text += f"their codes, so it is read as that. Send {found.form.instrument.canonical} or one of its editions."
    return NamedForm(found.form, (Issue("informational", QUESTIONNAIRE, text, severity="warning"),))


def candidates_of(catalogue: InstrumentCatalogue, rules: RuleSet, system: str) -> list[Candidate]:
    """The instruments with a score, as they may be recognised by codes of a system."""
    return [
        Candidate(catalogue.instrument(name), system, own.scores[0].summands)
        for name, own in rules.instruments.items()
        if own.scores
    ]


def unrecognised_issue(found: Recognition) -> Issue:
    """The issue that a response was not recognised, with what was missing. Codes in it are those of our forms."""
    names = " or ".join(found.possible) or "any questionnaire"
    reasons = []
    if found.missing:
        reasons.append(f"questions with these codes are missing: {', '.join(found.missing)}")
    if found.others:
        reasons.append(f"{found.others} answered item(s) are not of it")
    if found.uncoded:
        reasons.append(f"answers to these are not given by the code of an option: {', '.join(found.uncoded)}")
    why = "; ".join(reasons) or "no question is named by a code of a scored question"
    text = f"The response was not recognised as {names} by its codes: {why}."
    return Issue("not-found", QUESTIONNAIRE, text)
