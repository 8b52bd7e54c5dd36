"""Whether a code is a member of a ValueSet, as far as the ValueSets and CodeSystems at hand can tell.

https://hl7.org/fhir/R4/valueset.html#compositions
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from service.fhir.reading import Resource
from service.screening.instrument import Coding
from service.screening.logic import Truth, every, negated, some

Members = Callable[[Coding], Truth]
MAX_DEPTH = 16


class Terms:
    """ValueSets and CodeSystems at hand: ``own`` ones by their id, all by url and url|version; then those ``below``."""

    def __init__(self, resources: Iterable[Resource] = (), below: "Terms | None" = None) -> None:
        self.below = below
        self.known: dict[tuple[str, str], Resource] = {}
        self.add(resources)

    def add(self, resources: Iterable[Resource]) -> None:
        """Takes in resources; what is no ValueSet or CodeSystem is passed over."""
        for resource in resources:
            kind, url = resource.get("resourceType"), resource.get("url")
            if kind not in ("ValueSet", "CodeSystem"):
                continue
            if "id" in resource:
                self.known[kind, f"#{resource['id']}"] = resource
            if url:
                self.known[kind, url] = self.known[kind, f"{url}|{resource.get('version', '')}"] = resource

    def find(self, kind: str, canonical: str) -> Resource | None:
        """What a canonical names; "#id" is looked up here alone."""
        found = self.known.get((kind, canonical))
        if found is None and self.below is not None and not canonical.startswith("#"):
            return self.below.find(kind, canonical)
        return found


@dataclass(frozen=True)
class Binding:
    """The value set that a question names. It is taken apart when the first code is looked up."""

    canonical: str
    terms: Terms

    def __call__(self, coding: Coding) -> Truth:
        return self.members(coding)

    @cached_property
    def members(self) -> Members:
        return value_set(self.canonical, self.terms)

    @property
    def is_known(self) -> bool:
        """Whether the value set itself is at hand."""
        return self.terms.find("ValueSet", self.canonical) is not None


def untold(coding: Coding) -> Truth:
    """The members of what is not known."""
    return None


def value_set(canonical: str, terms: Terms, depth: int = 0) -> Members:
    """The members of a ValueSet."""
    resource = terms.find("ValueSet", canonical)
    if resource is None or depth > MAX_DEPTH:
        return untold
    if "compose" in resource:
        composed = composition(resource["compose"], terms, depth)
        listed = expansion(resource["expansion"]) if "expansion" in resource else untold
        return lambda coding: listed(coding) if composed(coding) is None else composed(coding)
    return expansion(resource["expansion"]) if "expansion" in resource else untold


def composition(compose: Resource, terms: Terms, depth: int) -> Members:
    """What is included and not excluded."""
    included = [clause(entry, terms, depth) for entry in compose.get("include", ())]
    excluded = [clause(entry, terms, depth) for entry in compose.get("exclude", ())]

    def members(coding: Coding) -> Truth:
        return every((some(m(coding) for m in included), negated(some(m(coding) for m in excluded))))

    return members


def clause(entry: Resource, terms: Terms, depth: int) -> Members:
    """One include or exclude: a member of its system and of all the value sets it names."""
    parts = [value_set(canonical, terms, depth + 1) for canonical in entry.get("valueSet", ())]
    if "system" in entry:
        parts.append(of_system(entry, terms))
    return lambda coding: every(part(coding) for part in parts)


def of_system(entry: Resource, terms: Terms) -> Members:
    """The codes that an entry takes of a system: those it lists, those that pass its filters, or all."""
    system = entry["system"]
    if "concept" in entry:
        codes: frozenset[str] | None = frozenset(concept["code"] for concept in entry["concept"])
    else:
        codes = codes_of(entry, terms)

    def members(coding: Coding) -> Truth:
        if coding.system != system:
            return False
        return None if codes is None else coding.code in codes

    return members


def codes_of(entry: Resource, terms: Terms) -> frozenset[str] | None:
    """The codes of a CodeSystem at hand that pass the filters; None when that cannot be told."""
    version = f"|{entry['version']}" if "version" in entry else ""
    resource = terms.find("CodeSystem", f"{entry['system']}{version}")
    if resource is None or resource.get("content") != "complete":
        return None
    concepts = list(tree(resource.get("concept", ()), ()))
    for given in entry.get("filter", ()):
        passes = FILTERS.get(given.get("op"))
        if passes is None or given.get("property") not in ("concept", "code"):
            return None
        concepts = [each for each in concepts if passes(each, given.get("value", ""))]
    return frozenset(code for code, _ in concepts)


# A code with the codes above it.
Concept = tuple[str, tuple[str, ...]]
FILTERS: dict[Any, Callable[[Concept, str], bool]] = {
    "is-a": lambda concept, value: concept[0] == value or value in concept[1],
    "descendent-of": lambda concept, value: value in concept[1],
    "is-not-a": lambda concept, value: concept[0] != value and value not in concept[1],
    "=": lambda concept, value: concept[0] == value,
    "in": lambda concept, value: concept[0] in value.split(","),
    "not-in": lambda concept, value: concept[0] not in value.split(","),
}


def tree(concepts: Iterable[Resource], above: tuple[str, ...]) -> Iterator[Concept]:
    """Every code of a CodeSystem with those above it."""
    for concept in concepts:
        yield concept["code"], above
        yield from tree(concept.get("concept", ()), (*above, concept["code"]))


def expansion(resource: Resource) -> Members:
    """The codes listed by an expansion; of one that breaks off, others may be members too."""
    listed = frozenset(expanded(resource.get("contains", ())))
    whole = resource.get("total", 0) <= count(resource.get("contains", ())) and not resource.get("offset")

    def members(coding: Coding) -> Truth:
        if coding in listed:
            return True
        return False if whole else None

    return members


def expanded(contains: Iterable[Resource]) -> Iterator[Coding]:
    """The codes of an expansion that may be chosen."""
    for entry in contains:
        if "code" in entry and not entry.get("abstract"):
            yield Coding(entry.get("system"), entry["code"])
        yield from expanded(entry.get("contains", ()))


def count(contains: Iterable[Resource]) -> int:
    return sum(1 + count(entry.get("contains", ())) for entry in contains)
