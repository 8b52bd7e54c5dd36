"""The definitions that we publish: CodeSystems, ValueSets, and StructureDefinitions of our extensions.

https://hl7.org/fhir/R4/structuredefinition.html
"""

from collections.abc import Iterator

from service.fhir.definitions.code_systems import (
    code_system_resource,
    publication_header,
    resource_name,
    value_set_resource,
    version_algorithm,
)
from service.fhir.definitions.extension_elements import element_definitions
from service.fhir.definitions.extensions import CORE, EXTENSIONS, Extension
from service.fhir.ids import extension_url
from service.fhir.r4.types import Resource
from service.fhir.terminology.code_systems import CodeSystems


def definitions(codes: CodeSystems, version: str, date: str) -> Iterator[Resource]:
    """Yields every definition. CodeSystems are first: later definitions refer to them."""
    for system in codes.systems.values():
        yield code_system_resource(system, version, date)
    for system in codes.systems.values():
        yield value_set_resource(system, version, date)
    for extension in EXTENSIONS:
        yield structure_definition(extension, version, date)


def structure_definition(extension: Extension, version: str, date: str) -> Resource:
    """Returns the definition of one of our extensions. Its differential is complete, so equal to its snapshot."""
    elements, name = element_definitions(extension.whole), extension.name
    return {
        "resourceType": "StructureDefinition",
        "id": name,
        "language": "en",
        "extension": [version_algorithm()],
        "url": extension_url(name),
        "version": version,
        "name": resource_name(name),
        **publication_header(name.capitalize().replace("-", " "), extension.whole.definition, date),
        "fhirVersion": "4.0.1",
        "kind": "complex-type",
        "abstract": False,
        "context": [{"type": "element", "expression": context} for context in extension.contexts],
        "type": "Extension",
        "baseDefinition": f"{CORE}/Extension",
        "derivation": "constraint",
        "snapshot": {"element": elements},
        "differential": {"element": elements},
    }
