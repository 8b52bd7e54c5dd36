"""The numbered facts of mappings/sources.yaml, and how results cite them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from service.fhir.frozen_json import FrozenObject
from service.fhir.terminology.messages import Messages


@dataclass(frozen=True)
class Fact:
    """A numbered fact: from a section of a document (``SC-012``), or an addition (``EX-44``) with its basis."""

    id: str
    statement: str
    kinds: tuple[str, ...]
    document: str | None = None
    section: str | None = None
    basis: str | None = None

    @property
    def is_addition(self) -> bool:
        """True if no document states the fact."""
        return self.document is None


@dataclass(frozen=True)
class FactIndex:
    """All facts by id, the titles of the documents by name, and the sentences that cite them."""

    by_id: Mapping[str, Fact]
    documents: Mapping[str, str]
    messages: Messages

    @cached_property
    def citations(self) -> dict[str, str]:
        """The citation of each fact by its id; the citation of an addition is marked."""
        return {
            id: self.messages.message("basis", "addition", fact=id) if fact.is_addition else id
            for id, fact in self.by_id.items()
        }

    def cite_facts(self, facts: Iterable[str]) -> str:
        """Returns the citations of facts, each once, separated by commas."""
        key = tuple(facts)
        found = self.joined_citations.get(key)
        if found is None:
            found = self.joined_citations[key] = ", ".join(self.citations[id] for id in dict.fromkeys(key))
        return found

    @cached_property
    def joined_citations(self) -> dict[tuple[str, ...], str]:
        """Texts of ``cite_facts`` by its argument. There are as many as lines of rules, and every result repeats them.

        This serves "leg pain, full: assess and compose" of `make bench`.
        """
        return {}

    def fact_source(self, fact: Fact) -> str:
        """Returns the document and section of a fact, or the basis of an addition."""
        if fact.document is None:
            return self.messages.message("fact", "addition", basis=fact.basis)
        return self.messages.message("fact", "source", document=self.documents[fact.document], section=fact.section)


def fact_extensions(facts: Iterable[str]) -> list[FrozenObject]:
    """Returns an extension part ``fact`` for each fact id."""
    return list(map(fact_extension, facts))


@lru_cache(4096)
def fact_extension(fact: str) -> FrozenObject:
    """Returns the extension part ``fact`` of a fact id.

    The cache serves "from bytes to the bytes of the Bundle" of `make bench`.
    """
    return FrozenObject(url="fact", valueCode=fact)
