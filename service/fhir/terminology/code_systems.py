"""Our CodeSystems with their concepts, and the Codings and CodeableConcepts that results contain.

https://hl7.org/fhir/R4/codesystem.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from service.fhir.frozen_json import FrozenObject, freeze_object
from service.fhir.ids import code_system_url
from service.fhir.r4.types import Resource
from service.screening.instruments.typed_value import Coding


@dataclass(frozen=True, slots=True)
class Concept:
    """One concept of our CodeSystems, with its child concepts and the values of its properties by name."""

    code: str
    display: str
    definition: str | None = None
    concepts: tuple["Concept", ...] = ()
    properties: Mapping[str, str | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConceptProperty:
    """One entry of ``CodeSystem.property``: ``type`` is the FHIR type of its values (``string``, ``boolean``)."""

    code: str
    type: str
    description: str


@dataclass(frozen=True)
class CodeSystem:
    """One of our CodeSystems. Its url is derived from ``name``; ``properties`` defines those of its concepts."""

    name: str
    title: str
    description: str
    concepts: tuple[Concept, ...]
    properties: tuple[ConceptProperty, ...] = ()

    @property
    def displays(self) -> dict[str, str]:
        """The display of every code, at any depth."""
        return {concept.code: concept.display for concept in walk_concepts(self.concepts)}


@dataclass(frozen=True)
class CodeSystems:
    """All our CodeSystems by name.

    ``displays``: the display by CodeSystem name and code, for example ``displays["urgency"]["soon"]``.
    ``bindings``: the code (of ours) or Coding (of a standard) that results contain, by the name in codes.yaml.
    """

    systems: Mapping[str, CodeSystem]
    displays: Mapping[str, Mapping[str, str]]
    bindings: Mapping[str, Any]

    def coding(self, system: str, code: str) -> Resource:
        """Returns a new Coding of one of our codes: ``coding("urgency", "soon")``."""
        return {"system": code_system_url(system), "code": code, "display": self.displays[system][code]}

    def codeable_concept(self, system: str, code: str) -> FrozenObject:
        """Returns the CodeableConcept of one of our codes."""
        return self.concepts[system][code]

    @cached_property
    def concepts(self) -> Mapping[str, Mapping[str, FrozenObject]]:
        """The CodeableConcepts of all our codes, by CodeSystem name and code.

        They are made once: this serves "from bytes to the bytes of the Bundle" of `make bench`.
        """
        return {
            system: {
                code: freeze_object({"coding": [self.coding(system, code)], "text": display})
                for code, display in displays.items()
            }
            for system, displays in self.displays.items()
        }


def walk_concepts(concepts: Iterable[Concept]) -> Iterable[Concept]:
    """Yields every concept of a tree, each before its children."""
    for concept in concepts:
        yield concept
        yield from walk_concepts(concept.concepts)


def coding_json(coding: Coding) -> Resource:
    """Returns a Coding as new JSON, without the elements that it lacks."""
    elements = {"system": coding.system, "code": coding.code, "display": coding.display}
    return {name: value for name, value in elements.items() if value is not None}
