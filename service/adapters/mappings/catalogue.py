"""Loads questionnaires/ and mappings/ into one catalogue, and checks them against each other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from service.adapters.mappings.build_advice import make_advice, patient_texts
from service.adapters.mappings.build_facts import find_uncited_answers
from service.adapters.mappings.build_form_layout import find_layout_faults, make_form_layout
from service.adapters.mappings.build_rules import RuleFiles, make_rules
from service.adapters.mappings.build_summary import find_summary_faults, make_clinician_words
from service.adapters.mappings.build_terminology import make_terminology
from service.adapters.mappings.checks.advice_faults import find_forbidden_texts, find_unknown_facts
from service.adapters.mappings.checks.cross_references import unknown_names, unknown_questions
from service.adapters.mappings.core_value_sets import CoreValueSets
from service.adapters.mappings.files.mapping_files import SHARED_FILES, read_mappings
from service.adapters.mappings.published_forms import (
    BadCatalogue,
    PublishedForms,
    data_folder,
    make_published_forms,
    read_questionnaires,
)
from service.adapters.mappings.translate_advice import read_advice_translations
from service.fhir.definitions.code_systems import code_system_resource, value_set_resource
from service.fhir.questionnaires.patient_form.form_layout import FormLayout
from service.fhir.r4.types import Resource
from service.fhir.terminology.code_systems import CodeSystems
from service.fhir.terminology.facts import FactIndex
from service.fhir.terminology.messages import Messages
from service.fhir.terminology.value_set_membership import TerminologyResources
from service.screening.advice.advice import Advice
from service.screening.advice.clinician_words import ClinicianWords
from service.screening.instruments.instrument import Instrument
from service.screening.rules.assessment import RuleSet


@dataclass(frozen=True)
class Excused:
    """The reasons for content that `sural check` would otherwise report: by option, by location of a rule, by fact."""

    options: Mapping[str, str]
    rules: Mapping[str, str]
    facts: Mapping[str, str]


@dataclass(frozen=True)
class LoadedCatalogue(PublishedForms):
    """The content of all files. ``asks`` are the facts behind each question by linkId."""

    rules: RuleSet
    advice: Advice
    words: ClinicianWords
    codes: CodeSystems
    facts: FactIndex
    messages: Messages
    title: str
    description: str
    date: str
    asks: Mapping[str, tuple[str, ...]]
    excused: Excused
    layout: FormLayout = field(default_factory=FormLayout)
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @cached_property
    def terms(self) -> TerminologyResources:
        """The CodeSystems and ValueSets that we publish."""
        systems, version, date = self.codes.systems.values(), self.rules.version, self.date
        made = [code_system_resource(system, version, date) for system in systems]
        sets = (value_set_resource(system, version, date) for system in systems)
        return TerminologyResources([*made, *sets], CoreValueSets())


def load_catalogue(questionnaires: Path | None = None, mappings: Path | None = None) -> LoadedCatalogue:
    """Reads and checks all files. Raises BadCatalogue with every fault in all of them."""
    faults: list[str] = []
    folder = data_folder("mappings", mappings)
    resources = list(read_questionnaires(data_folder("questionnaires", questionnaires), faults))
    files = read_mappings(folder, data_folder("mappings"), faults)
    if faults:
        raise with_places(faults, folder)
    catalogue = replace(assemble(resources, files, faults), translations=read_advice_translations(folder))
    if faults:
        raise with_places(faults, folder)
    return catalogue


def with_places(faults: list[str], folder: Path) -> BadCatalogue:
    """The failure with these faults, each with its line."""
    from service.adapters.mappings.checks.fault_places import faults_with_places

    return BadCatalogue(faults_with_places(faults, folder))


def assemble(resources: list[Resource], files: dict[str, dict[str, Any]], faults: list[str]) -> LoadedCatalogue:
    """The catalogue of files that each fit their schema; adds the faults of the files against each other.

    Raises BadCatalogue if the rules of an instrument apply to a questionnaire that is not there.
    """
    terms = TerminologyResources()
    instrument_files = {name: content for name, content in files.items() if name not in SHARED_FILES}
    forms = make_published_forms(resources, instrument_files, terms, faults)
    with_rules = {name: forms.instrument(name) for name in forms.mapped}
    faults += shared_link_ids(with_rules)
    rule_files = RuleFiles(with_rules, instrument_files, files["ruleset"], files["patterns"])
    rules = make_rules(rule_files)
    advice = make_advice(files["advice"], rule_files.names, rules, files["codes"]["standard"])
    words = make_clinician_words(files["summary"])
    faults += [*rule_files.faults, *find_summary_faults(words, rules, with_rules)]
    terminology = make_terminology(files["codes"], files["sources"], files["wording"], with_rules, faults)
    facts = terminology.facts.by_id
    faults += unknown_names(rules, terminology.codes.displays, facts)
    faults += [f"{location}: no fact applies to some of its answers" for location in find_uncited_answers(rules)]
    faults += unknown_questions(instrument_files, with_rules, facts)
    faults += [*find_unknown_facts(files["advice"], facts), *find_forbidden_texts(patient_texts(advice), advice)]
    layout = make_form_layout(files.get("form"))
    faults += find_layout_faults(layout, with_rules)
    catalogue = LoadedCatalogue(
        questionnaires=forms.questionnaires,
        instruments=forms.instruments,
        newest=forms.newest,
        mapped=forms.mapped,
        editions=forms.editions,
        rules=rules,
        advice=advice,
        words=words,
        codes=terminology.codes,
        facts=terminology.facts,
        messages=terminology.messages,
        title=files["ruleset"]["title"],
        description=files["ruleset"]["description"],
        date=str(files["ruleset"]["date"]),
        asks={link: tuple(ids) for content in instrument_files.values() for link, ids in content["asks"].items()},
        excused=Excused(**files["excused"]),
        layout=layout,
    )
    # The CodeSystems are built from the questionnaires, which may name our ValueSets: those are built on first use.
    terms.below = catalogue.terms
    return catalogue


def shared_link_ids(instruments: Mapping[str, Instrument]) -> Iterator[str]:
    """A fault for each linkId that two instruments have: rules name questions by linkId alone."""
    first_with: dict[str, str] = {}
    for name, instrument in instruments.items():
        for link_id in instrument.by_link_id:
            if (other := first_with.setdefault(link_id, name)) != name:
                yield f"{name}: {other} has the linkId {link_id!r} too; rules name questions by linkId, so rename one"
