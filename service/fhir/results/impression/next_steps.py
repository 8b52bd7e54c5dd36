"""The next steps of a clinician about a finding, as extension and as text, without medicines and procedures.

Both are the same for every patient with the same flag or pattern at the same level.
"""

from typing import NamedTuple

from service.fhir.frozen_json import FrozenObject, freeze_object
from service.fhir.ids import extension_url
from service.fhir.r4.types import Resource
from service.fhir.terminology.code_systems import coding_json
from service.fhir.terminology.facts import FactIndex, fact_extensions
from service.fhir.terminology.messages import Messages
from service.screening.advice.advice import FindingAdvice, Step
from service.screening.rules.urgency import Urgency


class NextSteps(NamedTuple):
    """The next steps for one flag or pattern: the extension of a finding, and the same as text."""

    extension: FrozenObject
    text: str


def make_next_steps(advice: FindingAdvice, level: Urgency, facts: FactIndex, messages: Messages) -> NextSteps:
    """Returns the comment and the steps for one flag or pattern at a level."""
    steps = [step for step in advice.steps_at(level) if step.for_record]
    parts = [{"url": "comment", "valueString": advice.clinician[level]}, *map(step_extension, steps)]
    listed = "; ".join(
        messages.message("advice", "step", step=step.text, facts=facts.cite_facts(step.facts)) for step in steps
    )
    text = messages.message("advice", "next-steps", comment=advice.clinician[level], steps=listed)
    return NextSteps(freeze_object({"url": extension_url("next-steps"), "extension": parts}), text)


def step_extension(step: Step) -> Resource:
    """Returns one step as an extension part."""
    text = {"url": "text", "valueString": step.text}
    code = [] if step.code is None else [{"url": "code", "valueCoding": coding_json(step.code)}]
    return {"url": "step", "extension": [text, *code, *fact_extensions(step.facts)]}
