"""Whether a response fits the questionnaire as a whole: its status, its period, whom it is about.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.effectivePeriod
"""

from collections.abc import Iterator

from service.screening.constraints import target_type
from service.screening.faults import Fault
from service.screening.instrument import Instrument
from service.screening.magnitudes import at_least, at_most
from service.screening.response import Response

FORM = "QuestionnaireResponse.questionnaire"
AUTHORED = "QuestionnaireResponse.authored"


def circumstances(response: Response, instrument: Instrument) -> Iterator[Fault]:
    """What is wrong or worth a word before any item is looked at."""
    if instrument.status == "retired":
        text = "This questionnaire is retired. Use the version that took its place."
        yield Fault("business-rule", FORM, text, severity="warning")
    if instrument.effective != (None, None) and response.authored is not None:
        yield from outside(response.authored.text, *instrument.effective)
    if instrument.subject_types:
        yield from wrong_subject(response, instrument.subject_types)
    for demand in instrument.unchecked:
        yield Fault("not-supported", FORM, demand, severity="warning", untold=True)


def outside(authored: str, start: str | None, end: str | None) -> Iterator[Fault]:
    """A response dated surely before or after the period in which the questionnaire is meant to be used."""
    early = start is not None and at_least("dateTime", authored, "dateTime", start) is False
    late = end is not None and at_most("dateTime", authored, "dateTime", end) is False
    if early or late:
        when = "before" if early else "after"
        text = (
            f"This response is dated {when} the period in which the questionnaire is meant to be used. Check the date."
        )
        yield Fault("business-rule", AUTHORED, text, severity="warning")


def wrong_subject(response: Response, types: tuple[str, ...]) -> Iterator[Fault]:
    """A subject of a type that the questionnaire is not about."""
    named = target_type(response.patient, response.contained) if response.patient else None
    if named is not None and named not in types:
        text = f"The questionnaire is about another type of subject. Refer to a {' or '.join(types)}."
        yield Fault("value", "QuestionnaireResponse.subject", text)
