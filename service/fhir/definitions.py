"""What we publish beside the Questionnaires: CodeSystems, ValueSets and the definitions of our extensions.

https://hl7.org/fhir/R4/structuredefinition.html
"""

from collections.abc import Iterator

from service.fhir.ids import extension_url
from service.fhir.lexicon import Lexicon
from service.fhir.reading import Resource
from service.fhir.terminology import code_system_resource, published, resource_name, value_set_resource, value_set_url

EXTENSION = "http://hl7.org/fhir/StructureDefinition/Extension"


def definitions(lexicon: Lexicon, version: str, date: str) -> Iterator[Resource]:
    """Every definition, CodeSystems first: what is published later refers to them."""
    for system in lexicon.code_systems.values():
        yield code_system_resource(system, version, date)
    for system in lexicon.code_systems.values():
        yield value_set_resource(system, version, date)
    yield coded_extension("urgency", "How soon someone must be seen.", FINDING_OR_WHOLE, version, date)
    yield coded_extension(
        "confidence", "How well the answers fit a pattern.", ("ClinicalImpression.finding",), version, date
    )
    yield evidence_extension(version, date)


FINDING_OR_WHOLE = ("ClinicalImpression", "ClinicalImpression.finding")


def structure(name: str, description: str, contexts: tuple[str, ...], version: str, date: str) -> Resource:
    """What the definitions of our extensions have in common."""
    return {
        "resourceType": "StructureDefinition",
        "id": name,
        "language": "en",
        "url": extension_url(name),
        "version": version,
        "name": resource_name(name),
        **published(name.capitalize(), description, date),
        "fhirVersion": "4.0.1",
        "kind": "complex-type",
        "abstract": False,
        "context": [{"type": "element", "expression": context} for context in contexts],
        "type": "Extension",
        "baseDefinition": EXTENSION,
        "derivation": "constraint",
    }


def coded_extension(name: str, description: str, contexts: tuple[str, ...], version: str, date: str) -> Resource:
    """An extension whose value is a code of one of our ValueSets."""
    binding = {"strength": "required", "valueSet": value_set_url(name)}
    value = {
        "id": "Extension.value[x]",
        "path": "Extension.value[x]",
        "min": 1,
        "type": [{"code": "code"}],
        "binding": binding,
    }
    elements = [root(description), nothing_inside("Extension"), fixed_url("Extension", extension_url(name)), value]
    return {**structure(name, description, contexts, version, date), "differential": {"element": elements}}


def root(description: str) -> Resource:
    return {"id": "Extension", "path": "Extension", "max": "1", "definition": description}


def nothing_inside(id: str) -> Resource:
    return {"id": f"{id}.extension", "path": "Extension.extension", "max": "0"}


def fixed_url(id: str, url: str) -> Resource:
    path = "Extension.extension.url" if "." in id else "Extension.url"
    return {"id": f"{id}.url", "path": path, "fixedUri": url}


# The parts of the evidence extension: name, type of value (none: it holds parts), how often, what it says.
EVIDENCE_PARTS = (
    ("rule", "code", "1", "1", "The pattern or red flag whose rule was judged."),
    ("version", "string", "1", "1", "The version of the rule set."),
    ("score", "integer", "0", "1", "The sum of the weights of the lines."),
    ("minimum", "integer", "0", "1", "The score from which the pattern is reported."),
    ("line", None, "0", "*", "One line that counted: weight, answers (linkId and value), fact ids."),
    ("not-judged", None, "0", "*", "What was left open or unknown, and so not counted."),
)


def evidence_extension(version: str, date: str) -> Resource:
    """The extension that says why a finding is there."""
    description = "Why a finding is there: the rule and its version, each line that counted, what could not be judged."
    elements = [
        {"id": "Extension", "path": "Extension", "max": "1", "definition": description},
        {"id": "Extension.extension", "path": "Extension.extension", "slicing": slicing()},
    ]
    for name, kind, least, most, definition in EVIDENCE_PARTS:
        elements += evidence_part(name, kind, least, most, definition)
    elements += [
        fixed_url("Extension", extension_url("evidence")),
        {"id": "Extension.value[x]", "path": "Extension.value[x]", "max": "0"},
    ]
    made = structure("evidence", description, ("ClinicalImpression.finding",), version, date)
    return {**made, "differential": {"element": elements}}


def slicing() -> Resource:
    return {"discriminator": [{"type": "value", "path": "url"}], "rules": "closed"}


def evidence_part(name: str, kind: str | None, least: str, most: str, definition: str) -> list[Resource]:
    """The elements of one part; a part without a value holds extensions of its own."""
    id, path = f"Extension.extension:{name}", "Extension.extension"
    head: Resource = {
        "id": id,
        "path": path,
        "sliceName": name,
        "min": int(least),
        "max": most,
        "definition": definition,
    }
    url = fixed_url(id, name)
    if kind is None:
        return [head, url, {"id": f"{id}.value[x]", "path": f"{path}.value[x]", "max": "0"}]
    return [
        head,
        {"id": f"{id}.extension", "path": f"{path}.extension", "max": "0"},
        url,
        {"id": f"{id}.value[x]", "path": f"{path}.value[x]", "min": 1, "type": [{"code": kind}]},
    ]
