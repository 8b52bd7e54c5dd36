"""Our CodeSystems and ValueSets as FHIR resources, made from the lexicon.

https://hl7.org/fhir/R4/codesystem.html
"""

from collections.abc import Iterable

from service.fhir.ids import BASE, code_system
from service.fhir.lexicon import CodeSystem, Concept, Fact, walk
from service.fhir.reading import Resource
from service.screening.instrument import Instrument, Item
from service.screening.instrument import walk as walk_items

PUBLISHER = "Sural"
FACT_PROPERTIES = (
    ("document", "string", "The document that states it."),
    ("section", "string", "The heading under which it stands."),
    ("addition", "boolean", "Whether it stands in no document and was added for safety or to make words countable."),
)


def answer_concepts(instrument: Instrument, system: str) -> tuple[Concept, ...]:
    """The questions of a questionnaire that our CodeSystem codes, each with its answers below it."""
    url = code_system(system)
    root = tuple(Concept(c.code or "", c.display or "") for c in instrument.code if c.system == url)
    asked = (question_concept(item, url) for item in walk_items(instrument.items))
    return root + tuple(concept for concept in asked if concept is not None)


def question_concept(item: Item, url: str) -> Concept | None:
    code = next((c for c in item.code if c.system == url), None)
    if code is None:
        return None
    values = (option.value for option in item.options if option.kind == "Coding")
    answers = tuple(Concept(v.code, v.display or "") for v in values if v.system == url)
    return Concept(code.code or "", code.display or "", item.text, answers)


def code_system_resource(system: CodeSystem, version: str, date: str) -> Resource:
    """A complete CodeSystem."""
    return {
        "resourceType": "CodeSystem",
        "id": system.name,
        "language": "en",
        "url": code_system(system.name),
        "identifier": [{"system": f"{BASE}/id", "value": system.name}],
        "version": version,
        "name": resource_name(system.name),
        **published(system.title, system.description, date),
        "caseSensitive": True,
        "valueSet": value_set_url(system.name),
        "hierarchyMeaning": "grouped-by",
        "compositional": False,
        "versionNeeded": False,
        "content": "complete",
        "count": sum(1 for _ in walk(system.concepts)),
        **({"property": [property_resource(*given) for given in system.properties]} if system.properties else {}),
        "concept": concepts(system.concepts),
    }


def concepts(given: Iterable[Concept]) -> list[Resource]:
    return [
        {
            "code": concept.code,
            "display": concept.display,
            **({"definition": concept.definition} if concept.definition else {}),
            **({"property": property_values(concept)} if concept.properties else {}),
            **({"concept": concepts(concept.concepts)} if concept.concepts else {}),
        }
        for concept in given
    ]


def property_resource(code: str, kind: str, description: str) -> Resource:
    return {"code": code, "uri": f"{BASE}/concept-property/{code}", "description": description, "type": kind}


def property_values(concept: Concept) -> list[Resource]:
    return [
        {"code": code, "valueBoolean" if isinstance(value, bool) else "valueString": value}
        for code, value in concept.properties.items()
    ]


def fact_concept(fact: Fact, source: str) -> Concept:
    """A fact of the register as a code: its statement, and where it stands or that it was added."""
    place: dict[str, str | bool] = {"addition": fact.is_addition}
    if fact.document is not None:
        place |= {"document": fact.document, "section": fact.section or ""}
    return Concept(fact.id, fact.statement, source, (), place)


def value_set_resource(system: CodeSystem, version: str, date: str) -> Resource:
    """The ValueSet of all codes of one of our CodeSystems."""
    return {
        "resourceType": "ValueSet",
        "id": system.name,
        "language": "en",
        "url": value_set_url(system.name),
        "identifier": [{"system": f"{BASE}/id", "value": system.name}],
        "version": version,
        "name": resource_name(system.name),
        **published(system.title, f'All codes of the CodeSystem "{system.title}".', date),
        "immutable": True,
        "compose": {"include": [{"system": code_system(system.name)}]},
    }


def published(title: str, description: str, date: str) -> Resource:
    """What our published resources have in common."""
    return {
        "title": title,
        "status": "active",
        "experimental": False,
        "date": date,
        "publisher": PUBLISHER,
        "description": description,
    }


def value_set_url(name: str) -> str:
    return f"{BASE}/ValueSet/{name}"


def resource_name(name: str) -> str:
    """A computer-friendly name."""
    return "Sural" + "".join(word.capitalize() for word in name.split("-"))
