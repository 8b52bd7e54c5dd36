"""Faults of totals: scores against the items that they add, and against the expressions by which forms compute them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from service.adapters.mappings.published_forms import PublishedForms
from service.fhir.questionnaires.enable_when_expressions import FHIRPATH, evaluate_number
from service.fhir.r4.types import Resource
from service.screening.instruments.instrument import Instrument, Item
from service.screening.instruments.typed_value import Coding
from service.screening.rules.assessment import RuleSet
from service.screening.rules.scores import ScoreRule, exact_total

CALCULATED = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"
HIDDEN = "http://hl7.org/fhir/StructureDefinition/questionnaire-hidden"
NUMBERS = ("decimal", "integer", "quantity")


def item_faults(total: str, summands: Sequence[str], instrument: Instrument, key: str = "sum-of") -> Iterator[str]:
    """Yields the faults of the items that a score adds: one that occurs twice, repeats, or has no code or weight.

    ``key`` is the key of the score that names them.
    """
    twice = sorted({link_id for link_id in summands if summands.count(link_id) > 1})
    yield from (f"{key}: {link_id!r} occurs twice" for link_id in twice)
    for link_id in dict.fromkeys((total, *summands)):
        if not instrument.by_link_id[link_id].code:
            yield f"the item {link_id!r} needs a `code` in the questionnaire, which its Observation has"
    for link_id in dict.fromkeys(summands):
        item = instrument.by_link_id[link_id]
        if item.repeats:
            yield f"{key}: the item {link_id!r} repeats, so that its answers have no single weight"
        if item.type != "integer":
            yield from weight_faults(item, key)


def weight_faults(item: Item, key: str) -> Iterator[str]:
    """Yields a fault for each option of an item without a weight."""
    if not item.options:
        yield f"{key}: the item {item.link_id!r} has no options; only options and integers can be added"
    for option in item.options:
        if option.weight is None:
            code = option.value.code if isinstance(option.value, Coding) else option.value
            yield f"{key}: the option {code!r} of {item.link_id!r} has no itemWeight in the questionnaire"


def setting_faults(rule: ScoreRule) -> Iterator[str]:
    """Yields the faults of the settings of a score: each that has no effect, or no sense."""
    for link_id, factor in rule.factors.items():
        if factor <= 0:
            yield f"the factor of {link_id!r} must be above 0"
    if rule.prorated_from is not None and rule.prorated_from > len(rule.summands):
        yield f"prorated-from is {rule.prorated_from}, but the score has {len(rule.summands)} items"
    for index, group in enumerate(rule.groups):
        if (group.sex, group.age_from, group.age_below) == (None, None, None):
            yield f"bands-by[{index}] needs `sex` or `age`"
        if group.ages.start >= group.ages.stop:
            yield f"bands-by[{index}]: no age is from {group.age_from} and below {group.age_below}"
        before = next((number for number, each in enumerate(rule.groups[:index]) if each.contains(group)), None)
        if before is not None:
            yield f"bands-by[{index}]: bands-by[{before}] comes before it and applies to all its patients"


def total_faults(rule: ScoreRule) -> Iterator[str]:
    """Yields a fault if no total, or every total, is positive."""
    if rule.positive_from is not None and not rule.lowest <= rule.positive_from <= rule.highest:
        yield f"positive-from is not a total from {rule.lowest} to {rule.highest}"


def shared_items(scores: Iterable[Mapping[str, Any]], name: str) -> Iterator[str]:
    """Yields a fault for each item or id that two scores of an instrument have."""
    seen: dict[str, str] = {}
    ids: set[str] = set()
    for score in scores:
        if (other := seen.setdefault(score["item"], score["id"])) != score["id"]:
            yield f"{name}.yaml: scores.{score['id']}: {other} has the item {score['item']!r} too"
        if score["id"] in ids:
            yield f"{name}.yaml: scores.{score['id']}: the id occurs twice"
        ids.add(score["id"])


def unfilled_totals(forms: PublishedForms, rules: RuleSet) -> Iterator[str]:
    """Yields a fault for each hidden number of a questionnaire that no score fills."""
    for name, own in rules.instruments.items():
        filled = {score.item for score in own.scores}
        for item in raw_items(newest_resource(forms, name)):
            hidden = any(entry.get("url") == HIDDEN and entry.get("valueBoolean") for entry in extensions(item))
            if hidden and item["type"] in NUMBERS and item["linkId"] not in filled:
                yield f"{name}.yaml: scores: no score fills the hidden item {item['linkId']!r} of the questionnaire"


def differing_expressions(forms: PublishedForms, rules: RuleSet) -> Iterator[str]:
    """Yields a fault for each total whose calculatedExpression differs from its score on a sample of answers."""
    for name, own in rules.instruments.items():
        texts = {item["linkId"]: calculated(item) for item in raw_items(newest_resource(forms, name))}
        for score in own.scores:
            text = texts.get(score.item)
            instrument = forms.instrument(name)
            if text is not None and any(totals_differ(text, score, answers, instrument) for answers in samples(score)):
                yield f"{name}.yaml: scores.{score.id}: calculatedExpression of {score.item!r} gives another total"


def totals_differ(text: str, score: ScoreRule, answers: Mapping[str, str], instrument: Instrument) -> bool:
    """Whether the expression gives another total than the score for these answers."""
    items = [
        {"linkId": link_id, "answer": [{"valueCoding": sample_coding(instrument, link_id, code)}]}
        for link_id, code in answers.items()
    ]
    response = {"resourceType": "QuestionnaireResponse", "status": "completed", "item": items}
    expected = exact_total(score, {link_id: frozenset((code,)) for link_id, code in answers.items()}, {})
    return evaluate_number(text, response) != expected


def samples(score: ScoreRule) -> Iterator[dict[str, str]]:
    """Yields answers: the first and the last option everywhere, each option of each item alone, one item left open."""
    options = {link_id: list(score.weights[link_id]) for link_id in score.summands if link_id in score.weights}
    if len(options) < len(score.summands) or not all(options.values()):
        return
    lowest = {link_id: codes[0] for link_id, codes in options.items()}
    yield lowest
    yield {link_id: codes[-1] for link_id, codes in options.items()}
    for link_id, codes in options.items():
        yield from ({**lowest, link_id: code} for code in codes[1:])
        yield {other: code for other, code in lowest.items() if other != link_id}


def sample_coding(instrument: Instrument, link_id: str, code: str) -> Resource:
    """An option as Coding."""
    coding = instrument.by_link_id[link_id].option_of[code]
    return {"system": coding.system, "code": coding.code}


def newest_resource(forms: PublishedForms, name: str) -> Resource:
    """The Questionnaire of an instrument."""
    wanted = forms.instrument(name).canonical
    return next(each for each in forms.questionnaires if f"{each['url']}|{each.get('version', '')}" == wanted)


def raw_items(parent: Resource) -> Iterator[Resource]:
    """Yields every item of a Questionnaire."""
    for item in parent.get("item", ()):
        yield item
        yield from raw_items(item)


def extensions(item: Resource) -> list[Resource]:
    """The extensions of an item."""
    return list(item.get("extension", ()))


def calculated(item: Resource) -> str | None:
    """The calculatedExpression of an item in FHIRPath; None without one."""
    values = (entry.get("valueExpression", {}) for entry in extensions(item) if entry.get("url") == CALCULATED)
    return next((str(v["expression"]) for v in values if v.get("language") == FHIRPATH and "expression" in v), None)
