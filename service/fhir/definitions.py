"""What we publish beside the Questionnaires: CodeSystems, ValueSets and the definitions of our extensions.

https://hl7.org/fhir/R4/structuredefinition.html
"""

from collections.abc import Iterator

from service.fhir.extensions import CORE, EXTENSIONS, Extension, elements
from service.fhir.ids import extension_url
from service.fhir.lexicon import Lexicon
from service.fhir.reading import Resource
from service.fhir.terminology import code_system_resource, published, resource_name, value_set_resource


def definitions(lexicon: Lexicon, version: str, date: str) -> Iterator[Resource]:
    """Every definition, CodeSystems first: what is published later refers to them."""
    for system in lexicon.code_systems.values():
        yield code_system_resource(system, version, date)
    for system in lexicon.code_systems.values():
        yield value_set_resource(system, version, date)
    for extension in EXTENSIONS:
        yield structure(extension, version, date)


def structure(extension: Extension, version: str, date: str) -> Resource:
    """The definition of one of our extensions. Snapshot and differential are the same: both say everything."""
    made, name = elements(extension.whole), extension.name
    return {
        "resourceType": "StructureDefinition",
        "id": name,
        "language": "en",
        "url": extension_url(name),
        "version": version,
        "name": resource_name(name),
        **published(name.capitalize().replace("-", " "), extension.whole.definition, date),
        "fhirVersion": "4.0.1",
        "kind": "complex-type",
        "abstract": False,
        "context": [{"type": "element", "expression": context} for context in extension.contexts],
        "type": "Extension",
        "baseDefinition": f"{CORE}/Extension",
        "derivation": "constraint",
        "snapshot": {"element": made},
        "differential": {"element": made},
    }
