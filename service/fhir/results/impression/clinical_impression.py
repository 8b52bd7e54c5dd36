"""The ClinicalImpression of a submission: findings, why, and how sure; never a diagnosis.

https://hl7.org/fhir/R4/clinicalimpression.html
"""

from functools import lru_cache

from service.fhir.frozen_json import FrozenObject
from service.fhir.ids import ID_SYSTEM, extension_url
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.types import Resource
from service.fhir.results.impression.change_note import change_extensions
from service.fhir.results.impression.clinician_text import ClinicianText
from service.fhir.results.impression.evidence_extension import considered_evidence, flag_evidence, pattern_evidence
from service.fhir.results.impression.narrative import narrative
from service.fhir.results.impression.notes import impression_notes
from service.fhir.results.impression.safety_changes import safety_changes
from service.fhir.results.impression.summary import summary
from service.fhir.results.knowledge_base import KnowledgeBase
from service.fhir.results.observations import panel_slots
from service.fhir.results.score_observations import score_slots
from service.fhir.results.submission import SourceResponse, Submission
from service.screening.advice.pattern_groups import display_order
from service.screening.rules.patterns import ReportedPattern
from service.screening.rules.red_flags import Flag
from service.screening.rules.urgency import Urgency


def clinical_impression(submission: Submission, knowledge: KnowledgeBase) -> Resource:
    """Returns the ClinicalImpression. It has no assessor: software is no Practitioner."""
    text, codes = ClinicianText(submission, knowledge), knowledge.codes
    binding = codes.bindings["impression-early" if submission.is_partial else "impression"]
    finding = findings(text)
    elements: Resource = {
        "resourceType": "ClinicalImpression",
        "id": submission.impression_id,
        "language": "en",
        "extension": [
            urgency_extension(submission.assessment.urgency),
            *safety_changes(submission, knowledge),
            *change_extensions(text),
            *considered_evidence(text),
        ],
        "identifier": [{"system": ID_SYSTEM, "value": submission.impression_id}],
        "status": "in-progress" if submission.is_partial else "completed",
        "code": codes.codeable_concept("assessment", binding),
        "description": description(text),
        "subject": submission.patient,
        **submission.lead_source.encounter,
        "effectiveDateTime": submission.effective,
        "date": format_instant(submission.now),
        **previous_impression(submission),
        "investigation": [investigation(source, text) for source in submission.sources.values()],
        "protocol": [knowledge.rules.canonical],
        "summary": summary(text),
        **({"finding": finding} if finding else {}),
        **standing_task_references(submission),
        "note": [{"text": note} for note in impression_notes(text)],
    }
    elements["text"] = narrative(elements, next_step_texts(text))
    return elements


def previous_impression(submission: Submission) -> Resource:
    """Returns ``previous`` as the only element of an object; an empty object for the first impression."""
    if submission.previous is None:
        return {}
    return {"previous": {"reference": f"ClinicalImpression/{submission.previous}"}}


def standing_task_references(submission: Submission) -> Resource:
    """Returns ``supportingInfo`` with the open Tasks that call for its red flags already; else an empty object."""
    references = [{"reference": reference} for reference in submission.standing]
    return {"supportingInfo": references} if references else {}


@lru_cache
def urgency_extension(level: Urgency) -> FrozenObject:
    """Returns the extension ``urgency``."""
    return FrozenObject(url=extension_url("urgency"), valueCode=level.code)


def description(text: ClinicianText) -> str:
    """Returns the description: the instruments, and that nobody has examined the patient."""
    titles = ", ".join(dict.fromkeys([source.sheet.instrument.title for source in text.submission.sources.values()]))
    key = "description-early" if text.submission.is_partial else "description"
    return text.messages.message("impression", key, instruments=titles)


def investigation(source: SourceResponse, text: ClinicianText) -> Resource:
    """Returns one ``investigation``: the response, its scores and its panel."""
    slots: list[str] = []
    if not source.is_unfinished:
        results = text.submission.results_of(source.id)
        slots = [*score_slots(results), *panel_slots(source, results)]
    observations = [{"reference": f"Observation/{source.derived_id('Observation', slot)}"} for slot in slots]
    code = text.knowledge.codes.codeable_concept("assessment", source.instrument_name)
    return {"code": code, "item": [source.reference, *observations]}


def findings(text: ClinicianText) -> list[Resource]:
    """Returns one ``finding`` per flag, the most urgent first, then one per pattern in display order."""
    assessment = text.submission.assessment
    flags = [flag_finding(flag, text) for flag in assessment.raised.values()]
    return flags + [pattern_finding(pattern, text) for pattern in display_order(assessment.patterns.reported)]


def flag_finding(flag: Flag, text: ClinicianText) -> Resource:
    """Returns the ``finding`` of a red flag."""
    steps = text.knowledge.flag_steps[flag.rule.code][flag.level]
    return {
        "extension": [urgency_extension(flag.level), flag_evidence(flag, text), steps.extension],
        "itemCodeableConcept": text.knowledge.codes.codeable_concept("red-flag", flag.rule.code),
        "basis": text.flag_text(flag),
    }


def pattern_finding(reported: ReportedPattern, text: ClinicianText) -> Resource:
    """Returns the ``finding`` of a pattern."""
    confidence = {"url": extension_url("confidence"), "valueCode": reported.confidence.code}
    evidence, steps = (
        pattern_evidence(reported, text),
        text.knowledge.pattern_steps[reported.pattern.id][reported.urgency],
    )
    return {
        "extension": [urgency_extension(reported.urgency), confidence, evidence, steps.extension],
        "itemCodeableConcept": text.knowledge.codes.codeable_concept("pattern", reported.pattern.id),
        "basis": text.pattern_text(reported),
    }


def next_step_texts(text: ClinicianText) -> list[str]:
    """Returns the next steps in words, in the order of the findings."""
    assessment, knowledge = text.submission.assessment, text.knowledge
    flags = [knowledge.flag_steps[code][flag.level].text for code, flag in assessment.raised.items()]
    return flags + [
        knowledge.pattern_steps[reported.pattern.id][reported.urgency].text
        for reported in display_order(assessment.patterns.reported)
    ]
