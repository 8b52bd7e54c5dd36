"""Every resource that this service publishes, in an order in which no resource refers to a later one."""

from collections.abc import Mapping
from typing import Protocol

from service.fhir.definitions.plan_definition import plan_definition
from service.fhir.definitions.structure_definitions import definitions
from service.fhir.r4.types import Resource
from service.fhir.terminology.code_systems import CodeSystems
from service.fhir.terminology.facts import FactIndex
from service.screening.instruments.instrument import Instrument
from service.screening.rules.assessment import RuleSet


class PublishableContent(Protocol):
    """Questionnaires and rules, with the title, description and date of the rule set."""

    @property
    def questionnaires(self) -> tuple[Resource, ...]:
        """The Questionnaires, all versions."""

    @property
    def newest(self) -> Mapping[str, Instrument]:
        """The newest active version of each instrument, by canonical url."""

    @property
    def mapped(self) -> Mapping[str, str]:
        """The canonical url of each instrument that has rules, by name."""

    @property
    def rules(self) -> RuleSet:
        """The rule set."""

    @property
    def codes(self) -> CodeSystems:
        """The CodeSystems of this service."""

    @property
    def facts(self) -> FactIndex:
        """The facts that the rules cite."""

    @property
    def title(self) -> str:
        """The title of the rule set."""

    @property
    def description(self) -> str:
        """The description of the rule set."""

    @property
    def date(self) -> str:
        """The date of publication, a FHIR date."""


def published_resources(content: PublishableContent) -> list[Resource]:
    """CodeSystems, ValueSets, StructureDefinitions, Questionnaires and the PlanDefinition."""
    made = definitions(content.codes, content.rules.version, content.date)
    return [*made, *content.questionnaires, published_plan(content)]


def published_plan(content: PublishableContent) -> Resource:
    """The rule set as a PlanDefinition."""
    instruments = {name: content.newest[url] for name, url in content.mapped.items()}
    return plan_definition(
        content.rules, instruments, content.codes, content.facts, content.title, content.description, content.date
    )
