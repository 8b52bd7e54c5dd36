"""The resources that a term of a search finds: as a condition on a resource, or looked up in the index.

A value is in one or two of three places (index_kinds.py): the set of tokens of a resource, its references to resources
of the same submission, or an entry.
"""

from sqlalchemy import ColumnElement, FromClause, Select, String, and_, cast, exists, or_, select, true

from service.adapters.database import tables as t
from service.adapters.database.searching.index_kinds import IDENTIFIER, REFERENCE_LETTERS, has_tokens
from service.adapters.database.searching.time_clauses import date_clause, stored_clause
from service.adapters.database.searching.unindexed import Unindexed
from service.fhir.search.query import SearchTerm, SearchValue


def matches_of(type_name: str, term: SearchTerm) -> list[ColumnElement[bool]]:
    """Select the resources that a term finds; each is checked when it is read."""
    if has_tokens(type_name, term.parameter):
        return [Unindexed(t.resource.c.tokens).in_(sets_with(type_name, term))]
    # Looked up among the entries of each resource.
    own = (t.search.c.type == type_name, t.search.c.id == t.resource.c.id)
    matches = (Unindexed(t.search.c.parameter) == term.parameter, entry_matches(term))
    found: list[ColumnElement[bool]] = [exists().where(*own, *matches).correlate(t.resource)]
    if term.parameter == IDENTIFIER:
        found += [and_(*named_by(t.resource, type_name, value)) for value in term.values]
    if term.parameter in REFERENCE_LETTERS:
        within = (refers_within(t.resource, target_alias(), term.parameter, each) for each in addresses_in(term))
        found += [exists().where(*each).correlate(t.resource) for each in within]
    return found


def found_by(type_name: str, term: SearchTerm) -> list[Select[tuple[str]]]:
    """Select the ids of the resources that a term finds, by an index."""
    other = t.resource.alias("other")
    ids = select(other.c.id).where(other.c.current)
    if term.parameter == "_lastUpdated":
        return [ids.where(other.c.type == type_name, stored_clause(other, term))]
    if has_tokens(type_name, term.parameter):
        return [ids.where(other.c.tokens.in_(sets_with(type_name, term)))]
    of_parameter = (t.search.c.type == type_name, t.search.c.parameter == term.parameter)
    found = [select(t.search.c.id).where(*of_parameter, entry_matches(term))]
    if term.parameter == IDENTIFIER:
        found += [ids.where(*named_by(other, type_name, value)) for value in term.values]
    if term.parameter in REFERENCE_LETTERS:
        within = (refers_within(other, target_alias(), term.parameter, each) for each in addresses_in(term))
        found += [ids.where(*each, Unindexed(other.c.type) == type_name) for each in within]
    return found


def named_by(resource: FromClause, type_name: str, value: SearchValue) -> list[ColumnElement[bool]]:
    """Select the resource whose id is the value and its identifier; or all with an identifier in the system."""
    sets = sets_of_named(type_name, value)
    if value.value is None:
        return [resource.c.tokens.in_(sets)]
    return [resource.c.type == type_name, resource.c.id == value.value, Unindexed(resource.c.tokens).in_(sets)]


def sets_with(type_name: str, term: SearchTerm) -> Select[tuple[int]]:
    """Selects the sets that have a value of a term."""
    values = or_(*(token_matches(value) for value in term.values))
    return select(t.token.c.set).where(t.token.c.type == type_name, t.token.c.parameter == term.parameter, values)


def token_matches(value: SearchValue) -> ColumnElement[bool]:
    """Selects the tokens that match a value."""
    conditions = [] if value.value is None else [t.token.c.value == t.index_key(value.value)]
    return and_(true(), *conditions, *([] if value.system is None else [t.token.c.system == value.system]))


def sets_of_named(type_name: str, value: SearchValue) -> Select[tuple[int]]:
    """Selects the sets of the resources whose id is also their identifier, in the system of a value."""
    named = (t.token.c.type == type_name, t.token.c.parameter == IDENTIFIER)
    system = true() if value.system is None else t.token.c.system == value.system
    return select(t.token.c.set).where(*named, system)


def target_alias() -> FromClause:
    """A resource to which another one refers."""
    return t.resource.alias("target")


def addresses_in(term: SearchTerm) -> list[str]:
    """The values of a term that may name a resource of ours, such as "Observation/o-1"."""
    return [value.value for value in term.values if value.value is not None and "/" in value.value]


def refers_within(resource: FromClause, target: FromClause, parameter: str, address: str) -> list[ColumnElement[bool]]:
    """Select the resources that refer to the one with this address, which is in the same submission."""
    type_name, _, id = address.partition("/")
    named = (target.c.type == type_name, target.c.id == id, target.c.current)
    pattern = f"% {REFERENCE_LETTERS[parameter]}" + cast(target.c.position, String) + " %"
    return [*named, resource.c.act == target.c.act, resource.c.within.like(pattern)]


def entry_matches(term: SearchTerm) -> ColumnElement[bool]:
    """Selects the entries that match a value of a term. An empty system matches entries without a system."""
    if term.type == "date":
        return or_(*(date_clause(t.search.c.low, t.search.c.high, value) for value in term.values))
    return or_(*(value_matches_entry(value) for value in term.values))


def value_matches_entry(searched: SearchValue) -> ColumnElement[bool]:
    """Selects the entries that match one value."""
    conditions: list[ColumnElement[bool]] = []
    if searched.value is not None:
        conditions.append(t.search.c.value == t.index_key(searched.value))
    if searched.system == "":
        conditions.append(t.search.c.system.is_(None))
    elif searched.system is not None:
        conditions.append(t.search.c.system == searched.system)
    return and_(true(), *conditions)
