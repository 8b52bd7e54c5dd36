"""The catalogue that `sural validate` needs: the form that a response names, and everything else only on demand.

Reads one form of our own and the head of its instrument file; editions, CodeSystems and ValueSets are read when they
are looked up, and what reads them is imported then (`make bench`: start of the commands).
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from service.adapters.mappings.files.strict_yaml import top_level_scalar
from service.adapters.mappings.published_forms import (
    BadCatalogue,
    PublishedForms,
    data_folder,
    load_questionnaires,
    make_published_forms,
    questionnaire_faults,
    read_questionnaires,
    version_order,
)
from service.fhir.questionnaires.questionnaire_reader import read_instrument
from service.fhir.r4.types import Resource
from service.fhir.terminology.value_set_membership import TerminologyResources, TerminologyType
from service.screening.instruments.editions import InstrumentEdition
from service.screening.instruments.instrument import Instrument


class DeferredTerminology(TerminologyResources):
    """CodeSystems and ValueSets that are loaded when the first one is looked up."""

    def __init__(self, load: Callable[[], TerminologyResources]) -> None:
        super().__init__()
        self.load = load

    @cached_property
    def loaded(self) -> TerminologyResources:
        return self.load()

    def find(self, type_name: TerminologyType, canonical: str) -> Resource | None:
        """The resource of a type with a canonical. Raises BadCatalogue if the files to load have faults."""
        return None if canonical.startswith("#") else self.loaded.find(type_name, canonical)


class FormCatalogue:
    """An InstrumentCatalogue that reads the form asked for; the whole of the forms only for an edition."""

    def __init__(self, questionnaires: Path, mappings: Path, terms: TerminologyResources) -> None:
        self.questionnaires = questionnaires
        self.mappings = mappings
        self.terms = terms

    @property
    def canonicals(self) -> Sequence[str]:
        return self.all_forms.canonicals

    def instrument(self, name: str) -> Instrument:
        return self.all_forms.instrument(name)

    def find_by_id(self, id: str) -> InstrumentEdition | None:
        return self.all_forms.find_by_id(id)

    def find(self, canonical: str) -> InstrumentEdition | None:
        """The form that a canonical names. Raises BadCatalogue with every fault in the files that it reads."""
        resource = self.find_own(canonical)
        if resource is None or not self.has_rules(resource["url"]):
            return self.all_forms.find(canonical)
        return InstrumentEdition(read_instrument(resource, self.terms))

    def find_own(self, canonical: str) -> Resource | None:
        """The questionnaire in our folder with a canonical; without a version the newest active one.

        `sural check` lets the library check it too, which takes a tenth of the time of `sural validate`.
        """
        faults: list[str] = []
        contents = dict(load_questionnaires(self.questionnaires, faults))
        resource = select_questionnaire(list(contents.values()), canonical)
        if resource is not None:
            name = next(name for name, content in contents.items() if content is resource)
            faults += questionnaire_faults(name, resource)
        if faults:
            raise BadCatalogue(faults)
        return resource

    def has_rules(self, url: str) -> bool:
        """Does an instrument file name this questionnaire? The file with the name of the form is read first."""
        paths = sorted(self.mappings.glob("*.yaml"), key=lambda path: not url.endswith(f"/{path.stem}"))
        return any(top_level_scalar(path, "questionnaire") == url for path in paths)

    @cached_property
    def all_forms(self) -> PublishedForms:
        """All forms with their editions. Raises BadCatalogue with every fault in them."""
        from service.adapters.mappings.files.mapping_files import read_instrument_files

        faults: list[str] = []
        resources = list(read_questionnaires(self.questionnaires, faults))
        files = read_instrument_files(self.mappings, faults)
        if faults:
            raise BadCatalogue(faults)
        forms = make_published_forms(resources, files, self.terms, faults)
        if faults:
            raise BadCatalogue(faults)
        return forms


def select_questionnaire(resources: Sequence[Resource], canonical: str) -> Resource | None:
    """The resource with this url and version; without a version the newest active one with the url."""
    url, mark, version = canonical.partition("|")
    named = [each for each in resources if each.get("url") == url and "version" in each]
    if mark:
        return next((each for each in named if each["version"] == version), None)
    active = [each for each in named if each.get("status") == "active"]
    return max(active, key=lambda each: version_order(each["version"]), default=None)


def load_form_catalogue(questionnaires: Path | None = None, mappings: Path | None = None) -> FormCatalogue:
    """The catalogue of the forms in two folders; reads a file when it is needed. Raises BadCatalogue without folder."""

    def load_terms() -> TerminologyResources:
        from service.adapters.mappings.catalogue import load_catalogue

        return load_catalogue(questionnaires, mappings).terms

    folders = data_folder("questionnaires", questionnaires), data_folder("mappings", mappings)
    return FormCatalogue(*folders, DeferredTerminology(load_terms))
