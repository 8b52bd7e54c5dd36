"""Advice made from the content of advice.yaml, with every fault noted on the way."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from service.screening.advice import Advice, Step, Tip, Voices, forbidden_in
from service.screening.instrument import Coding
from service.screening.notation import Vocabulary, read
from service.screening.patterns import Confidence

Content = Mapping[str, Any]
StandardCodes = Mapping[str, Mapping[str, str]]

# What stands on a patient's page by itself; `told` goes before the answers behind a warning.
LEVELS = frozenset(
    {"emergency-call", "emergency-go", "same-day", "soon", "routine", "none", "call-now", "always", "told"}
    | {"no-pattern", "minor", "self-harm-now"}
)
# What they are called in the file.
FILE_NAME = {"steps": "steps", "tips": "self-care"}


def make_advice(content: Content, words: Vocabulary, standard: StandardCodes) -> Advice:
    """All advice. ``words`` knows the rules, and takes the faults; ``standard`` are the displays of standard codes."""
    words.faults.extend(
        f"advice.yaml: {fault}" for fault in [*name_faults(content, words), *code_faults(content, standard)]
    )
    steps = {id: make_step(id, entry, standard) for id, entry in content["steps"].items()}
    tips = {id: make_tip(id, entry, words) for id, entry in content["tips"].items()}
    return Advice(
        levels=content["levels"],
        call=frozenset(content["call"]),
        words={Confidence.of(code): text for code, text in content["patient_words"].items()},
        flags={code: make_voices(entry, steps, tips) for code, entry in content["flags"].items()},
        patterns={id: make_voices(entry, steps, tips) for id, entry in content["patterns"].items()},
        patterns_at_most=content["at_most"]["patterns"],
        tips_at_most=content["at_most"]["tips"],
        never=tuple(word for entry in content["never"] for word in entry["words"]),
        never_facts=tuple(fact for entry in content["never"] for fact in entry["facts"]),
    )


def make_step(id: str, entry: Content, standard: StandardCodes) -> Step:
    code = entry.get("code")
    coding = None if code is None else Coding(**code, display=standard.get(code["system"], {}).get(code["code"]))
    return Step(id, entry["text"], tuple(entry["facts"]), entry["kind"], coding)


def make_tip(id: str, entry: Content, words: Vocabulary) -> Tip:
    where = f"advice.yaml: self-care.{id}.unless"
    unless = read(entry["unless"], words, where) if "unless" in entry else None
    return Tip(id, entry["patient"], tuple(entry["facts"]), unless)


def make_voices(entry: Content, steps: Mapping[str, Step], tips: Mapping[str, Tip]) -> Voices:
    return Voices(
        entry["patient"],
        entry["clinician"],
        tuple(steps[id] for id in entry["steps"] if id in steps),
        tuple(tips[id] for id in entry["tips"] if id in tips),
    )


def name_faults(content: Content, words: Vocabulary) -> Iterator[str]:
    """Flags and patterns without texts, and names that nothing has."""
    yield from differing(content["levels"], LEVELS, "levels")
    yield from differing(content["patient_words"], {band.code for band in Confidence}, "patient-words")
    yield from differing(content["flags"], words.flags, "flags")
    yield from differing(content["patterns"], words.patterns, "patterns")
    yield from (f"call: unknown red flag {code!r}" for code in content["call"] if code not in words.flags)
    used: dict[str, set[str]] = {"steps": set(), "tips": set()}
    for part in ("flags", "patterns"):
        for name, entry in content[part].items():
            for kind, known in used.items():
                known.update(entry[kind])
                where = f"{part}.{name}.{FILE_NAME[kind]}"
                yield from (f"{where}: unknown {id!r}" for id in entry[kind] if id not in content[kind])
    for kind, known in used.items():
        yield from (f"{FILE_NAME[kind]}.{id}: nothing uses it" for id in content[kind] if id not in known)


def code_faults(content: Content, standard: StandardCodes) -> Iterator[str]:
    """Standard codes that the list lacks, and codes of the list that no step carries."""
    coded = {id: entry["code"] for id, entry in content["steps"].items() if "code" in entry}
    known = {(system, code) for system, codes in standard.items() for code in codes}
    for id, code in coded.items():
        if (code["system"], code["code"]) not in known:
            yield f"steps.{id}.code: {code['system']}|{code['code']} is not among the standard codes of codes.yaml"
    carried = {(code["system"], code["code"]) for code in coded.values()}
    yield from (f"steps: none carries {system}|{code} of codes.yaml" for system, code in sorted(known - carried))


def differing(given: Iterable[str], wanted: Iterable[str], where: str) -> Iterator[str]:
    given, wanted = set(given), set(wanted)
    yield from (f"{where}: lacks {name}" for name in sorted(wanted - given))
    yield from (f"{where}: nothing has the name {name!r}" for name in sorted(given - wanted))


def patient_texts(advice: Advice) -> Iterator[tuple[str, str]]:
    """Every text that a patient may read, with its place."""
    yield from ((f"levels.{key}", text) for key, text in advice.levels.items())
    yield from ((f"patient-words.{band.code}", text) for band, text in advice.words.items())
    for part, voices in (("flags", advice.flags), ("patterns", advice.patterns)):
        for name, voice in voices.items():
            yield f"{part}.{name}.patient", voice.patient
            yield from ((f"self-care.{tip.id}", tip.text) for tip in voice.tips)


def forbidden_texts(advice: Advice) -> Iterator[str]:
    """Patient texts that say what no patient may read, medicine names included."""
    for where, text in patient_texts(advice):
        for word in forbidden_in(text, advice.never):
            yield f"advice.yaml: {where}: says {word!r}, which no patient may read"


def unknown_facts(content: Content, facts: Iterable[str]) -> Iterator[str]:
    """Facts that advice rests on and the register does not know."""
    known = set(facts)
    for part in ("steps", "tips"):
        for id, entry in content[part].items():
            where = f"advice.yaml: {FILE_NAME[part]}.{id}.facts"
            yield from (f"{where}: unknown fact {fact!r}" for fact in entry["facts"] if fact not in known)
    for index, entry in enumerate(content["never"]):
        unknown = (fact for fact in entry["facts"] if fact not in known)
        yield from (f"advice.yaml: never[{index}].from: unknown fact {fact!r}" for fact in unknown)
