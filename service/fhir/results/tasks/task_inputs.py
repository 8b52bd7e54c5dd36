"""Task.input: the red flag with its urgency, and what the answers say to the person who makes contact."""

from collections.abc import Iterator

from service.fhir.frozen_json import freeze_object
from service.fhir.r4.types import Resource
from service.fhir.results.impression.clinician_text import ClinicianText
from service.fhir.results.impression.phrases.self_harm_answers import SelfHarmAnswers, self_harm_answers
from service.fhir.results.submission import SourceResponse, is_reachable
from service.fhir.results.tasks.task_text import raising_sources
from service.fhir.terminology.code_systems import CodeSystems
from service.screening.rules.red_flags import Flag
from service.screening.rules.scores import Number


def flag_input(flag: Flag, codes: CodeSystems) -> Resource:
    """Returns the Task.input about the red flag and its urgency."""
    return {
        "type": codes.codeable_concept("red-flag", flag.rule.code),
        "valueCodeableConcept": codes.codeable_concept("urgency", flag.level.code),
    }


def answer_inputs(flag: Flag, contact: SourceResponse | None, text: ClinicianText) -> Iterator[Resource]:
    """Yields the inputs about the answers, each as far as it is known."""
    source = contact or raising_sources(flag, text)[-1]
    values: dict[str, Resource] = self_harm_inputs(self_harm_answers(contact, text)) if contact is not None else {}
    if contact is not None:
        for name in text.words.scores:
            for total in totals_of(name, text):
                values[name] = {"valueInteger" if isinstance(total, int) else "valueDecimal": total}
    age = text.submission.assessment.case.age
    if age is not None:
        values["age"] = {"valueInteger": age.low} if age.low == age.high else {"valueString": f"{age.low}-{age.high}"}
    if text.submission.phone is not None:
        values["contact"] = {"valueContactPoint": text.submission.phone}
    if source.response.authored is not None:
        values["answered"] = {"valueDateTime": source.response.authored.text}
    values |= answered_by_input(source)
    for code, value in values.items():
        yield {"type": text.knowledge.codes.codeable_concept("task-input", code), **value}


def self_harm_inputs(answers: SelfHarmAnswers) -> dict[str, Resource]:
    """Returns the inputs about item 9 and the question that follows it."""
    if answers.value is None:
        declined = {"item-9-declined": {"valueBoolean": True}} if answers.declined else {}
        points = {"points-answered": {"valueInteger": answers.points}}
        return {**points, "safe-now": {"valueCode": answers.safe_now}, **declined}
    return {"item-9": {"valueInteger": answers.value}, "safe-now": {"valueCode": answers.safe_now}}


def totals_of(name: str, text: ClinicianText) -> list[Number]:
    """Returns the total of an instrument; an empty list if there is none."""
    if name not in text.newest:
        return []
    scores = text.submission.results_of(text.newest[name].id).scores
    return [score.total for score in scores if score.total is not None]


def answered_by_input(source: SourceResponse) -> dict[str, Resource]:
    """Returns the source of the response, or if absent its author; an empty object if both are absent or contained."""
    references = (source.resource.get(role) for role in ("source", "author"))
    found = next((reference for reference in references if is_reachable(reference)), None)
    return {} if found is None else {"answered-by": {"valueReference": freeze_object(found)}}
