"""Security labels of results: those of the responses that a result is made from, and who asserts it.

https://hl7.org/fhir/R4/security-labels.html
"""

from collections.abc import Iterable

from service.fhir.r4.types import Resource
from service.fhir.results.knowledge_base import KnowledgeBase
from service.fhir.results.submission import SourceResponse

# The bindings in codes.yaml.
PATIENT, SOFTWARE = "asserted-by-patient", "asserted-by-software"


def labels_of(sources: Iterable[SourceResponse]) -> list[Resource]:
    """Returns the labels of all these responses, each once."""
    labels: list[Resource] = []
    for source in sources:
        labels += [label for label in source.resource.get("meta", {}).get("security", ()) if label not in labels]
    return labels


def with_labels(resource: Resource, labels: list[Resource]) -> Resource:
    """Returns a result with these labels beside its own."""
    if not labels:
        return resource
    own = resource.get("meta", {}).get("security", [])
    added = [label for label in labels if label not in own]
    return {**resource, "meta": {**resource.get("meta", {}), "security": [*own, *added]}}


def asserter(name: str, knowledge: KnowledgeBase) -> list[Resource]:
    """Returns the label of who asserts a result, ``PATIENT`` or ``SOFTWARE``; none without the setting."""
    return [dict(knowledge.codes.bindings[name])] if knowledge.asserter_labels else []
