"""Advice made from the content of advice.yaml, and every fault in it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from service.adapters.mappings.checks.advice_faults import find_advice_faults
from service.adapters.mappings.schemas.advice_file import NOW
from service.screening.advice.advice import (
    Advice,
    CallEntry,
    FlagAdvice,
    Frames,
    PatternAdvice,
    Precaution,
    ReasonOrder,
    Step,
    Tip,
)
from service.screening.advice.contacts import NumberWords
from service.screening.instruments.typed_value import Coding
from service.screening.rules.assessment import RuleSet
from service.screening.rules.condition_parser import KnownNames, parse_condition
from service.screening.rules.patterns import Confidence
from service.screening.rules.urgency import Urgency

Content = Mapping[str, Any]
StandardCodes = Mapping[str, Mapping[str, str]]


def make_advice(content: Content, names: KnownNames, rules: RuleSet, standard: StandardCodes) -> Advice:
    """Returns all advice, and appends the faults to ``names.faults``.

    ``names``: the names that conditions may use. ``standard``: displays of standard codes by system.
    """
    names.faults.extend(f"advice.yaml: {fault}" for fault in find_advice_faults(content, rules, standard))
    steps = {id: make_step(id, entry, standard) for id, entry in content["steps"].items()}
    tips = {id: make_tip(id, entry, names) for id, entry in content["tips"].items()}
    return Advice(
        page=content["page"],
        headings=content["headings"],
        numbers={name: make_number_words(name, entry) for name, entry in content["numbers"].items()},
        when=by_level(content["when"]),
        ticked_cancer=content["ticked_cancer"],
        call_now=tuple(CallEntry(**entry) for entry in content["call_now"]),
        conditions={
            name: parse_condition(when, names, f"advice.yaml: conditions.{name}")
            for name, when in content["conditions"].items()
        },
        self_harm_item=content["self_harm_item"],
        reasons=make_reason_order(content),
        precautions=tuple(
            make_precaution(entry, names, f"advice.yaml: until-then[{index}].when")
            for index, entry in enumerate(content["until_then"])
        ),
        frames=make_frames(content["frames"]),
        flags={code: make_flag_advice(entry, steps, tips) for code, entry in content["flags"].items()},
        patterns={id: make_pattern_advice(entry, steps, tips) for id, entry in content["patterns"].items()},
        reasons_at_most=content["at_most"]["reasons"],
        patterns_at_most=content["at_most"]["patterns"],
        tips_at_most=content["at_most"]["tips"],
        never=tuple(word for entry in content["never"] for word in entry["words"]),
        never_facts=tuple(fact for entry in content["never"] for fact in entry["facts"]),
    )


def by_level(content: Mapping[str, str]) -> dict[Urgency, str]:
    """Returns texts by level."""
    return {Urgency.of(code): text for code, text in content.items()}


def make_number_words(name: str, entry: Content) -> NumberWords:
    """Returns the words for a number; if it is set, they are the number alone unless the file says otherwise."""
    number = entry.get("number", name)
    return NumberWords(number, entry.get("when_set", f"{{{number}}}"), entry["when_unset"])


def make_reason_order(content: Content) -> ReasonOrder:
    """Returns the order of the reasons: ``call``, ``then``, and the order of the flags in the file."""
    codes = dict.fromkeys([*content["call"], *content["then"], *content["flags"]])
    return ReasonOrder(
        call=frozenset(content["call"]),
        order={code: position for position, code in enumerate(codes)},
        only_alone=frozenset(content["only_alone"]),
        first_line=content["first_line"],
        instead_of_visit=content["instead_of_visit"],
        with_help=content["with_help"],
    )


def make_precaution(entry: Content, names: KnownNames, where: str) -> Precaution:
    """Returns one text of block 4."""
    when = parse_condition(entry["when"], names, where) if "when" in entry else None
    return Precaution(entry["text"], Urgency.of(entry["level"]), tuple(entry["flags"]), when)


def make_frames(content: Mapping[str, str]) -> Frames:
    """Returns the sentences that name a pattern."""
    bands = {confidence: content.get(confidence.code, "{words}") for confidence in Confidence}
    return Frames(bands, content.get(NOW, "{words}"))


def make_step(id: str, entry: Content, standard: StandardCodes) -> Step:
    """Returns one step for clinicians."""
    code = entry.get("code")
    coding = None if code is None else Coding(**code, display=standard.get(code["system"], {}).get(code["code"]))
    at = Urgency.of(entry["at"]) if "at" in entry else None
    return Step(id, entry["text"], tuple(entry["facts"]), entry["kind"], coding, at)


def make_tip(id: str, entry: Content, names: KnownNames) -> Tip:
    """Returns one tip for patients."""
    where = f"advice.yaml: self-care.{id}.unless"
    unless = parse_condition(entry["unless"], names, where) if "unless" in entry else None
    return Tip(id, entry["patient"], tuple(entry["facts"]), unless)


def make_flag_advice(entry: Content, steps: Mapping[str, Step], tips: Mapping[str, Tip]) -> FlagAdvice:
    """Returns the advice on one red flag, without the steps and tips that do not exist."""
    clinician = entry["clinician"]
    return FlagAdvice(
        dict.fromkeys(Urgency, clinician) if isinstance(clinician, str) else by_level(clinician),
        known(entry["steps"], steps),
        known(entry["tips"], tips),
        by_level(entry["patient"]),
        by_level(entry["until_then"]),
    )


def make_pattern_advice(entry: Content, steps: Mapping[str, Step], tips: Mapping[str, Tip]) -> PatternAdvice:
    """Returns the advice on one pattern, without the steps and tips that do not exist."""
    return PatternAdvice(
        dict.fromkeys(Urgency, str(entry["clinician"])),
        known(entry["steps"], steps),
        known(entry["tips"], tips),
        entry["summary_name"],
        entry["patient_words"],
        entry["specific"],
    )


def known(ids: Iterable[str], by_id: Mapping[str, Any]) -> tuple[Any, ...]:
    """Returns the entries with these ids that exist."""
    return tuple(by_id[id] for id in ids if id in by_id)


def patient_texts(advice: Advice) -> Iterator[tuple[str, str]]:
    """Yields every text that a patient can read as (key in advice.yaml, text), the words of a pattern in a sentence."""
    yield from ((f"page.{key}", text) for key, text in advice.page.items())
    yield from ((f"headings.{key}", text) for key, text in advice.headings.items())
    for name, words in advice.numbers.items():
        yield from ((f"numbers.{name}", text) for text in (words.when_set, words.when_unset))
    yield from ((f"call-now[{index}].text", entry.text) for index, entry in enumerate(advice.call_now))
    yield from ((f"until-then[{index}].text", entry.text) for index, entry in enumerate(advice.precautions))
    for code, flag in advice.flags.items():
        yield from ((f"flags.{code}.patient.{level.code}", text) for level, text in flag.patient.items())
        yield from ((f"flags.{code}.until-then.{level.code}", text) for level, text in flag.until_then.items())
    for id, pattern in advice.patterns.items():
        frames = dict.fromkeys([*advice.frames.by_confidence.values(), advice.frames.now])
        yield from ((f"patterns.{id}", frame.replace("{words}", pattern.patient_words)) for frame in frames)
    findings = (*advice.flags.values(), *advice.patterns.values())
    yield from {f"self-care.{tip.id}": tip.text for finding in findings for tip in finding.tips}.items()
