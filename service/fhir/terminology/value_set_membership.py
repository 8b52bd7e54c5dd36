"""Whether a code is a member of a ValueSet, as far as the ValueSets and CodeSystems available can say.

https://hl7.org/fhir/R4/valueset.html#compositions
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from service.fhir.r4.types import Resource
from service.screening.instruments.typed_value import Coding, plain_name
from service.screening.kleene import Truth, and_, not_, or_
from service.work import spend_steps

TerminologyType = Literal["ValueSet", "CodeSystem"]
Members = Callable[[Coding], Truth]
MAX_DEPTH = 16


class TerminologyResources:
    """ValueSets and CodeSystems by url, url|version, and ``#id``. An absent resource is looked up in ``below``."""

    def __init__(self, resources: Iterable[Resource] = (), below: "TerminologyResources | None" = None) -> None:
        self.below = below
        # The membership test of each ValueSet that was used, by the id of the object that contains it.
        self.members: dict[int, Members] = {}
        self.by_canonical: dict[tuple[str, str], Resource] = {}
        self.add(resources)

    def add(self, resources: Iterable[Resource]) -> None:
        """Adds the ValueSets and CodeSystems among resources, and ignores the others."""
        self.members = {}
        for resource in resources:
            type_name, url = resource.get("resourceType", ""), resource.get("url")
            if type_name not in ("ValueSet", "CodeSystem"):
                continue
            if "id" in resource:
                self.by_canonical[type_name, f"#{resource['id']}"] = resource
            if url:
                self.by_canonical[type_name, url] = resource
                self.by_canonical[type_name, f"{url}|{resource.get('version', '')}"] = resource

    def find(self, type_name: TerminologyType, canonical: str) -> Resource | None:
        """Returns the resource that a canonical names. ``#id`` names a contained resource: not looked up below."""
        resource = self.by_canonical.get((type_name, canonical))
        if resource is None and self.below is not None and not canonical.startswith("#"):
            return self.below.find(type_name, canonical)
        return resource


@dataclass(frozen=True)
class ValueSetBinding:
    """The ValueSet that a question names: call it with a Coding. Its content is read at the first call."""

    canonical: str
    terms: TerminologyResources

    def __call__(self, coding: Coding) -> Truth:
        return self.members(coding)

    @cached_property
    def members(self) -> Members:
        """The membership test of the ValueSet."""
        return value_set_members(self.canonical, self.terms)

    @cached_property
    def listed(self) -> dict[Coding, frozenset[str]]:
        """The codes that the ValueSet lists, with their displays in all languages, as displays are compared."""
        return dict(listed_codes(self.canonical, self.terms))

    def names_of(self, coding: Coding) -> frozenset[str]:
        """Returns the displays of a code."""
        return self.listed.get(coding, frozenset())

    def is_named_otherwise(self, coding: Coding) -> bool:
        """Returns whether the display of a code is that of another code of the ValueSet, and not its own."""
        name = plain_name(coding.display or "")
        if not name or name in self.names_of(coding):
            return False
        return any(name in names for other, names in self.listed.items() if other != coding)

    def may_mean_member(self, coding: Coding) -> bool:
        """Returns whether a Coding without system or code may mean one of the codes: by its code, or its display."""
        if coding.code is not None:
            return coding.system is None and any(other.code == coding.code for other in self.listed)
        name = plain_name(coding.display or "")
        return bool(name) and any(name in names for names in self.listed.values())

    @property
    def is_known(self) -> bool:
        """True if the ValueSet itself is available."""
        return self.terms.find("ValueSet", self.canonical) is not None


def unknown_members(_: Coding) -> Truth:
    """Membership in a ValueSet that is not available: unknown for every code."""
    return None


@dataclass
class LastMembership:
    """A membership test that remembers its last result, because several ValueSets may include the same one."""

    test: Members
    last: tuple[Coding, Truth] | None = None

    def __call__(self, coding: Coding) -> Truth:
        last = self.last
        if last is None or last[0] is not coding:
            last = self.last = coding, self.test(coding)
        return last[1]


def value_set_members(canonical: str, terms: TerminologyResources, around: tuple[int, ...] = ()) -> Members:
    """Returns the membership test of a ValueSet. It is unknown in a ValueSet that includes itself, or is included at
    a depth above ``MAX_DEPTH``; ``around`` are the ValueSets that include it."""
    resource = terms.find("ValueSet", canonical)
    if resource is None or len(around) > MAX_DEPTH or id(resource) in around:
        return unknown_members
    if id(resource) not in terms.members:
        terms.members[id(resource)] = LastMembership(read_members(resource, terms, (*around, id(resource))))
    return terms.members[id(resource)]


def read_members(resource: Resource, terms: TerminologyResources, around: tuple[int, ...]) -> Members:
    """Returns the membership test of a ValueSet: by ``compose``, and where that is unknown by ``expansion``."""
    listed = expansion_members(resource["expansion"]) if "expansion" in resource else unknown_members
    if "compose" not in resource:
        return listed
    composed = compose_members(resource["compose"], terms, around)

    def is_member(coding: Coding) -> Truth:
        membership = composed(coding)
        return listed(coding) if membership is None else membership

    return is_member


def compose_members(compose: Resource, terms: TerminologyResources, around: tuple[int, ...]) -> Members:
    """Returns the membership test of ``ValueSet.compose``: included by any entry and excluded by none."""
    included = [entry_members(entry, terms, around) for entry in compose.get("include", ())]
    excluded = [entry_members(entry, terms, around) for entry in compose.get("exclude", ())]

    def is_member(coding: Coding) -> Truth:
        spend_steps(len(included) + len(excluded))
        return and_((or_(m(coding) for m in included), not_(or_(m(coding) for m in excluded))))

    return is_member


def entry_members(entry: Resource, terms: TerminologyResources, around: tuple[int, ...]) -> Members:
    """Returns the membership test of one include or exclude: in its system and in every ValueSet that it names."""
    canonicals = dict.fromkeys(entry.get("valueSet", ()))
    spend_steps(1 + len(entry.get("valueSet", ())))
    tests = [value_set_members(canonical, terms, around) for canonical in canonicals]
    if "system" in entry:
        tests.append(system_members(entry, terms))

    def is_member(coding: Coding) -> Truth:
        spend_steps(len(tests))
        return and_(test(coding) for test in tests)

    return is_member


def system_members(entry: Resource, terms: TerminologyResources) -> Members:
    """Returns the membership test for the codes of ``entry.system``: those listed, those filtered, or all."""
    system = entry["system"]
    if "concept" in entry:
        spend_steps(len(entry["concept"]))
        codes: frozenset[str] | None = frozenset(concept["code"] for concept in entry["concept"])
    else:
        codes = filtered_codes(entry, terms)

    def is_member(coding: Coding) -> Truth:
        if coding.system != system:
            return False
        return None if codes is None else coding.code in codes

    return is_member


class TreeCode(NamedTuple):
    """A code of a CodeSystem with the codes above it."""

    code: str
    ancestors: tuple[str, ...]


def filtered_codes(entry: Resource, terms: TerminologyResources) -> frozenset[str] | None:
    """Returns the codes of a CodeSystem that pass every filter; None if the system or a filter is not known."""
    version = f"|{entry['version']}" if "version" in entry else ""
    resource = terms.find("CodeSystem", f"{entry['system']}{version}")
    if resource is None or resource.get("content") != "complete":
        return None
    codes = list(walk_codes(resource.get("concept", ()), ()))
    spend_steps(len(codes))
    for condition in entry.get("filter", ()):
        passes = FILTERS.get(condition.get("op", ""))
        if passes is None or condition.get("property") not in ("concept", "code"):
            return None
        value = condition.get("value", "")
        values = frozenset(value.split(",") if condition["op"] in LIST_OPERATORS else (value,))
        spend_steps(len(codes) + len(values))
        codes = [code for code in codes if passes(code, values)]
    return frozenset(code.code for code in codes)


# ``ValueSet.compose.include.filter.op``: whether a code passes a filter, given the values of the filter, of which only
# the operators in ``LIST_OPERATORS`` have several. https://hl7.org/fhir/R4/valueset-filter-operator.html
FILTERS: Mapping[str, Callable[[TreeCode, frozenset[str]], bool]] = {
    "is-a": lambda code, values: code.code in values or not values.isdisjoint(code.ancestors),
    "descendent-of": lambda code, values: not values.isdisjoint(code.ancestors),
    "is-not-a": lambda code, values: code.code not in values and values.isdisjoint(code.ancestors),
    "=": lambda code, values: code.code in values,
    "in": lambda code, values: code.code in values,
    "not-in": lambda code, values: code.code not in values,
}
LIST_OPERATORS = ("in", "not-in")


def walk_codes(concepts: Iterable[Resource], ancestors: tuple[str, ...]) -> Iterator[TreeCode]:
    """Yields every code of ``CodeSystem.concept`` with the codes above it."""
    for concept in concepts:
        yield TreeCode(concept["code"], ancestors)
        yield from walk_codes(concept.get("concept", ()), (*ancestors, concept["code"]))


def expansion_members(expansion: Resource) -> Members:
    """Returns the membership test of ``ValueSet.expansion``. A code that a partial expansion lacks is unknown."""
    entries = expansion.get("contains", ())
    listed = frozenset(selectable_codings(entries))
    is_complete = expansion.get("total", 0) <= count_entries(entries) and not expansion.get("offset")

    def is_member(coding: Coding) -> Truth:
        if coding in listed:
            return True
        return False if is_complete else None

    return is_member


def listed_codes(canonical: str, terms: TerminologyResources) -> Iterator[tuple[Coding, frozenset[str]]]:
    """Yields the codes that a ValueSet lists, or that the CodeSystems list which it includes as a whole.

    Each ValueSet is read once, however often it is included.
    """
    waiting, seen = [canonical], set[int]()
    while waiting:
        spend_steps(1)
        resource = terms.find("ValueSet", waiting.pop())
        if resource is None or id(resource) in seen:
            continue
        seen.add(id(resource))
        for entry in resource.get("compose", {}).get("include", ()):
            waiting += dict.fromkeys(entry.get("valueSet", ()))
            concepts = entry.get("concept")
            if concepts is None and "filter" not in entry and "system" in entry:
                concepts = (terms.find("CodeSystem", entry["system"]) or {}).get("concept", ())
            yield from named_codes(entry.get("system"), concepts or ())
        yield from named_codes(None, resource.get("expansion", {}).get("contains", ()))


def named_codes(system: str | None, concepts: Iterable[Resource]) -> Iterator[tuple[Coding, frozenset[str]]]:
    """Yields concepts and those nested in them, each with its displays."""
    for concept in concepts:
        spend_steps(1)
        displays = (concept.get("display"), *(each.get("value") for each in concept.get("designation", ())))
        if "code" in concept:
            coding = Coding(concept.get("system", system), concept["code"], concept.get("display"))
            yield coding, frozenset(plain_name(display) for display in displays if display)
        yield from named_codes(system, (*concept.get("concept", ()), *concept.get("contains", ())))


def selectable_codings(entries: Iterable[Resource]) -> Iterator[Coding]:
    """Yields the codes of an expansion that a user may select: those not abstract, at any depth."""
    for entry in entries:
        if "code" in entry and not entry.get("abstract"):
            yield Coding(entry.get("system"), entry["code"])
        yield from selectable_codings(entry.get("contains", ()))


def count_entries(entries: Iterable[Resource]) -> int:
    """Returns the number of entries of an expansion, at any depth."""
    return sum(1 + count_entries(entry.get("contains", ())) for entry in entries)
