"""The extension ``evidence`` of a finding: the rule and its version, each line that is true, open questions."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from service.fhir.frozen_json import FrozenArray, freeze_array
from service.fhir.ids import extension_url
from service.fhir.r4.types import Resource
from service.fhir.results.impression.clinician_text import ClinicianText, question_name
from service.fhir.results.impression.counterfactual_text import (
    counterfactual_extensions,
    flag_changes,
    pattern_changes,
)
from service.fhir.terminology.code_systems import coding_json
from service.fhir.terminology.facts import fact_extensions
from service.screening.instruments.instrument import Item
from service.screening.rules.case import Reason
from service.screening.rules.patterns import ReportedPattern
from service.screening.rules.red_flags import Flag


def flag_evidence(flag: Flag, text: ClinicianText) -> Resource:
    """Returns why a flag is raised: one line per response that raised it; if asked for, also how it would fall."""
    raised = text.raised_by(flag.rule.code)
    lines = [
        line_extension([{"url": "response", "valueReference": source.reference}], own.reasons, own.facts, text)
        for source, own in raised
    ]
    if text.submission.counterfactuals:
        lines += [part for each in raised for part in counterfactual_extensions(flag_changes(*each, text), text)]
    return evidence_extension(flag.rule.code, [], lines, flag.open_questions, text)


def pattern_evidence(reported: ReportedPattern, text: ClinicianText) -> Resource:
    """Returns why a pattern is reported: its score and each line that is true, or its gate; if asked for, also how it
    would fall."""
    pattern = reported.pattern
    if pattern.lines:
        lines = [
            line_extension([{"url": "weight", "valueInteger": e.line.weight}], e.reasons, e.facts, text)
            for e in reported.evidence
        ]
    else:
        lines = [line_extension([], reported.gate_reasons, reported.facts, text)]
    if text.submission.counterfactuals:
        lines += counterfactual_extensions(pattern_changes(reported, text), text)
    numbers = [
        {"url": name, "valueInteger": number}
        for name, number in (("score", reported.score), ("minimum", pattern.minimum))
        if number is not None
    ]
    return evidence_extension(pattern.id, numbers, lines, reported.open_questions, text)


def considered_evidence(text: ClinicianText) -> list[Resource]:
    """Returns what was considered and not found: flags and patterns that open questions leave unknown, and patterns
    below their minimum."""
    assessment, unknown = text.submission.assessment, dict[str, Sequence[str]]()
    for results in assessment.responses.values():
        for flag in results.flags.unjudged:
            if flag.rule.code not in assessment.raised:
                unknown[flag.rule.code] = flag.open_questions
    for unjudged in assessment.patterns.unjudged:
        unknown[unjudged.pattern.id] = unjudged.open_questions
    if not unknown and not assessment.patterns.below:
        return []
    below = [(entry, ("score", entry.score), ("minimum", entry.pattern.minimum)) for entry in assessment.patterns.below]
    return [
        *(evidence_extension(id, [], [], questions, text) for id, questions in unknown.items()),
        *(
            evidence_extension(entry.pattern.id, [{"url": n, "valueInteger": v} for n, v in numbers], [], [], text)
            for entry, *numbers in below
        ),
    ]


def evidence_extension(
    rule: str,
    numbers: Iterable[Resource],
    lines: Iterable[Resource],
    questions: Iterable[str],
    text: ClinicianText,
) -> Resource:
    """Returns the whole extension."""
    head = evidence_head(rule, text.knowledge.rules.version)
    not_judged = [open_question_extension(question, text) for question in questions]
    return {"url": extension_url("evidence"), "extension": [*head, *numbers, *lines, *not_judged]}


@lru_cache(4096)
def evidence_head(rule: str, version: str) -> FrozenArray:
    """Returns the parts that name a rule and the version of the rules.

    The cache serves "from bytes to the bytes of the Bundle" of `make bench`.
    """
    return freeze_array([{"url": "rule", "valueCode": rule}, {"url": "version", "valueString": version}])


def line_extension(
    head: Iterable[Resource], reasons: Iterable[Reason], facts: Iterable[str], text: ClinicianText
) -> Resource:
    """Returns one line: ``head`` (its weight or its response), its reasons and its facts."""
    parts = [*head]
    for reason in reasons:
        parts += reason_extensions(reason, text)
    return {"url": "line", "extension": [*parts, *fact_extensions(facts)]}


def reason_extensions(reason: Reason, text: ClinicianText) -> list[Resource]:
    """Returns an answer with linkId and Coding; any other reason with its name and value."""
    if reason.kind == "answer":
        return answer_extensions(text.items[reason.subject], reason.values)
    if reason.kind == "open":
        return [{"url": "open", "valueString": reason.subject}]
    return [{"url": reason.kind, "valueString": " ".join((text.subject_name(reason.subject), *reason.values))}]


@lru_cache(16_384)
def answer_extensions(item: Item, codes: tuple[str, ...]) -> FrozenArray:
    """Returns one part ``answer`` per code chosen for an item.

    The cache serves "leg pain, full: assess and compose" of `make bench`.
    """
    link_id = {"url": "linkId", "valueString": item.link_id}
    values = ({"url": "value", "valueCoding": coding_json(item.option_of[code])} for code in codes)
    return freeze_array({"url": "answer", "extension": [link_id, value]} for value in values)


def open_question_extension(question: str, text: ClinicianText) -> Resource:
    """Returns a part ``not-judged``: the linkId of an open question or the name of an unknown subject, and why."""
    is_item = question in text.items
    reason = (
        text.basis("declined" if text.is_declined(question) else "open", question=question_name(text.items[question]))
        if is_item
        else text.subject_name(question)
    )
    return {
        "url": "not-judged",
        "extension": [
            {"url": "linkId" if is_item else "subject", "valueString": question},
            {"url": "reason", "valueString": reason},
        ],
    }
