"""The extension ``safety-answer-changed``: an answer that raised a red flag, and was lowered or taken back later.

docs/decisions/safety-answers-changed.md
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from service.fhir.ids import extension_url
from service.fhir.r4.datetimes import format_instant
from service.fhir.r4.types import Resource
from service.fhir.results.impression.clinician_text import option_names, question_name
from service.fhir.results.impression.narrative import narrative
from service.fhir.results.knowledge_base import KnowledgeBase
from service.fhir.results.submission import SourceResponse, Submission
from service.fhir.terminology.code_systems import coding_json
from service.screening.instruments.edition_translation import NOT_ASKED
from service.screening.instruments.instrument import Item
from service.screening.rules.safety_changes import LoweredAnswer, weights_of_options

CHANGED = extension_url("safety-answer-changed")
# The elements of an impression that depend on answers which are withdrawn.
DEPENDENT = ("extension", "finding", "text")


def safety_changes(submission: Submission, knowledge: KnowledgeBase) -> list[Resource]:
    """Returns one extension for each safety answer of the responses used that was lowered, then the carried ones."""
    if not submission.has_lowered_answers:
        return []
    own = (change for source in submission.sources.values() for change in changes_of(source, knowledge))
    return [*own, *submission.carried_changes]


def changes_of(source: SourceResponse, knowledge: KnowledgeBase) -> list[Resource]:
    """Returns one extension for each safety answer of a response that was lowered or withdrawn."""
    names = knowledge.rules.instruments[source.instrument_name].short_names
    return [safety_change_extension(lowered, source, names, knowledge) for lowered in source.lowered_answers]


def safety_change_extension(
    lowered: LoweredAnswer, source: SourceResponse, names: Mapping[str, str], knowledge: KnowledgeBase
) -> Resource:
    """Returns the extension of one lowered answer."""
    item = lowered.item
    parts: list[Resource] = [
        {"url": "response", "valueReference": source.reference},
        {"url": "linkId", "valueString": item.link_id},
        *({"url": "was", "valueCoding": coding_json(item.option_of[code])} for code in lowered.was),
        {"url": "answered", "valueDateTime": lowered.answered},
        *({"url": "now", "valueCoding": coding_json(item.option_of[code])} for code in lowered.now),
        {"url": "changed", "valueDateTime": lowered.changed},
        {"url": "withdrawn", "valueBoolean": lowered.withdrawn},
        {"url": "text", "valueString": safety_change_text(lowered, names, knowledge)},
    ]
    return {"url": CHANGED, "extension": parts}


def safety_change_text(lowered: LoweredAnswer, names: Mapping[str, str], knowledge: KnowledgeBase) -> str:
    """Returns the sentence, such as "PHQ-9 item 9 was 2 on 2026-11-01, changed to 0 on 2026-11-03."."""
    message, item = knowledge.messages.message, lowered.item
    now = answer_name(item, lowered.now) or message("safety-change", absence_key(lowered, knowledge))
    return message(
        "safety-change",
        "withdrawn" if lowered.withdrawn else "changed",
        question=names.get(item.link_id) or question_name(item),
        was=answer_name(item, lowered.was),
        date=lowered.answered,
        now=now,
        changed=lowered.changed,
    )


def absence_key(lowered: LoweredAnswer, knowledge: KnowledgeBase) -> str:
    """Returns the key of the words for an answer that is not there any more."""
    if lowered.absent in knowledge.codes.bindings["declined"]:
        return "declined"
    return "not-asked" if lowered.absent == NOT_ASKED else "left-open"


def answer_name(item: Item, codes: Sequence[str]) -> str:
    """Returns the weights of the options, such as "2"; their displays if they have no weights."""
    weights = weights_of_options(item)
    return ", ".join(str(weights[code]) for code in codes) if weights else option_names(item, codes)


def safety_change_sentences(changes: Iterable[Resource]) -> list[str]:
    """Returns the sentence of each extension ``safety-answer-changed``."""
    return [part["valueString"] for change in changes for part in change["extension"] if part["url"] == "text"]


def withdrawn_changes(impression: Resource) -> list[Resource]:
    """Returns the extensions of an impression about responses that were withdrawn."""
    withdrawn = {"url": "withdrawn", "valueBoolean": True}
    changes = (each for each in impression.get("extension", ()) if each["url"] == CHANGED)
    return [change for change in changes if withdrawn in change["extension"]]


def impression_without_answers(
    impression: Resource, changes: Sequence[Resource], knowledge: KnowledgeBase, now: datetime
) -> Resource:
    """Returns an impression whose only response was withdrawn and had raised a red flag by a safety item.

    It has no findings any more and says what was answered: the Task that a person may be working on refers to it.
    """
    sentences = [*safety_change_sentences(changes), knowledge.messages.message("safety-change", "impression")]
    kept = {name: value for name, value in impression.items() if name not in DEPENDENT}
    elements: Resource = {
        **kept,
        "extension": [*changes],
        "status": "completed",
        "date": format_instant(now),
        "summary": " ".join(sentences),
        "note": [{"text": sentence} for sentence in sentences],
    }
    return {**elements, "text": narrative(elements)}
