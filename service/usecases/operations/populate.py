"""Prepares a QuestionnaireResponse to be answered: the questions, and answers that are known already.

https://hl7.org/fhir/uv/sdc/STU4/OperationDefinition-Questionnaire-populate.html
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from service.fhir.r4.types import Resource

INITIAL_EXPRESSION = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-initialExpression"
# The element of the Patient by the expression of an item that asks for it. No other expression is evaluated: an
# expression of a stranger could run forever.
PATIENT_ELEMENTS: Mapping[str, str] = {"%patient.birthDate": "birthDate", "%patient.gender": "gender"}
NOT_ASKED = ("display",)
SEXES = "http://hl7.org/fhir/ValueSet/administrative-gender"
SEX_CODES = ("male", "female", "other", "unknown")


@dataclass(frozen=True)
class KnownAnswers:
    """What is known of the patient: the Patient resource, and the items of an earlier response to the same form.

    ``never_copied`` are the linkIds of items that the patient must always answer anew.
    """

    patient: Resource = field(default_factory=dict)
    earlier: Sequence[Resource] = ()
    never_copied: Collection[str] = ()


def populate(questionnaire: Resource, subject: Resource, known: KnownAnswers) -> Resource:
    """The response of status in-progress, with groups and questions in the order of the form."""
    items = list(populated_items(questionnaire.get("item", ()), known.earlier, known))
    version = f"|{questionnaire['version']}" if "version" in questionnaire else ""
    return {
        "resourceType": "QuestionnaireResponse",
        **({"questionnaire": f"{questionnaire['url']}{version}"} if "url" in questionnaire else {}),
        "status": "in-progress",
        "subject": subject,
        **({"item": items} if items else {}),
    }


def populated_items(
    definitions: Sequence[Resource], earlier: Sequence[Resource], known: KnownAnswers
) -> Iterator[Resource]:
    """The items of a response for these items of the form; ``earlier`` are those of the earlier response.

    An item with a condition (enableWhen) is there only with an earlier answer.
    """
    before = {item["linkId"]: item for item in earlier}
    for definition in definitions:
        old = before.get(definition["linkId"], {})
        if definition["type"] in NOT_ASKED or ("enableWhen" in definition and not old):
            continue
        inner = list(populated_items(definition.get("item", ()), old.get("item", ()), known))
        answers = known_answers(definition, old, known)
        yield {
            "linkId": definition["linkId"],
            **({"text": definition["text"]} if "text" in definition else {}),
            **({"answer": answers} if answers else {}),
            **({"item": inner} if inner else {}),
        }


def known_answers(definition: Resource, old: Resource, known: KnownAnswers) -> list[Resource]:
    """The answers to one item: from the Patient, else those of the earlier response, else those of the form."""
    answers = list(patient_answers(definition, known.patient))
    is_copied = not definition.get("readOnly") and definition["linkId"] not in known.never_copied
    return answers or (list(old.get("answer", ())) if is_copied else []) or list(default_answers(definition))


def default_answers(definition: Resource) -> Iterator[Resource]:
    """The answers that a form has for an item already: `initial`, and options with `initialSelected`."""
    yield from definition.get("initial", ())
    for option in definition.get("answerOption", ()):
        if option.get("initialSelected"):
            yield {name: value for name, value in option.items() if name.startswith("value")}


def patient_answers(definition: Resource, patient: Resource) -> Iterator[Resource]:
    """The answer that an initialExpression takes out of the Patient, if the item can have it."""
    for extension in definition.get("extension", ()):
        expression = extension.get("valueExpression", {}).get("expression")
        value = patient.get(PATIENT_ELEMENTS.get(expression, ""))
        if extension.get("url") == INITIAL_EXPRESSION and isinstance(value, str):
            yield from ANSWERS.get(definition["type"], no_answer)(definition, value)


def date_answer(_: Resource, value: str) -> Iterator[Resource]:
    """The answer to a question of type date."""
    yield {"valueDate": value}


def string_answer(_: Resource, value: str) -> Iterator[Resource]:
    """The answer to a question of type string."""
    yield {"valueString": value}


def datetime_answer(_: Resource, value: str) -> Iterator[Resource]:
    """The answer to a question of type dateTime."""
    yield {"valueDateTime": value}


def choice_answer(definition: Resource, value: str) -> Iterator[Resource]:
    """The option whose code is the value, or the code of a sex if the options are the ValueSet of R4."""
    if str(definition.get("answerValueSet", "")).partition("|")[0] == SEXES and value in SEX_CODES:
        yield {"valueCoding": {"system": "http://hl7.org/fhir/administrative-gender", "code": value}}
    options = (option.get("valueCoding", {}) for option in definition.get("answerOption", ()))
    yield from [{"valueCoding": option} for option in options if option.get("code") == value][:1]


def no_answer(_: Resource, __: str) -> Iterator[Resource]:
    """No answer: questions of other types can have neither a birth date nor a sex."""
    yield from ()


ANSWERS: Mapping[str, Callable[[Resource, str], Iterator[Resource]]] = {
    "date": date_answer,
    "dateTime": datetime_answer,
    "string": string_answer,
    "text": string_answer,
    "choice": choice_answer,
    "open-choice": choice_answer,
}
