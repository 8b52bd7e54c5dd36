"""What a clinician may do next about a finding, as an extension and in words; medicines and procedures stay out.

The same for the same flag or pattern, so made once and never changed by those who get it.
"""

from typing import NamedTuple

from service.fhir.evidence import fact_parts
from service.fhir.ids import extension_url
from service.fhir.lexicon import Lexicon
from service.fhir.observations import coding_json
from service.fhir.reading import Resource
from service.screening.advice import Step, Voices


class NextSteps(NamedTuple):
    """The extension of a finding, and the same in words."""

    extension: Resource
    text: str


def next_steps(voices: Voices, lexicon: Lexicon) -> NextSteps:
    """The comment and the steps of one flag or pattern."""
    steps = [step for step in voices.steps if step.for_record]
    parts = [{"url": "comment", "valueString": voices.clinician}, *map(step_part, steps)]
    listed = "; ".join(step_in_words(step, lexicon) for step in steps)
    text = lexicon.say("advice", "next-steps", comment=voices.clinician, steps=listed)
    return NextSteps({"url": extension_url("next-steps"), "extension": parts}, text)


def step_part(step: Step) -> Resource:
    code = [] if step.code is None else [{"url": "code", "valueCoding": coding_json(step.code)}]
    text = {"url": "text", "valueString": step.text}
    return {"url": "step", "extension": [text, *code, *fact_parts(step.facts)]}


def step_in_words(step: Step, lexicon: Lexicon) -> str:
    """A step with the facts that it rests on."""
    return lexicon.say("advice", "step", step=step.text, facts=lexicon.cite(step.facts))
