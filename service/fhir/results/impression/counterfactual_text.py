"""Counterfactuals as sentences for clinicians and as parts of the extension ``evidence``."""

from collections.abc import Iterable, Iterator, Sequence

from service.fhir.r4.types import Resource
from service.fhir.results.impression.clinician_text import ClinicianText, option_names, question_name
from service.fhir.results.submission import SourceResponse
from service.fhir.terminology.code_systems import coding_json
from service.screening.instruments.instrument import Item
from service.screening.rules.analysis.answer_changes import Chosen
from service.screening.rules.analysis.counterfactuals import (
    AnswerChange,
    Counterfactual,
    Counterfactuals,
    flag_counterfactuals,
    pattern_counterfactuals,
)
from service.screening.rules.patterns import Confidence, ReportedPattern
from service.screening.rules.red_flags import Flag
from service.screening.rules.urgency import Urgency

# So many alternatives of an answer are named in a sentence; of more, the rest is only counted.
MOST_NAMED = 4


def flag_changes(source: SourceResponse, flag: Flag, text: ClinicianText) -> Counterfactuals:
    """Returns the changes of answers of one response that would lower or remove a red flag which it raised."""
    return flag_counterfactuals(flag, source.sheet, text.submission.assessment, text.knowledge.rules)


def pattern_changes(reported: ReportedPattern, text: ClinicianText) -> Counterfactuals:
    """Returns the changes of answers that would lower or remove a reported pattern."""
    return pattern_counterfactuals(reported, text.submission.assessment, text.knowledge.rules)


def counterfactual_sentences(result: Counterfactuals, text: ClinicianText) -> Iterator[str]:
    """Yields one sentence per set of changes, then whether there may be more."""
    for found in result.found:
        changes = [alternative_text(change, text) for change in found.changes]
        both = counterfactual_message(text, "and").join(changes)
        if found.result is None:
            yield counterfactual_message(text, "gone", changes=both)
        else:
            yield counterfactual_message(text, "falls", result=result_text(found.result, text), changes=both)
    if not result.found:
        yield counterfactual_message(text, "none", questions=result.limits.questions)
    if result.cut:
        yield counterfactual_message(text, "cut", sets=result.limits.sets)


def counterfactual_message(text: ClinicianText, key: str, **names: object) -> str:
    """Returns a sentence of the part ``counterfactual``."""
    return text.messages.message("counterfactual", key, **names)


def result_text(result: object, text: ClinicianText) -> str:
    """Returns the lower level or confidence in words."""
    if isinstance(result, Urgency):
        return text.urgency(result)
    return text.confidence(result) if isinstance(result, Confidence) else ""


def alternative_text(change: AnswerChange, text: ClinicianText) -> str:
    """Returns one change: options left out, options added, or other answers in place of the one given."""
    item = text.items[change.link_id]
    question = question_name(item)
    left_out = [change.given - answer for answer in change.alternatives]
    if all(answer < change.given for answer in change.alternatives):
        return counterfactual_message(text, "without", question=question, answers=any_of(item, left_out, text))
    if change.given and all(answer > change.given for answer in change.alternatives):
        added = [answer - change.given for answer in change.alternatives]
        return counterfactual_message(text, "with", question=question, answers=any_of(item, added, text))
    return counterfactual_message(text, "were", question=question, answers=any_of(item, change.alternatives, text))


def any_of(item: Item, alternatives: Sequence[Chosen], text: ClinicianText) -> str:
    """Returns alternatives joined by "or"; of many, how many more there are."""
    named = [option_names(item, order_alternatives(item, answer)) for answer in alternatives]
    more = len(named) - MOST_NAMED
    if more > 1:
        named = [*named[:MOST_NAMED], counterfactual_message(text, "more", number=more)]
    return counterfactual_message(text, "or").join(named)


def order_alternatives(item: Item, codes: Iterable[str]) -> list[str]:
    """Returns codes in the order of the options."""
    order = list(item.option_of)
    return sorted(codes, key=order.index)


def counterfactual_extensions(result: Counterfactuals, text: ClinicianText) -> list[Resource]:
    """Returns one part ``counterfactual`` per set of changes."""
    return [counterfactual_extension(found, text) for found in result.found]


def counterfactual_extension(found: Counterfactual, text: ClinicianText) -> Resource:
    """Returns the changes, and the level or confidence that results; without one the finding is gone."""
    level = [] if found.result is None else [{"url": "result", "valueCode": found.result.code}]
    return {
        "url": "counterfactual",
        "extension": [*level, *(alternative_extension(change, text.items[change.link_id]) for change in found.changes)],
    }


def alternative_extension(change: AnswerChange, item: Item) -> Resource:
    """Returns one part ``change``: linkId, the answer given, and each alternative to it."""
    return {
        "url": "change",
        "extension": [
            {"url": "linkId", "valueString": item.link_id},
            *answer_parts("from", [change.given] if change.given else [], item),
            *answer_parts("to", change.alternatives, item),
        ],
    }


def answer_parts(url: str, answers: Iterable[Chosen], item: Item) -> Iterator[Resource]:
    """Yields one part per answer, with all its options."""
    for answer in answers:
        options = (coding_json(item.option_of[code]) for code in order_alternatives(item, answer))
        yield {"url": url, "extension": [{"url": "value", "valueCoding": coding} for coding in options]}
