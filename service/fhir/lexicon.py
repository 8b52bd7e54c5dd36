"""What codes, facts and sentences are called: read from mappings/, so that none stands in code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from string import Formatter
from typing import Any

from service.fhir.ids import code_system


@dataclass(frozen=True, slots=True)
class Concept:
    """One code of ours, with the codes below it, and its properties by name."""

    code: str
    display: str
    definition: str | None = None
    concepts: tuple["Concept", ...] = ()
    properties: Mapping[str, str | bool] = field(default_factory=dict)


@dataclass(frozen=True)
class CodeSystem:
    """One of our CodeSystems; its url is made from its name. ``properties`` holds what its concepts may have:
    name, type and meaning."""

    name: str
    title: str
    description: str
    concepts: tuple[Concept, ...]
    properties: tuple[tuple[str, str, str], ...] = ()

    @property
    def displays(self) -> dict[str, str]:
        """The display of every code, at any depth."""
        return {concept.code: concept.display for concept in walk(self.concepts)}


def walk(concepts: Iterable[Concept]) -> Iterable[Concept]:
    """Every concept of a tree."""
    for concept in concepts:
        yield concept
        yield from walk(concept.concepts)


@dataclass(frozen=True)
class Fact:
    """A numbered fact: from a section of a document, or (EX-) an addition with its basis."""

    id: str
    statement: str
    kinds: tuple[str, ...]
    document: str | None = None
    section: str | None = None
    basis: str | None = None

    @property
    def is_addition(self) -> bool:
        """Whether it does not come from the documents."""
        return self.document is None


@dataclass(frozen=True)
class Lexicon:
    """``displays`` by CodeSystem name and code; ``wording`` by part and key; ``bindings`` of what we write;
    titles of ``documents`` by name."""

    code_systems: Mapping[str, CodeSystem]
    displays: Mapping[str, Mapping[str, str]]
    facts: Mapping[str, Fact]
    wording: Mapping[str, Mapping[str, str]]
    bindings: Mapping[str, Any]
    documents: Mapping[str, str]

    def coding(self, system: str, code: str) -> dict[str, str]:
        """A FHIR Coding of one of our codes."""
        return {"system": code_system(system), "code": code, "display": self.displays[system][code]}

    def concept(self, system: str, code: str) -> dict[str, Any]:
        """A FHIR CodeableConcept of one of our codes."""
        coding = self.coding(system, code)
        return {"coding": [coding], "text": coding["display"]}

    def say(self, part: str, key: str, **names: object) -> str:
        """A sentence with its names filled in."""
        return self.wording[part][key].format(**names)

    @cached_property
    def citations(self) -> dict[str, str]:
        """Each fact as it is cited; one that is not from the documents is marked."""
        mark = self.wording["basis"]["addition"]
        return {id: mark.format(fact=id) if fact.is_addition else id for id, fact in self.facts.items()}

    def source(self, fact: Fact) -> str:
        """Where a fact stands, or that it stands in no document."""
        return source_in_words(fact, self.documents, self.wording)

    def cite(self, facts: Iterable[str]) -> str:
        """Facts in words, each once."""
        key = tuple(facts)
        if key not in self.cited:
            self.cited[key] = ", ".join(self.citations[id] for id in dict.fromkeys(key))
        return self.cited[key]

    @cached_property
    def cited(self) -> dict[tuple[str, ...], str]:
        """The facts of each line of the rules in words; the same lines come up again and again."""
        return {}


def source_in_words(fact: Fact, documents: Mapping[str, str], wording: Mapping[str, Mapping[str, str]]) -> str:
    """The document and section of a fact, or the basis of one that was added."""
    if fact.document is None:
        return wording["fact"]["addition"].format(basis=fact.basis)
    return wording["fact"]["source"].format(document=documents[fact.document], section=fact.section)


# Every sentence that the service says, with the names that may stand in it.
SENTENCES: Mapping[str, Mapping[str, frozenset[str]]] = {
    part: {key: frozenset(names.split()) for key, names in keys.items()}
    for part, keys in {
        "urgency": dict.fromkeys(("emergency", "same-day", "soon", "routine", "none"), ""),
        "confidence": dict.fromkeys(("possible", "fits", "fits-well", "needs-checking"), ""),
        "impression": {"description": "instruments", "description-early": "instruments"},
        "summary": {
            "flags": "urgency flags",
            "flag": "flag dates",
            "no-flag": "dates",
            "patterns": "patterns",
            "pattern": "pattern confidence",
            "pattern-adds": "pattern confidence",
            "pattern-link": "pattern confidence",
            "no-pattern": "",
            "no-legs": "",
            "minor": "adult-age",
            "scores": "scores",
            "score": "score total highest band date",
            "score-open": "score missing items date",
            "early": "",
            "not-endorsed": "flag date",
        },
        "basis": {
            "flag": "urgency reasons facts",
            "reasons-of": "date reasons",
            "pattern": "score confidence bands lines",
            "pattern-danger": "score gate lines",
            "pattern-of-umbrella": "confidence umbrella gate facts",
            "band": "confidence low",
            "line": "weight reasons facts",
            "always": "",
            "unjudged": "questions",
            "answer": "question answers",
            "open": "question answers",
            "score": "score value",
            "age": "score value",
            "flag-up": "flag",
            "addition": "fact",
            "adds": "",
            "link": "",
        },
        "note": {
            "not-validated": "",
            "approved": "name",
            "additions": "",
            "below": "patterns",
            "below-pattern": "pattern score minimum",
            "unjudged-flags": "flags",
            "unjudged-patterns": "patterns",
            "unjudged-one": "name questions",
            "no-age": "",
            "differs": "score stored total",
            "differs-open": "score stored total",
            "exclusive": "question option",
            "not-shown": "question option",
            "undated": "",
        },
        "fact": {"source": "document section", "addition": "basis", "cited": "source facts"},
        "plan": {"flags": "", "patterns": ""},
        "advice": {"next-steps": "comment steps", "step": "step facts"},
        "score": {"absent": "missing"},
        "explain": {
            **dict.fromkeys(("flags", "patterns", "scores", "notes", "sources", "patient"), ""),
            "flag": "flag urgency",
            "pattern": "pattern confidence urgency",
            "score": "score bands",
            "gate": "reasons",
            "line": "weight reasons facts",
            "rests-on": "facts",
            "next": "comment",
            "step": "step facts",
            "step-outside": "step facts",
            "fact": "fact statement",
            "patient-pattern": "pattern confidence",
            "tip": "tip",
        },
        "task": {"description": "urgency flags", "withdrawn": ""},
    }.items()
}


def wording_faults(wording: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Sentences that are missing, and names in them that nothing fills in."""
    faults = []
    for part, keys in SENTENCES.items():
        given = wording.get(part, {})
        faults += [f"{part}: lacks {key}" for key in keys if key not in given]
        faults += [f"{part}.{key}: no sentence of this name is used" for key in given if key not in keys]
        for key in keys.keys() & given.keys():
            names = {name for _, name, _, _ in Formatter().parse(given[key]) if name is not None}
            faults += [f"{part}.{key}: nothing fills in {name!r}" for name in sorted(names - keys[key])]
    return faults + [f"{part}: no part of this name is used" for part in wording if part not in SENTENCES]
