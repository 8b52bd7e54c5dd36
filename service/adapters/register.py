"""The words of the service made from codes.yaml, sources.yaml and wording.yaml."""

import sys
from collections.abc import Mapping
from typing import Any

from service.fhir.lexicon import CodeSystem, Concept, Fact, Lexicon, source_in_words, wording_faults
from service.fhir.terminology import FACT_PROPERTIES, answer_concepts, fact_concept
from service.screening.instrument import Instrument

Content = Mapping[str, Any]


def make_lexicon(
    codes: Content, sources: Content, wording: Content, instruments: Mapping[str, Instrument], faults: list[str]
) -> Lexicon:
    """The lexicon; notes sentences and documents that are missing."""
    titles = {name: document["title"] for name, document in sources["documents"].items()}
    facts = {id: make_fact(id, entry) for id, entry in sources["facts"].items()}
    found = [f"wording.yaml: {fault}" for fault in wording_faults(wording)]
    found += [
        f"sources.yaml: facts.{fact.id}: unknown document"
        for fact in facts.values()
        if fact.document not in (None, *titles)
    ]
    faults += found
    register = [] if found else [fact_concept(fact, source_in_words(fact, titles, wording)) for fact in facts.values()]
    systems = {
        name: make_code_system(name, content, instruments, tuple(register))
        for name, content in codes["code_systems"].items()
    }
    displays = {name: {sys.intern(k): v for k, v in system.displays.items()} for name, system in systems.items()}
    return Lexicon(systems, displays, facts, wording, codes["bindings"], titles)


def make_fact(id: str, entry: Content) -> Fact:
    return Fact(
        id, entry["statement"], tuple(entry["kind"]), entry.get("document"), entry.get("section"), entry.get("basis")
    )


def make_code_system(
    name: str, content: Content, instruments: Mapping[str, Instrument], register: tuple[Concept, ...]
) -> CodeSystem:
    """A CodeSystem from its listed concepts, from the questions and answers of a questionnaire, or from all facts."""
    title, description = content["title"], content["description"]
    if content["of_facts"]:
        return CodeSystem(name, title, description, register, FACT_PROPERTIES)
    if "questionnaire" in content:
        return CodeSystem(name, title, description, answer_concepts(instruments[content["questionnaire"]], name))
    listed = tuple(Concept(code, e["display"], e.get("definition")) for code, e in content["concepts"].items())
    return CodeSystem(name, title, description, listed)
