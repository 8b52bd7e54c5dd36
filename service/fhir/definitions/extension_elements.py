"""The ElementDefinitions of our extensions, complete enough for a snapshot.

https://hl7.org/fhir/R4/elementdefinition.html
"""

from collections.abc import Iterator

from service.fhir.definitions.extensions import CORE, ExtensionPart
from service.fhir.ids import extension_url, value_set_url
from service.fhir.r4.types import Resource


def element_definitions(whole: ExtensionPart) -> list[Resource]:
    """Returns the elements of an extension, complete enough for a snapshot."""
    return list(part_elements(whole, "Extension", "Extension", extension_url(whole.name)))


def part_elements(part: ExtensionPart, id: str, path: str, url: str) -> Iterator[Resource]:
    """Yields the elements of one part: itself, the parts inside it, its url, its value."""
    itself = element_definition(id, path, part.least, part.most, part.definition)
    yield itself if id == "Extension" else {**itself, "sliceName": part.name}
    yield from inner_elements(part, id, path)
    yield {**element_definition(f"{id}.url", f"{path}.url", 1, "1", "Names the extension."), "fixedUri": url}
    if part.type is None:
        yield element_definition(f"{id}.value[x]", f"{path}.value[x]", 0, "0", "No value of its own.")
        return
    value = {
        **element_definition(f"{id}.value[x]", f"{path}.value[x]", 1, "1", part.definition),
        "type": [{"code": part.type}],
    }
    binding = part.value_set and {"strength": "required", "valueSet": value_set_url(part.value_set)}
    yield {**value, "binding": binding} if binding else value


def inner_elements(part: ExtensionPart, id: str, path: str) -> Iterator[Resource]:
    """Yields the elements of the parts inside a part, or the prohibition of any."""
    if not part.parts:
        yield element_definition(f"{id}.extension", f"{path}.extension", 0, "0", "Nothing inside.")
        return
    least = sum(inner.least for inner in part.parts)
    slicing = {"discriminator": [{"type": "value", "path": "url"}], "rules": "closed"}
    yield {**element_definition(f"{id}.extension", f"{path}.extension", least, "*", "The parts."), "slicing": slicing}
    for inner in part.parts:
        yield from part_elements(inner, f"{id}.extension:{inner.name}", f"{path}.extension", inner.name)


# Cardinality of the elements in the base definition.
BASE_CARDINALITY = {"Extension": (0, "*"), "extension": (0, "*"), "url": (1, "1"), "value[x]": (0, "1")}
FHIR_TYPE = {"url": f"{CORE}/structuredefinition-fhir-type", "valueUrl": "uri"}
SYSTEM_STRING = {"extension": [FHIR_TYPE], "code": "http://hl7.org/fhirpath/System.String"}
TYPES: dict[str, list[Resource]] = {"extension": [{"code": "Extension"}], "url": [SYSTEM_STRING]}


def element_definition(id: str, path: str, least: int, most: str, definition: str) -> Resource:
    """Returns one ElementDefinition, complete enough for a snapshot."""
    last = path.rsplit(".", 1)[-1]
    low, high = BASE_CARDINALITY[last]
    element = {
        "id": id,
        "path": path,
        "short": definition,
        "definition": definition,
        "min": least,
        "max": most,
        "base": {"path": "Extension" if last == "Extension" else f"Extension.{last}", "min": low, "max": high},
    }
    return {**element, "type": TYPES[last]} if last in TYPES else element
