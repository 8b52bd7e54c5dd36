"""Codes, facts and messages made from the content of codes.yaml, sources.yaml and wording.yaml."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from service.fhir.definitions.code_systems import FACT_PROPERTIES, answer_concepts, fact_concept
from service.fhir.terminology.code_systems import CodeSystem, CodeSystems, Concept
from service.fhir.terminology.facts import Fact, FactIndex
from service.fhir.terminology.messages import Messages, find_wording_faults
from service.screening.instruments.instrument import Instrument

Content = Mapping[str, Any]


class Terminology(NamedTuple):
    """Our codes, facts and messages."""

    codes: CodeSystems
    facts: FactIndex
    messages: Messages


def make_terminology(
    codes: Content, sources: Content, wording: Content, instruments: Mapping[str, Instrument], faults: list[str]
) -> Terminology:
    """Returns our codes, facts and messages; appends missing sentences and unknown documents to ``faults``."""
    unknown = [
        f"codes.yaml: code-systems.{name}.questionnaire: no instrument has the name {content['questionnaire']!r}"
        for name, content in codes["code_systems"].items()
        if content.get("questionnaire", next(iter(instruments))) not in instruments
    ]
    found = [f"wording.yaml: {fault}" for fault in find_wording_faults(wording)]
    facts = make_fact_index(sources, Messages(wording))
    found += [f"sources.yaml: facts.{id}: unknown document" for id in facts_of_unknown_documents(facts)]
    faults += [*unknown, *found]
    # Without its sentences a fact has no definition. The faults are raised before anybody reads the CodeSystem.
    fact_concepts = () if found else tuple(fact_concept(fact, facts.fact_source(fact)) for fact in facts.by_id.values())
    known = {
        name: content
        for name, content in codes["code_systems"].items()
        if content.get("questionnaire", next(iter(instruments))) in instruments
    }
    systems = make_code_systems({**codes, "code_systems": known}, instruments, fact_concepts)
    return Terminology(systems, facts, facts.messages)


def make_fact_index(sources: Content, messages: Messages) -> FactIndex:
    """Returns every fact of sources.yaml."""
    titles = {name: document["title"] for name, document in sources["documents"].items()}
    return FactIndex({id: make_fact(id, entry) for id, entry in sources["facts"].items()}, titles, messages)


def make_fact(id: str, entry: Content) -> Fact:
    """Returns one fact."""
    return Fact(
        id, entry["statement"], tuple(entry["kind"]), entry.get("document"), entry.get("section"), entry.get("basis")
    )


def facts_of_unknown_documents(facts: FactIndex) -> Iterable[str]:
    """Returns the ids of facts whose document has no title."""
    return (fact.id for fact in facts.by_id.values() if fact.document not in (None, *facts.documents))


def make_code_systems(
    codes: Content, instruments: Mapping[str, Instrument], fact_concepts: tuple[Concept, ...]
) -> CodeSystems:
    """Returns every CodeSystem of codes.yaml with its displays."""
    systems = {
        name: make_code_system(name, content, instruments, fact_concepts)
        for name, content in codes["code_systems"].items()
    }
    # Interned: rules look codes up by strings of their own, and equal interned strings compare by identity. This
    # serves "assess and compose" of `make bench`.
    displays = {
        name: {sys.intern(code): display for code, display in system.displays.items()}
        for name, system in systems.items()
    }
    return CodeSystems(systems, displays, codes["bindings"])


def make_code_system(
    name: str, content: Content, instruments: Mapping[str, Instrument], fact_concepts: tuple[Concept, ...]
) -> CodeSystem:
    """Returns a CodeSystem of the concepts listed, of the questions and answers of a questionnaire, or of all facts."""
    title, description = content["title"], content["description"]
    if content["of_facts"]:
        return CodeSystem(name, title, description, fact_concepts, FACT_PROPERTIES)
    if "questionnaire" in content:
        return CodeSystem(name, title, description, answer_concepts(instruments[content["questionnaire"]], name))
    listed = tuple(Concept(code, e["display"], e.get("definition")) for code, e in content["concepts"].items())
    return CodeSystem(name, title, description, listed)
