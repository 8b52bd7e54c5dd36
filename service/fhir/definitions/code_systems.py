"""Our CodeSystems and ValueSets as FHIR resources, made from those of mappings/codes.yaml.

https://hl7.org/fhir/R4/codesystem.html
"""

from collections.abc import Iterable

from service.fhir.ids import BASE, code_system_url, value_set_url
from service.fhir.r4.types import Resource
from service.fhir.terminology.code_systems import CodeSystem, Concept, ConceptProperty, walk_concepts
from service.fhir.terminology.facts import Fact
from service.screening.instruments.instrument import Instrument, Item, walk_items

PUBLISHER = "Sural"
COPYRIGHT = "Copyright © 2026 Sural. Licensed under the Apache License, Version 2.0."
LOINC_NOTICE = (
    "This material contains content from LOINC (http://loinc.org). LOINC is copyright © Regenstrief Institute, Inc."
    " and the Logical Observation Identifiers Names and Codes (LOINC) Committee and is available at no cost under"
    " the license at http://loinc.org/license. LOINC® is a registered United States trademark of Regenstrief"
    " Institute, Inc."
)
FACT_PROPERTIES = (
    ConceptProperty("document", "string", "The document that states it."),
    ConceptProperty("section", "string", "The heading under which it stands."),
    ConceptProperty(
        "addition", "boolean", "Whether it stands in no document and was added for safety or to make words countable."
    ),
)


def answer_concepts(instrument: Instrument, system: str) -> tuple[Concept, ...]:
    """Returns the questions of a questionnaire that have a code in our CodeSystem, with their answers as children."""
    url = code_system_url(system)
    root = tuple(Concept(c.code or "", c.display or "") for c in instrument.code if c.system == url)
    questions = (question_concept(item, url) for item in walk_items(instrument.items))
    return root + tuple(concept for concept in questions if concept is not None)


def question_concept(item: Item, url: str) -> Concept | None:
    """Returns a question with its answers; None if it has no code in the CodeSystem of this url."""
    code = next((c for c in item.code if c.system == url), None)
    if code is None:
        return None
    answers = tuple(Concept(v.code or "", v.display or "") for v in item.codings_in_order if v.system == url)
    return Concept(code.code or "", code.display or "", item.text, answers)


def code_system_resource(system: CodeSystem, version: str, date: str) -> Resource:
    """Returns the CodeSystem resource with all its concepts."""
    return {
        "resourceType": "CodeSystem",
        "id": system.name,
        "language": "en",
        "extension": [version_algorithm()],
        "url": code_system_url(system.name),
        "identifier": [{"system": f"{BASE}/id", "value": system.name}],
        "version": version,
        "name": resource_name(system.name),
        **publication_header(system.title, system.description, date),
        "caseSensitive": True,
        "valueSet": value_set_url(system.name),
        "hierarchyMeaning": "grouped-by",
        "content": "complete",
        "count": sum(1 for _ in walk_concepts(system.concepts)),
        **({"property": [property_resource(entry) for entry in system.properties]} if system.properties else {}),
        "concept": concept_list(system.concepts),
    }


def concept_list(concepts: Iterable[Concept]) -> list[Resource]:
    """Returns ``CodeSystem.concept`` or ``concept.concept``."""
    return [
        {
            "code": concept.code,
            "display": concept.display,
            **({"definition": concept.definition} if concept.definition else {}),
            **({"property": property_values(concept)} if concept.properties else {}),
            **({"concept": concept_list(concept.concepts)} if concept.concepts else {}),
        }
        for concept in concepts
    ]


def property_resource(entry: ConceptProperty) -> Resource:
    """Returns one ``CodeSystem.property``."""
    uri = f"{BASE}/concept-property/{entry.code}"
    return {"code": entry.code, "uri": uri, "description": entry.description, "type": entry.type}


def property_values(concept: Concept) -> list[Resource]:
    """Returns ``concept.property``."""
    return [
        {"code": code, "valueBoolean" if isinstance(value, bool) else "valueString": value}
        for code, value in concept.properties.items()
    ]


def fact_concept(fact: Fact, source: str) -> Concept:
    """Returns a fact as a concept. ``source`` says in words where it is from, its properties say it in data."""
    properties: dict[str, str | bool] = {"addition": fact.is_addition}
    if fact.document is not None:
        properties |= {"document": fact.document, "section": fact.section or ""}
    return Concept(fact.id, fact.statement, source, (), properties)


def value_set_resource(system: CodeSystem, version: str, date: str) -> Resource:
    """Returns the ValueSet of all codes of one of our CodeSystems."""
    return {
        "resourceType": "ValueSet",
        "id": system.name,
        "language": "en",
        "extension": [version_algorithm()],
        "url": value_set_url(system.name),
        "identifier": [{"system": f"{BASE}/id", "value": system.name}],
        "version": version,
        "name": resource_name(system.name),
        **publication_header(system.title, f'All codes of the CodeSystem "{system.title}".', date),
        "immutable": True,
        "compose": {"include": [{"system": code_system_url(system.name)}]},
    }


def publication_header(title: str, description: str, date: str) -> Resource:
    """Returns the elements that all resources published by us share, except for the Questionnaires."""
    return {
        "title": title,
        "status": "active",
        "experimental": False,
        "date": date,
        "publisher": PUBLISHER,
        "description": description,
        "copyright": COPYRIGHT,
    }


def without_newer_codes(resource: Resource) -> Resource:
    """Returns the resource without the extensions whose codes are newer than R4: a validating server refuses them."""
    url = version_algorithm()["url"]
    kept = [extension for extension in resource.get("extension", ()) if extension["url"] != url]
    others = {name: element for name, element in resource.items() if name not in ("extension", "_derivedFrom")}
    return {**others, "extension": kept} if kept else others


def version_algorithm() -> Resource:
    """Returns the extension that says how to compare two versions: required beside ``version`` by SDC 4.0.0 (sdc-2).

    https://hl7.org/fhir/extensions/StructureDefinition-artifact-versionAlgorithm.html
    """
    return {
        "url": "http://hl7.org/fhir/StructureDefinition/artifact-versionAlgorithm",
        "valueCoding": {"system": "http://hl7.org/fhir/version-algorithm", "code": "semver", "display": "SemVer"},
    }


def resource_name(name: str) -> str:
    """Returns the computer-friendly name: ``SuralRedFlag`` for ``red-flag``."""
    return "Sural" + "".join(word.capitalize() for word in name.split("-"))
