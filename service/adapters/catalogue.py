"""The catalogue: questionnaires/ and mappings/ read, checked against each other, and held ready."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from marshmallow import Schema

from service.adapters import schemas
from service.adapters.advicebook import forbidden_texts, make_advice, unknown_facts
from service.adapters.crosscheck import unknown_names, unknown_questions
from service.adapters.register import make_lexicon
from service.adapters.rulebook import Book, make_editions, make_rules
from service.adapters.yamls import read_yaml
from service.fhir.form_faults import form_faults
from service.fhir.lexicon import Lexicon
from service.fhir.questionnaires import read_instrument
from service.fhir.reading import Resource, load
from service.fhir.structure import check_structure
from service.fhir.terminology import code_system_resource, value_set_resource
from service.fhir.valuesets import Terms
from service.screening.advice import Advice
from service.screening.assessment import RuleSet
from service.screening.editions import Edition, Form
from service.screening.faults import Malformed
from service.screening.instrument import Instrument

SCHEMAS: Mapping[str, type[Schema]] = {
    "ruleset": schemas.RuleSetSchema,
    "patterns": schemas.PatternsSchema,
    "codes": schemas.CodesSchema,
    "sources": schemas.SourcesSchema,
    "wording": schemas.WordingSchema,
    "advice": schemas.AdviceSchema,
    "excused": schemas.ExcusedSchema,
}


class BadCatalogue(Exception):
    """The files have faults; every one is in ``faults``, with file and place."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = sorted(set(faults))
        super().__init__(f"{len(self.faults)} fault(s) in questionnaires/ and mappings/")


@dataclass(frozen=True)
class Excused:
    """What the checks report although it is meant to be so, with the reason: by option, by place, by fact."""

    options: Mapping[str, str]
    rules: Mapping[str, str]
    facts: Mapping[str, str]


@dataclass(frozen=True)
class Catalogue:
    """Everything published and every rule. ``questionnaires`` holds all versions, ``newest`` the active
    newest of each url, ``asks`` the facts behind each question."""

    questionnaires: tuple[Resource, ...]
    instruments: Mapping[str, Instrument]
    newest: Mapping[str, Instrument]
    editions: Mapping[str, tuple[str, Edition]]
    rules: RuleSet
    advice: Advice
    lexicon: Lexicon
    title: str
    description: str
    date: str
    mapped: Mapping[str, str]
    asks: Mapping[str, tuple[str, ...]]
    excused: Excused

    def instrument(self, name: str) -> Instrument:
        """The questionnaire that an instrument's rules are about."""
        return self.newest[self.mapped[name]]

    @cached_property
    def terms(self) -> Terms:
        """The CodeSystems and ValueSets that we publish."""
        systems, version, date = self.lexicon.code_systems.values(), self.rules.version, self.date
        made = [code_system_resource(system, version, date) for system in systems]
        return Terms([*made, *(value_set_resource(system, version, date) for system in systems)])

    def find(self, canonical: str) -> Form | None:
        """The form that a canonical names, with or without a version; None when we do not know it."""
        url, mark, version = canonical.partition("|")
        if mark and not version:
            return None
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
        faults += [f"{path.name}: {fault.path}: {fault.text}" for fault in form_faults(resource) if fault.is_error]
        for name in ("id", "url", "version", "title"):
            if name not in resource:
                faults.append(f"{path.name}: Questionnaire.{name}: a published questionnaire needs it")
        yield resource


def read_mappings(folder: Path, faults: list[str]) -> dict[str, dict[str, Any]]:
    """The checked content of every file by its name; what is not a file of the whole is an instrument's."""
    contents = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            content = read_yaml(path)
        except ValueError as problem:
            faults.append(f"{path.name}: {problem}")
            continue
        schema = SCHEMAS.get(path.stem, schemas.InstrumentSchema)()
        contents[path.stem], found = schemas.load(schema, content)
        faults += [f"{path.name}: {fault}" for fault in found]
    faults += [f"{name}.yaml: is missing" for name in SCHEMAS if not (folder / f"{name}.yaml").exists()]
    return contents


def assemble(resources: list[Resource], files: dict[str, dict[str, Any]], faults: list[str]) -> Catalogue:
    """The catalogue of files that are each well-formed; notes what does not fit together."""
    terms = Terms()
    every = [read_instrument(resource, terms) for resource in resources]
    newest = newest_active(every)
    faults += [f"{canonical}: stands in two files" for canonical in repeated([i.canonical for i in every])]
    own = {name: content for name, content in files.items() if name not in SCHEMAS}
    mapped = {name: content["questionnaire"] for name, content in own.items()}
    missing = [name for name, url in mapped.items() if url not in newest]
    if missing:
        raise BadCatalogue(
            [*faults, *(f"{name}.yaml: questionnaire: no active questionnaire of this url" for name in missing)]
        )
    faults += shared_link_ids({name: newest[url] for name, url in mapped.items()})
    book = Book({name: newest[url] for name, url in mapped.items()}, own, files["ruleset"], files["patterns"])
    rules = make_rules(book)
    advice = make_advice(files["advice"], book.words, files["codes"]["standard"])
    faults += book.words.faults
    lexicon = make_lexicon(files["codes"], files["sources"], files["wording"], book.instruments, faults)
    faults += unknown_names(rules, lexicon)
    faults += unknown_questions(own, book.instruments, lexicon)
    faults += [*unknown_facts(files["advice"], lexicon.facts), *forbidden_texts(advice)]
    editions = {
        edition.url + (f"|{edition.version}" if edition.version else ""): (name, edition)
        for name, content in own.items()
        for edition in make_editions(name, content, book.instruments[name], faults)
    }
    catalogue = Catalogue(
        tuple(resources),
        {i.canonical: i for i in every},
        newest,
        editions,
        rules,
        advice,
        lexicon,
        files["ruleset"]["title"],
        files["ruleset"]["description"],
        str(files["ruleset"]["date"]),
        mapped,
        {link_id: tuple(facts) for content in own.values() for link_id, facts in content["asks"].items()},
        Excused(**files["excused"]),
    )
    # Our CodeSystems are made from the forms, which may bind to our ValueSets: these are looked up when first used.
    terms.below = catalogue.terms
    return catalogue


def shared_link_ids(instruments: Mapping[str, Instrument]) -> Iterator[str]:
    """LinkIds of more than one instrument: rules name questions by linkId alone."""
    owner: dict[str, str] = {}
    for name, instrument in instruments.items():
        for link_id in instrument.by_link_id:
            if owner.setdefault(link_id, name) != name:
                yield f"{name}: the linkId {link_id!r} stands in {owner[link_id]} too; rules name questions by linkId"


def newest_active(instruments: list[Instrument]) -> dict[str, Instrument]:
    """The active instrument of the highest version of each url."""
    active = sorted((i for i in instruments if i.status == "active"), key=lambda i: version_order(i.version))
    return {instrument.url: instrument for instrument in active}


def version_order(version: str) -> list[tuple[int, str]]:
    """Numbers in order of number, words in order of letter."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in version.split(".")]


def repeated(names: list[str]) -> set[str]:
    return {name for name in names if names.count(name) > 1}
