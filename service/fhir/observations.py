"""Observations: one per answer that the questionnaire marks for extraction, per score, per panel, per red flag.

https://hl7.org/fhir/uv/sdc/extraction.html#observation-based-extraction
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from service.fhir.acts import Part
from service.fhir.ids import ID_SYSTEM
from service.fhir.lexicon import Lexicon
from service.fhir.reading import Resource
from service.screening.assessment import JudgedResponse
from service.screening.flags import Flag
from service.screening.instrument import Coding, Item
from service.screening.response import Answer, walk
from service.screening.scores import Score


def response_observations(part: Part, judged: JudgedResponse, lexicon: Lexicon) -> list[Resource]:
    """Everything observed in one response; of an unfinished one only its flags."""
    status = "preliminary" if part.unfinished else "final"
    flags = [flag_observation(flag, part, lexicon, status) for flag in judged.flags.raised]
    if part.unfinished:
        return flags
    items = list(item_observations(part, judged, status))
    scores = [score_observation(score, part, lexicon, status) for score in judged.scores]
    members = [*items, *scores]
    panel = [panel_observation(part, judged, members, status)] if panel_slots(part, judged) else []
    return [*members, *panel, *flags]


def frame(part: Part, slot: str, status: str) -> Resource:
    """What all Observations of a response have in common, with the id of a slot."""
    id = part.slot("Observation", slot)
    return {
        "resourceType": "Observation",
        "id": id,
        "language": "en",
        "identifier": [{"system": ID_SYSTEM, "value": id}],
        "status": status,
        "category": None,
        "code": None,
        **part.shared,
    }


def item_observations(part: Part, judged: JudgedResponse, status: str) -> Iterator[Resource]:
    """One Observation per answer. Zero and "no" are values; an item left open gives none."""
    totals = {score.rule.item for score in judged.scores}
    instrument = part.sheet.instrument
    for answered in walk(part.response.items):
        item = instrument.by_link_id[answered.link_id]
        if not item.extract or item.link_id in totals:
            continue
        for index, answer in enumerate(answered.answers):
            if counts(part, item, answer):
                yield item_observation(part, item, answer, index, status)


def counts(part: Part, item: Item, answer: Answer) -> bool:
    """Whether an answer stands; an exclusive option beside others does not."""
    return answer.kind != "Coding" or answer.value.code in part.sheet.chosen[item.link_id]


def item_observation(part: Part, item: Item, answer: Answer, index: int, status: str) -> Resource:
    made = frame(part, f"item/{part.sheet.instrument.paths[item.link_id]}/{answer_key(answer, index)}", status)
    made["category"], made["code"] = heading(item)
    if part.performer is not None:
        made["performer"] = [part.performer]
    made.update(value_of(item, answer))
    made["derivedFrom"] = [part.reference]
    return made


def answer_key(answer: Answer, index: int) -> str:
    """What tells an answer from the others of its item: its code, so that order does not matter."""
    if answer.kind == "Coding":
        return f"{answer.value.system}|{answer.value.code}"
    return str(index)


@lru_cache(4096)
def heading(item: Item) -> tuple[list[Resource], Resource]:
    """Category and code of the answers to an item; the same for the same item, so never changed."""
    return categories(item.categories), concept(item.code, item.text)


@lru_cache(256)
def categories(codings: tuple[Coding, ...]) -> list[Resource]:
    return [{"coding": [coding_json(coding)]} for coding in codings]


@lru_cache(4096)
def concept(codings: tuple[Coding, ...], text: str) -> Resource:
    return {"coding": [coding_json(coding) for coding in codings], "text": text}


@lru_cache(4096)
def coding_json(coding: Coding) -> Resource:
    """A Coding as JSON; the same for the same coding, so never changed by those who get it."""
    made = {"system": coding.system, "code": coding.code, "display": coding.display}
    return {key: value for key, value in made.items() if value is not None}


@lru_cache(16_384)
def option(item: Item, code: str) -> Resource:
    """An option of an item in the words of the questionnaire."""
    return coded(item.option_of[code])


def coded(coding: Coding) -> Resource:
    return concept((coding,), coding.display or coding.code or "")


def value_of(item: Item, answer: Answer) -> Resource:
    """The answer as a value that an R4 Observation can have."""
    value: Any = answer.value
    match answer.kind:
        case "Coding":
            known = value.code in item.option_of
            return {"valueCodeableConcept": option(item, value.code) if known else coded(value)}
        case "decimal" | "integer" if item.unit is not None or answer.kind == "decimal":
            return {"valueQuantity": {"value": value, **unit_of(item.unit)}}
        case "date":
            return {"valueDateTime": value}
        case "boolean" | "integer" | "dateTime" | "time" | "string" | "Quantity":
            return {f"value{answer.kind[0].upper()}{answer.kind[1:]}": value}
        case "uri":
            return {"valueString": value}
    return {"dataAbsentReason": {"text": f"A value of type {answer.kind} has no place in an Observation."}}


def unit_of(unit: Coding | None) -> Resource:
    if unit is None:
        return {}
    return {"unit": unit.display or unit.code, "system": unit.system, "code": unit.code}


def score_observation(score: Score, part: Part, lexicon: Lexicon, status: str) -> Resource:
    """A total as Quantity with its band, or the reason why there is none. Calculated, so it has no performer."""
    rule, sheet = score.rule, part.sheet
    item = sheet.instrument.by_link_id[rule.item]
    made = frame(part, f"score/{rule.id}", status)
    made["category"] = categories(item.categories)
    made["code"] = concept(item.code, rule.title)
    if score.total is None:
        made["dataAbsentReason"] = absent_reason(score, part, lexicon)
    else:
        made["valueQuantity"] = {"value": score.total, **lexicon.bindings["unit"]}
    if score.band is not None:
        made["interpretation"] = [lexicon.concept("severity", score.band)]
    warning = difference(score, lexicon)
    if warning:
        made["note"] = [{"text": warning}]
    answered = ((link_id, code) for link_id in rule.summands for code in sorted(sheet.chosen.get(link_id, ())))
    made["derivedFrom"] = [part.reference, *observations_of(part, answered)]
    return made


def absent_reason(score: Score, part: Part, lexicon: Lexicon) -> Resource:
    """Which items are open, in words."""
    by_link_id = part.sheet.instrument.by_link_id
    missing = "; ".join(by_link_id[link_id].text for link_id in score.missing)
    return {"coding": [lexicon.bindings["absent"]], "text": lexicon.say("score", "absent", missing=missing)}


def difference(score: Score, lexicon: Lexicon) -> str | None:
    """The warning that the sender's total is another than ours."""
    if not score.differs:
        return None
    key = "differs" if score.total is not None else "differs-open"
    return lexicon.say("note", key, score=score.rule.title, stored=score.stored, total=score.total)


def observations_of(part: Part, answers: Iterable[tuple[str, str]]) -> list[Resource]:
    """References to the Observations of coded answers (linkId and code), as far as they have one."""
    by_link_id = part.sheet.instrument.by_link_id
    found = {}
    for link_id, code in answers:
        item = by_link_id[link_id]
        if item.extract:
            key = f"{item.option_of[code].system}|{code}"
            found[link_id, code] = {"reference": f"Observation/{part.answer_id(link_id, key)}"}
    return list(found.values())


def score_slots(judged: JudgedResponse) -> list[str]:
    """The slots of a response's scores."""
    return [f"score/{score.rule.id}" for score in judged.scores]


def panel_slots(part: Part, judged: JudgedResponse) -> list[str]:
    """The slot of the response's panel, if there is anything for a panel to hold."""
    instrument = part.sheet.instrument
    answered = any(instrument.by_link_id[link_id].extract for link_id in part.sheet.chosen)
    return [f"panel/{instrument.name}"] if instrument.code and (judged.scores or answered) else []


def panel_observation(part: Part, judged: JudgedResponse, members: list[Resource], status: str) -> Resource:
    """The panel that holds the answers and scores together; it has no value of its own."""
    instrument = part.sheet.instrument
    made = frame(part, panel_slots(part, judged)[0], status)
    made["category"] = categories(instrument.categories)
    made["code"] = concept(instrument.code, instrument.title)
    made["hasMember"] = [{"reference": f"Observation/{member['id']}"} for member in members]
    made["derivedFrom"] = [part.reference]
    return made


def flag_observation(flag: Flag, part: Part, lexicon: Lexicon, status: str) -> Resource:
    """A red flag; its value is how soon someone must be seen."""
    made = frame(part, f"flag/{flag.rule.code}", status)
    made["category"] = categories(part.sheet.instrument.categories)
    made["code"] = lexicon.concept("red-flag", flag.rule.code)
    made["valueCodeableConcept"] = lexicon.concept("urgency", flag.level.code)
    made["derivedFrom"] = [part.reference, *([] if part.unfinished else flag_answers(flag, part))]
    return made


def flag_answers(flag: Flag, part: Part) -> list[Resource]:
    """The Observations of the answers that raised a flag."""
    answers = ((r.subject, code) for r in flag.reasons if r.kind == "answer" for code in r.values)
    return observations_of(part, answers)
