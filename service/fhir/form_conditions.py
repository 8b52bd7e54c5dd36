"""The conditions under which items of a Questionnaire are shown, checked before anybody answers.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
"""

from collections.abc import Iterator, Mapping

from service.fhir.expressions import FHIRPATH, is_readable
from service.fhir.form_places import Place
from service.fhir.questionnaires import ENABLE_WHEN_EXPRESSION, read_enable_when, read_option
from service.fhir.reading import Resource
from service.screening.faults import Fault
from service.screening.instrument import EnableWhen
from service.screening.magnitudes import alike
from service.screening.questions import KINDS

WITHOUT_ORDER = {"boolean", "Coding", "string", "Reference"}


def condition_faults(place: Place, found: Mapping[str, Place]) -> Iterator[Fault]:
    """The faults of every enableWhen of one item."""
    for index, given in enumerate(place.item.get("enableWhen", ())):
        path, condition = f"{place.path}.enableWhen[{index}]", read_enable_when(given)
        asked = found.get(condition.question)
        if asked is None:
            text = "This condition asks for an item that the questionnaire does not have. Name one by its linkId."
            yield Fault("not-found", f"{path}.question", text, link_id=place.link_id)
        else:
            yield from question_faults(place, asked, path)
            yield from answer_faults(place, asked, condition, path)


def question_faults(place: Place, asked: Place, path: str) -> Iterator[Fault]:
    """Whether the question of a condition can be answered before the item is shown."""
    text, severity = "", "error"
    if asked.link_id == place.link_id:
        text = "An item cannot be shown on its own answer. Name another question."
    elif place.link_id in asked.above:
        text = "This condition asks for a question inside the item that it shows. Name one outside."
    elif asked.item["type"] in ("group", "display"):
        text = "This condition asks for a group or display item, which has no answer. Name a question."
    elif asked.number > place.number:
        severity, text = "warning", "This condition asks for a question that comes later. Move that question up."
    if text:
        yield Fault("business-rule", f"{path}.question", text, severity, place.link_id)


def answer_faults(place: Place, asked: Place, condition: EnableWhen, path: str) -> Iterator[Fault]:
    """Whether the value of a condition can be compared with the answers to its question."""
    kinds = {*KINDS.get(asked.item["type"], ()), *(option.kind for option in options(asked.item))}
    if condition.operator == "exists":
        if condition.kind != "boolean":
            text = 'With "exists" the answer must be a boolean (que-7). Give true or false.'
            yield Fault("invariant", f"{path}.answer", text, link_id=place.link_id)
    elif kinds and not any(alike(condition.kind, kind) for kind in kinds):
        text = f"The question takes {' or '.join(sorted(kinds))}, with which this value cannot be compared. Give one."
        yield Fault("value", f"{path}.answer", text, link_id=place.link_id)
    elif condition.operator in ("<", ">", "<=", ">=") and condition.kind in WITHOUT_ORDER:
        text = "Values of this type have no order, so that this condition can never be told. Use = or !=."
        yield Fault("business-rule", f"{path}.operator", text, "warning", place.link_id)
    elif never_chosen(asked.item, condition):
        text = "This value is not one of the question's options, so that no answer can equal it. Name an option."
        yield Fault("code-invalid", f"{path}.answer", text, "warning", place.link_id)


def options(item: Resource) -> list[EnableWhen]:
    """The options of a question, as values that a condition may compare with."""
    found = (option for given in item.get("answerOption", ()) for option in read_option(given))
    return [EnableWhen(item["linkId"], "=", option.kind, option.value) for option in found]


def never_chosen(item: Resource, condition: EnableWhen) -> bool:
    """Whether a coded value is missing among the options of a question that has some."""
    coded = [option.value for option in options(item) if option.kind == "Coding"]
    return condition.kind == "Coding" and bool(coded) and condition.value not in coded


def expression_faults(place: Place, trusted: bool) -> Iterator[Fault]:
    """A condition in a language of its own: alone, and one that can be read."""
    for index, entry in enumerate(place.item.get("extension", ())):
        if entry.get("url") != ENABLE_WHEN_EXPRESSION:
            continue
        path, value = f"{place.path}.extension[{index}]", entry.get("valueExpression", {})
        if "enableWhen" in place.item:
            text = "An item has enableWhen or an expression, not both. Keep one."
            yield Fault("business-rule", path, text, link_id=place.link_id)
        if not trusted or value.get("language") != FHIRPATH or "expression" not in value:
            text = "This condition is not in FHIRPath, or is one that we do not read. It could not be checked."
            yield Fault("not-supported", path, text, "warning", place.link_id, untold=True)
        elif not is_readable(value["expression"]):
            text = "This is not a FHIRPath expression. Correct it."
            yield Fault("invalid", f"{path}.value.expression", text, link_id=place.link_id)
