"""Checks of the response as a whole: retired questionnaire, effectivePeriod, subjectType.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.effectivePeriod
"""

from collections.abc import Iterator

from service.issues import Issue
from service.screening.instruments.comparison import at_least, at_most
from service.screening.instruments.instrument import Instrument
from service.screening.instruments.response import Response
from service.screening.instruments.typed_value import TypedValue
from service.screening.validation.constraints import list_names, target_type

QUESTIONNAIRE = "QuestionnaireResponse.questionnaire"
AUTHORED = "QuestionnaireResponse.authored"
SUBJECT = "QuestionnaireResponse.subject"


def applicability_issues(response: Response, instrument: Instrument) -> Iterator[Issue]:
    """The issues of the response as a whole, before any item is checked."""
    if instrument.status == "retired":
        text = "This questionnaire is retired. Use the version that replaces it."
        yield Issue("business-rule", QUESTIONNAIRE, text, severity="warning")
    if instrument.effective != (None, None) and response.authored is not None:
        yield from period_issues(response.authored.text, *instrument.effective)
    if instrument.subject_types:
        yield from subject_issues(response, instrument.subject_types)
    for text in instrument.unchecked:
        yield Issue("not-supported", QUESTIONNAIRE, text, severity="warning", inconclusive=True)


def period_issues(authored: str, start: str | None, end: str | None) -> Iterator[Issue]:
    """A warning if ``authored`` is surely before the start or after the end of effectivePeriod."""
    moment = TypedValue("dateTime", authored)
    early = start is not None and at_least(moment, TypedValue("dateTime", start)) is False
    late = end is not None and at_most(moment, TypedValue("dateTime", end)) is False
    if early or late:
        when = "before" if early else "after"
        text = f"The date in authored is {when} the effectivePeriod of the questionnaire. Check it."
        yield Issue("business-rule", AUTHORED, text, severity="warning")


def subject_issues(response: Response, types: tuple[str, ...]) -> Iterator[Issue]:
    """An error if ``subject`` refers to a type of resource that subjectType does not allow."""
    named = target_type(response.patient, response.contained) if response.patient else None
    if named is not None and named not in types:
        text = f"The subject must be a {list_names(frozenset(types))}: the questionnaire allows no other subjectType."
        yield Issue("value", SUBJECT, text)
