"""The structured evidence of a finding: the rule and its version, each line that counted, what stayed open."""

from collections.abc import Iterable
from functools import lru_cache

from service.fhir.ids import extension_url
from service.fhir.observations import coding_json
from service.fhir.reading import Resource
from service.fhir.words import Words, question_name
from service.screening.assessment import RuleSet
from service.screening.case import Reason
from service.screening.flags import Flag
from service.screening.instrument import Item
from service.screening.patterns import Reported


def flag_evidence(flag: Flag, rules: RuleSet, words: Words) -> Resource:
    """Why a flag is up: one line per response that raised it."""
    lines = [
        line(own.reasons, own.rule.facts, words, response=part.reference) for part, own in words.sources(flag.rule.code)
    ]
    return evidence(flag.rule.code, rules, lines, open_questions(flag.open_questions, words))


def pattern_evidence(item: Reported, rules: RuleSet, words: Words) -> Resource:
    """Why a pattern is reported: its score and each line that counted; without weights, its gate."""
    if item.pattern.lines:
        lines = [line(e.reasons, e.line.facts, words, weight=e.line.weight) for e in item.evidence]
    else:
        lines = [line(item.gate_reasons, item.pattern.facts, words)]
    made = evidence(item.pattern.id, rules, lines, open_questions(item.open_questions, words))
    for name, number in (("minimum", item.pattern.minimum), ("score", item.score)):
        if number is not None:
            made["extension"].insert(2, {"url": name, "valueInteger": number})
    return made


def evidence(rule: str, rules: RuleSet, lines: Iterable[Resource], left_open: Iterable[Resource]) -> Resource:
    parts = [{"url": "rule", "valueCode": rule}, {"url": "version", "valueString": rules.version}]
    return {"url": extension_url("evidence"), "extension": [*parts, *lines, *left_open]}


def line(
    reasons: Iterable[Reason],
    facts: Iterable[str],
    words: Words,
    weight: int | None = None,
    response: Resource | None = None,
) -> Resource:
    """One line: what counted, with what weight, on which facts."""
    parts = [] if weight is None else [{"url": "weight", "valueInteger": weight}]
    parts += [] if response is None else [{"url": "response", "valueReference": response}]
    for reason in reasons:
        parts += reason_parts(reason, words)
    parts += fact_parts(tuple(facts))
    return {"url": "line", "extension": parts}


@lru_cache(4096)
def fact_parts(facts: tuple[str, ...]) -> list[Resource]:
    """The facts of a rule's line; the same for the same line, so never changed by those who get it."""
    return [{"url": "fact", "valueCode": fact} for fact in facts]


def reason_parts(reason: Reason, words: Words) -> list[Resource]:
    """An answer with its linkId and coding; anything else by its name and value."""
    if reason.kind == "answer":
        return answer_parts(words.items[reason.subject], reason.values)
    if reason.kind == "open":
        return [{"url": "open", "valueString": reason.subject}]
    return [{"url": reason.kind, "valueString": " ".join((words.name(reason.subject), *reason.values))}]


@lru_cache(16_384)
def answer_parts(item: Item, codes: tuple[str, ...]) -> list[Resource]:
    """The answers to a question; the same for the same answers, so never changed by those who get it."""
    link_id = {"url": "linkId", "valueString": item.link_id}
    values = ({"url": "value", "valueCoding": coding_json(item.option_of[code])} for code in codes)
    return [{"url": "answer", "extension": [link_id, value]} for value in values]


def open_questions(questions: Iterable[str], words: Words) -> list[Resource]:
    """What could not be judged, and why: the question left open, or what was not known."""
    return [
        {
            "url": "not-judged",
            "extension": [
                {"url": "linkId" if question in words.items else "subject", "valueString": question},
                {"url": "reason", "valueString": open_reason(question, words)},
            ],
        }
        for question in questions
    ]


def open_reason(question: str, words: Words) -> str:
    if question in words.items:
        return words.basis("open", question=question_name(words.items[question]))
    return words.name(question)
