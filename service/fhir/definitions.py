"""What we publish beside the Questionnaires: CodeSystems, ValueSets and the definitions of our extensions.

https://hl7.org/fhir/R4/structuredefinition.html
"""

from collections.abc import Iterator

from service.fhir.ids import extension_url
from service.fhir.lexicon import Lexicon
from service.fhir.reading import Resource
from service.fhir.terminology import code_system_resource, published, resource_name, value_set_resource, value_set_url

CORE = "http://hl7.org/fhir/StructureDefinition"
EXTENSION = f"{CORE}/Extension"


FINDING_OR_WHOLE = ("ClinicalImpression", "ClinicalImpression.finding")
FINDING = ("ClinicalImpression.finding",)
# The parts of the evidence extension: name, type of value (none: it holds parts), how often, what it says.
EVIDENCE_PARTS = (
    ("rule", "code", 1, "1", "The pattern or red flag whose rule was judged."),
    ("version", "string", 1, "1", "The version of the rule set."),
    ("score", "integer", 0, "1", "The sum of the weights of the lines."),
    ("minimum", "integer", 0, "1", "The score from which the pattern is reported."),
    ("line", None, 0, "*", "One line that counted: weight, answers (linkId and value), fact ids."),
    ("not-judged", None, 0, "*", "What was left open or unknown, and so not counted."),
)


def definitions(lexicon: Lexicon, version: str, date: str) -> Iterator[Resource]:
    """Every definition, CodeSystems first: what is published later refers to them."""
    for system in lexicon.code_systems.values():
        yield code_system_resource(system, version, date)
    for system in lexicon.code_systems.values():
        yield value_set_resource(system, version, date)
    urgency = coded("urgency", "How soon someone must be seen.")
    yield structure("urgency", "How soon someone must be seen.", FINDING_OR_WHOLE, urgency, version, date)
    confidence = coded("confidence", "How well the answers fit a pattern.")
    yield structure("confidence", "How well the answers fit a pattern.", FINDING, confidence, version, date)
    about = "Why a finding is there: the rule and its version, each line that counted, what could not be judged."
    yield structure("evidence", about, FINDING, evidence(about), version, date)


def structure(
    name: str, description: str, contexts: tuple[str, ...], elements: list[Resource], version: str, date: str
) -> Resource:
    """The definition of one of our extensions. Snapshot and differential are the same: both say everything."""
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
        "snapshot": {"element": elements},
        "differential": {"element": elements},
    }


def coded(name: str, definition: str) -> list[Resource]:
    """The elements of an extension whose value is a code of one of our ValueSets."""
    binding = {"strength": "required", "valueSet": value_set_url(name)}
    value = {**element("Extension.value[x]", "Extension.value[x]", 1, "1", "The code."), "type": [{"code": "code"}]}
    return [
        element("Extension", "Extension", 0, "1", definition),
        element("Extension.extension", "Extension.extension", 0, "0", "Nothing inside."),
        url_element("Extension", extension_url(name)),
        {**value, "binding": binding},
    ]


def evidence(definition: str) -> list[Resource]:
    """The elements of the extension that says why a finding is there."""
    parts = element("Extension.extension", "Extension.extension", 2, "*", "The parts of the evidence.")
    slicing = {"discriminator": [{"type": "value", "path": "url"}], "rules": "closed"}
    return [
        element("Extension", "Extension", 0, "1", definition),
        {**parts, "slicing": slicing},
        *(made for part in EVIDENCE_PARTS for made in evidence_part(*part)),
        url_element("Extension", extension_url("evidence")),
        element("Extension.value[x]", "Extension.value[x]", 0, "0", "No value of its own."),
    ]


def evidence_part(name: str, kind: str | None, least: int, most: str, definition: str) -> list[Resource]:
    """The elements of one part; a part without a value holds extensions of its own."""
    id, path = f"Extension.extension:{name}", "Extension.extension"
    head = {**element(id, path, least, most, definition), "sliceName": name}
    if kind is None:
        parts = element(f"{id}.extension", f"{path}.extension", 0, "*", "The parts.")
        value = element(f"{id}.value[x]", f"{path}.value[x]", 0, "0", "No value of its own.")
        return [head, parts, url_element(id, name), value]
    inside = element(f"{id}.extension", f"{path}.extension", 0, "0", "Nothing inside.")
    value = {**element(f"{id}.value[x]", f"{path}.value[x]", 1, "1", definition), "type": [{"code": kind}]}
    return [head, inside, url_element(id, name), value]


# How the elements stand in the base definition.
BASE_CARDINALITY = {"Extension": (0, "*"), "extension": (0, "*"), "url": (1, "1"), "value[x]": (0, "1")}
FHIR_TYPE = {"url": f"{CORE}/structuredefinition-fhir-type", "valueUrl": "uri"}
SYSTEM_STRING = {"extension": [FHIR_TYPE], "code": "http://hl7.org/fhirpath/System.String"}
TYPES: dict[str, list[Resource]] = {"extension": [{"code": "Extension"}], "url": [SYSTEM_STRING]}


def element(id: str, path: str, least: int, most: str, definition: str) -> Resource:
    """One element, complete enough for a snapshot."""
    last = path.rsplit(".", 1)[-1]
    low, high = BASE_CARDINALITY[last]
    made = {
        "id": id,
        "path": path,
        "short": definition,
        "definition": definition,
        "min": least,
        "max": most,
        "base": {"path": "Extension" if last == "Extension" else f"Extension.{last}", "min": low, "max": high},
    }
    return {**made, "type": TYPES[last]} if last in TYPES else made


def url_element(id: str, url: str) -> Resource:
    path = "Extension.extension.url" if ":" in id else "Extension.url"
    return {**element(f"{id}.url", path, 1, "1", "Names the extension."), "fixedUri": url}
