"""The catalogue: questionnaires/ and mappings/ read, checked against each other, and held ready."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow import Schema

from service.adapters import schemas
from service.adapters.rulebook import Book, make_editions, make_rules
from service.adapters.yamls import read_yaml
from service.fhir.lexicon import CodeSystem, Concept, Fact, Lexicon, wording_faults
from service.fhir.questionnaires import read_instrument
from service.fhir.reading import Resource, load
from service.fhir.structure import check_structure
from service.fhir.terminology import answer_concepts
from service.screening.assessment import RuleSet
from service.screening.editions import Edition, Form
from service.screening.faults import Malformed
from service.screening.instrument import Instrument

WHOLE = {"ruleset", "patterns", "codes", "sources", "wording"}


class BadCatalogue(Exception):
    """The files have faults; every one is in ``faults``, with file and place."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = sorted(set(faults))
        super().__init__(f"{len(self.faults)} fault(s) in questionnaires/ and mappings/")


@dataclass(frozen=True)
class Catalogue:
    """Everything published and every rule. ``questionnaires`` holds all versions, ``newest`` the active
    newest of each url."""

    questionnaires: tuple[Resource, ...]
    instruments: Mapping[str, Instrument]
    newest: Mapping[str, Instrument]
    editions: Mapping[str, tuple[str, Edition]]
    rules: RuleSet
    lexicon: Lexicon
    date: str
    mapped: Mapping[str, str] = field(default_factory=dict)

    def find(self, canonical: str) -> Form | None:
        """The form that a canonical names, with or without a version; None when we do not know it."""
        url, _, version = canonical.partition("|")
        if canonical in self.instruments and url in self.mapped.values():
            return Form(self.instruments[canonical])
        if not version and url in self.newest and url in self.mapped.values():
            return Form(self.newest[url])
        name, edition = self.editions.get(canonical) or self.editions.get(url) or (None, None)
        return None if name is None else Form(self.newest[self.mapped[name]], edition)


def data_folder(name: str, setting: Path | None = None) -> Path:
    """Where questionnaires/ or mappings/ lie: as set, in the installed package, or beside the checkout."""
    package = Path(__file__).resolve().parent.parent
    places = [setting] if setting else [package / "data" / name, package.parent / name]
    for place in places:
        if place.is_dir():
            return place
    raise BadCatalogue([f"{name}/: not found at {' or '.join(str(place) for place in places)}"])


def load_catalogue(questionnaires: Path | None = None, mappings: Path | None = None) -> Catalogue:
    """Reads and checks all files. Raises BadCatalogue with every fault in all of them."""
    faults: list[str] = []
    resources = list(read_questionnaires(data_folder("questionnaires", questionnaires), faults))
    files = read_mappings(data_folder("mappings", mappings), faults)
    if faults:
        raise BadCatalogue(faults)
    catalogue = assemble(resources, files, faults)
    if faults:
        raise BadCatalogue(faults)
    return catalogue


def read_questionnaires(folder: Path, faults: list[str]) -> Iterator[Resource]:
    for path in sorted(folder.glob("*.json")):
        try:
            resource = load(path.read_bytes())
            check_structure(resource, "Questionnaire")
        except Malformed as problem:
            faults += [f"{path.name}: {fault.path}: {fault.text}" for fault in problem.faults]
            continue
        for name in ("id", "url", "version", "title"):
            if name not in resource:
                faults.append(f"{path.name}: Questionnaire.{name}: a published questionnaire needs it")
        yield resource


def read_mappings(folder: Path, faults: list[str]) -> dict[str, dict[str, Any]]:
    """The checked content of every file by its name; what is not a file of the whole is an instrument's."""
    named: dict[str, type[Schema]] = {
        "ruleset": schemas.RuleSetSchema,
        "patterns": schemas.PatternsSchema,
        "codes": schemas.CodesSchema,
        "sources": schemas.SourcesSchema,
        "wording": schemas.WordingSchema,
    }
    contents = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            content = read_yaml(path)
        except ValueError as problem:
            faults.append(f"{path.name}: {problem}")
            continue
        schema = named.get(path.stem, schemas.InstrumentSchema)()
        contents[path.stem], found = schemas.load(schema, content)
        faults += [f"{path.name}: {fault}" for fault in found]
    faults += [f"{name}.yaml: is missing" for name in named if not (folder / f"{name}.yaml").exists()]
    return contents


def assemble(resources: list[Resource], files: dict[str, dict[str, Any]], faults: list[str]) -> Catalogue:
    """The catalogue of files that are each well-formed; notes what does not fit together."""
    every = [read_instrument(resource) for resource in resources]
    newest = newest_active(every)
    faults += [f"{canonical}: stands in two files" for canonical in repeated([i.canonical for i in every])]
    own = {name: content for name, content in files.items() if name not in WHOLE}
    mapped = {name: content["questionnaire"] for name, content in own.items()}
    missing = [name for name, url in mapped.items() if url not in newest]
    if missing:
        raise BadCatalogue(
            [*faults, *(f"{name}.yaml: questionnaire: no active questionnaire of this url" for name in missing)]
        )
    book = Book({name: newest[url] for name, url in mapped.items()}, own, files["ruleset"], files["patterns"])
    rules = make_rules(book)
    faults += book.words.faults
    lexicon = make_lexicon(files, book.instruments, faults)
    faults += unknown_names(rules, lexicon)
    editions = {
        edition.url + (f"|{edition.version}" if edition.version else ""): (name, edition)
        for name, content in own.items()
        for edition in make_editions(name, content, book.instruments[name], faults)
    }
    return Catalogue(
        tuple(resources),
        {i.canonical: i for i in every},
        newest,
        editions,
        rules,
        lexicon,
        str(files["ruleset"]["date"]),
        mapped,
    )


def newest_active(instruments: list[Instrument]) -> dict[str, Instrument]:
    """The active instrument of the highest version of each url."""
    active = sorted((i for i in instruments if i.status == "active"), key=lambda i: version_order(i.version))
    return {instrument.url: instrument for instrument in active}


def version_order(version: str) -> list[tuple[int, str]]:
    """Numbers in order of number, words in order of letter."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in version.split(".")]


def repeated(names: list[str]) -> set[str]:
    return {name for name in names if names.count(name) > 1}


def make_lexicon(files: dict[str, dict[str, Any]], instruments: Mapping[str, Instrument], faults: list[str]) -> Lexicon:
    codes, wording = files["codes"], files["wording"]
    faults += [f"wording.yaml: {fault}" for fault in wording_faults(wording)]
    systems = {name: make_code_system(name, content, instruments) for name, content in codes["code_systems"].items()}
    facts = {
        id: Fact(id, f["statement"], tuple(f["kind"]), f.get("document"), f.get("section"), f.get("basis"))
        for id, f in files["sources"]["facts"].items()
    }
    documents = files["sources"]["documents"]
    faults += [
        f"sources.yaml: facts.{fact.id}: unknown document"
        for fact in facts.values()
        if fact.document not in (None, *documents)
    ]
    displays = {name: {sys.intern(k): v for k, v in system.displays.items()} for name, system in systems.items()}
    return Lexicon(systems, displays, facts, wording, codes["bindings"])


def make_code_system(name: str, content: Mapping[str, Any], instruments: Mapping[str, Instrument]) -> CodeSystem:
    """A CodeSystem from its listed concepts, or from the questions and answers of a questionnaire."""
    if "questionnaire" in content:
        concepts = answer_concepts(instruments[content["questionnaire"]], name)
    else:
        concepts = tuple(Concept(c, e["display"], e.get("definition")) for c, e in content["concepts"].items())
    return CodeSystem(name, content["title"], content["description"], concepts)


def unknown_names(rules: RuleSet, lexicon: Lexicon) -> Iterator[str]:
    """Facts, flags, patterns, bands and instruments in the rules that the other files do not know."""
    displays = lexicon.displays
    for name, own in rules.instruments.items():
        yield from unknown([name], displays["assessment"], f"codes.yaml: assessment lacks {name}")
        for flag in own.flags:
            where = f"{name}.yaml: flags.{flag.code}"
            yield from unknown([flag.code], displays["red-flag"], f"{where}: not in codes.yaml")
            yield from unknown(flag.facts, lexicon.facts, f"{where}.facts: unknown fact")
        for score in own.scores:
            where = f"{name}.yaml: scores.{score.id}"
            yield from unknown(
                [band.code for band in score.bands], displays["severity"], f"{where}.bands: not in codes.yaml"
            )
            yield from unknown(score.facts, lexicon.facts, f"{where}.facts: unknown fact")
    for feature in rules.features.values():
        yield from unknown(feature.facts, lexicon.facts, f"features.{feature.id}.facts: unknown fact")
    for pattern in rules.patterns:
        where = f"patterns.yaml: {pattern.id}"
        shifts = [s for s in (pattern.raise_band, pattern.cap_band) if s is not None]
        facts = [f for group in (pattern.lines, pattern.urgency, shifts) for part in group for f in part.facts]
        yield from unknown([pattern.id], displays["pattern"], f"{where}: not in codes.yaml")
        yield from unknown([*pattern.facts, *facts], lexicon.facts, f"{where}: unknown fact")


def unknown(names: Iterable[str], known: Iterable[str], text: str) -> Iterator[str]:
    known = set(known)
    return (f"{text} {name!r}" for name in names if name not in known)
