"""The published questionnaires, and the editions of them by other publishers, found by their canonical url.

Imports nothing of the rules, so that `sural validate` starts quickly (`make bench`: start-up).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from service.adapters.mappings.build_editions import make_editions
from service.fhir.questionnaires.questionnaire_reader import read_instrument
from service.fhir.questionnaires.questionnaire_validator import questionnaire_issues
from service.fhir.r4.strict_json import load
from service.fhir.r4.structure import check_structure
from service.fhir.r4.types import Resource
from service.fhir.terminology.value_set_membership import TerminologyResources
from service.issues import CannotStart, Malformed
from service.screening.instruments.editions import Edition, InstrumentEdition
from service.screening.instruments.instrument import Instrument

Content = Mapping[str, Any]


class BadCatalogue(CannotStart):
    """The files have faults. ``faults`` are all of them, e.g. ``phq-9.yaml: flags.mood.facts: unknown fact ...``."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults: list[str] = sorted(set(faults))
        super().__init__(f"{len(self.faults)} fault(s) in questionnaires/ and mappings/")


@dataclass(frozen=True)
class PublishedForms:
    """The published questionnaires.

    ``questionnaires`` and ``instruments`` (by ``url|version``) contain all versions, ``newest`` the newest active
    version of each url. ``mapped`` is the url of each instrument by its name, ``editions`` the instrument name and
    the edition by the canonical of another publisher.
    """

    questionnaires: tuple[Resource, ...]
    instruments: Mapping[str, Instrument]
    newest: Mapping[str, Instrument]
    mapped: Mapping[str, str]
    editions: Mapping[str, tuple[str, Edition]]

    def instrument(self, name: str) -> Instrument:
        """The newest active questionnaire of an instrument, for example of ``"phq-9"``."""
        return self.newest[self.mapped[name]]

    @cached_property
    def canonicals(self) -> tuple[str, ...]:
        """The canonical urls of the questionnaires with rules, then those of the editions."""
        return (*sorted(self.mapped.values()), *sorted(self.editions))

    def find_by_id(self, id: str) -> InstrumentEdition | None:
        """The published questionnaire with an id, if it has rules; None if there is none."""
        found = (each for each in self.questionnaires if each["id"] == id)
        resource = next(found, None)
        return None if resource is None else self.find(f"{resource['url']}|{resource['version']}")

    def find(self, canonical: str) -> InstrumentEdition | None:
        """The form that a canonical names, with or without a version; None if it is not known."""
        url, mark, version = canonical.partition("|")
        if mark and not version:
            return None
        if canonical in self.instruments and url in self.mapped.values():
            return InstrumentEdition(self.instruments[canonical])
        if not version and url in self.newest and url in self.mapped.values():
            return InstrumentEdition(self.newest[url])
        name, edition = self.editions.get(canonical) or self.editions.get(url) or (None, None)
        return None if name is None else InstrumentEdition(self.newest[self.mapped[name]], edition)


def data_folder(name: str, setting: Path | None = None) -> Path:
    """The folder questionnaires/ or mappings/: as set, or in the installed package, or in the checkout.

    Raises BadCatalogue if there is none.
    """
    package = Path(__file__).resolve().parents[2]
    folders = [setting] if setting else [package / "data" / name, package.parent / name]
    for folder in folders:
        if folder.is_dir():
            return folder
    raise BadCatalogue([f"{name}/: not found at {' or '.join(str(folder) for folder in folders)}"])


def read_questionnaires(folder: Path, faults: list[str]) -> Iterator[Resource]:
    """The Questionnaires of all files that are FHIR; adds the faults of all files."""
    for name, resource in load_questionnaires(folder, faults):
        try:
            faults += questionnaire_faults(name, resource)
        except BadCatalogue as problem:
            faults += problem.faults
            continue
        yield resource


def load_questionnaires(folder: Path, faults: list[str]) -> Iterator[tuple[str, Resource]]:
    """The name and the JSON of every file of a folder; adds the faults of files that are not JSON."""
    for path in sorted(folder.glob("*.json")):
        try:
            yield path.name, load(path.read_bytes())
        except Malformed as problem:
            faults += [f"{path.name}: {issue.path}: {issue.text}" for issue in problem.issues]


def questionnaire_faults(name: str, resource: Resource) -> list[str]:
    """The faults of the Questionnaire in a file. Raises BadCatalogue if its structure has faults."""
    try:
        check_structure(resource, "Questionnaire")
    except Malformed as problem:
        raise BadCatalogue(f"{name}: {issue.path}: {issue.text}" for issue in problem.issues) from None
    errors = [issue for issue in questionnaire_issues(resource) if issue.is_error]
    return [
        *(f"{name}: {issue.path}: {issue.text}" for issue in errors),
        *(
            f"{name}: Questionnaire.{element}: a published questionnaire must have it"
            for element in ("id", "url", "version", "title")
            if element not in resource
        ),
    ]


def make_published_forms(
    resources: Sequence[Resource], files: Mapping[str, Content], terms: TerminologyResources, faults: list[str]
) -> PublishedForms:
    """The forms of questionnaires and instrument files, by file name without ".yaml"; appends every fault.

    Raises BadCatalogue if an instrument file names no active questionnaire.
    """
    instruments = [read_instrument(resource, terms) for resource in resources]
    newest = newest_active(instruments)
    canonicals = [instrument.canonical for instrument in instruments]
    faults += [f"{canonical}: two files have this url and version" for canonical in repeated(canonicals)]
    mapped = {name: content["questionnaire"] for name, content in files.items()}
    missing = [name for name, url in mapped.items() if url not in newest]
    if missing:
        text = "questionnaire: no active questionnaire has this url"
        raise BadCatalogue([*faults, *(f"{name}.yaml: {text}" for name in missing)])
    with_rules = {name: newest[url] for name, url in mapped.items()}
    return PublishedForms(
        questionnaires=tuple(resources),
        instruments=dict(zip(canonicals, instruments, strict=True)),
        newest=newest,
        mapped=mapped,
        editions=editions_by_canonical(files, with_rules, faults),
    )


def editions_by_canonical(
    files: Mapping[str, Content], instruments: Mapping[str, Instrument], faults: list[str]
) -> dict[str, tuple[str, Edition]]:
    """The editions of all instruments, each with the name of its instrument; adds their faults."""
    return {
        edition.url + (f"|{edition.version}" if edition.version else ""): (name, edition)
        for name, content in files.items()
        for edition in make_editions(name, content, instruments[name], faults)
    }


def newest_active(instruments: list[Instrument]) -> dict[str, Instrument]:
    """The active instrument with the highest version, by url."""
    active = (instrument for instrument in instruments if instrument.status == "active")
    return {each.url: each for each in sorted(active, key=lambda each: version_order(each.version))}


def version_order(version: str) -> list[tuple[int, str]]:
    """A sort key of versions: numbers by value, e.g. 1.9.0 before 1.10.0, and words by letter."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in version.split(".")]


def repeated(names: list[str]) -> set[str]:
    """The names that occur more than once."""
    return {name for name in names if names.count(name) > 1}
