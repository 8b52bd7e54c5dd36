"""The resources that a term of a search finds: as a condition on a resource, or looked up in the index.

A value is in one or two of three places (index_kinds.py): the set of tokens of a resource, its references to resources
of the same submission, or an entry.
"""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, FromClause, Select, String, and_, cast, exists, or_, select, true

from service.adapters.database import tables as t
from service.adapters.database.searching.index_kinds import (
    IDENTIFIED_BY_ID,
    IDENTIFIER,
    REFERENCE_LETTERS,
    has_tokens,
)
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
    if term.parameter == IDENTIFIER and type_name in IDENTIFIED_BY_ID:
        found += [and_(*each) for each in named_by(t.resource, type_name, term)]
    if term.parameter in REFERENCE_LETTERS:
        found += [exists().where(*each).correlate(t.resource) for each in refers_within(t.resource, term)]
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
    if term.parameter == IDENTIFIER and type_name in IDENTIFIED_BY_ID:
        found += [ids.where(*each) for each in named_by(other, type_name, term)]
    if term.parameter in REFERENCE_LETTERS:
        found += [ids.where(*each, Unindexed(other.c.type) == type_name) for each in refers_within(other, term)]
    return found


def named_by(resource: FromClause, type_name: str, term: SearchTerm) -> Iterator[list[ColumnElement[bool]]]:
    """Select, for each system of a term, the resources whose id is a value and their identifier in that system.

    A value that is a system alone selects all with an identifier in it.
    """
    by_system: dict[str | None, list[str]] = {}
    for value in term.values:
        if value.value is None:
            yield [resource.c.tokens.in_(sets_of_named(type_name, value.system))]
        else:
            by_system.setdefault(value.system, []).append(value.value)
    for system, ids in by_system.items():
        has_it = Unindexed(resource.c.tokens).in_(sets_of_named(type_name, system))
        yield [resource.c.type == type_name, resource.c.id.in_(ids), has_it]


def sets_with(type_name: str, term: SearchTerm) -> Select[tuple[int]]:
    """Selects the sets that have a value of a term."""
    values = or_(*(token_matches(value) for value in term.values))
    return select(t.token.c.set).where(t.token.c.type == type_name, t.token.c.parameter == term.parameter, values)


def token_matches(value: SearchValue) -> ColumnElement[bool]:
    """Selects the tokens that match a value."""
    conditions = [] if value.value is None else [t.token.c.value == t.index_key(value.value)]
    return and_(true(), *conditions, *([] if value.system is None else [t.token.c.system == value.system]))


def sets_of_named(type_name: str, system: str | None) -> Select[tuple[int]]:
    """Selects the sets of the resources whose id is also their identifier, in this system or in any."""
    named = (t.token.c.type == type_name, t.token.c.parameter == IDENTIFIER)
    return select(t.token.c.set).where(*named, true() if system is None else t.token.c.system == system)


def refers_within(resource: FromClause, term: SearchTerm) -> Iterator[list[ColumnElement[bool]]]:
    """Select, for each type of target, the resources that refer to one that a term names and that is in their act."""
    by_type: dict[str, list[str]] = {}
    for value in term.values:
        type_name, _, id = (value.value or "").partition("/")
        by_type.setdefault(type_name, []).append(id)
    for type_name, ids in by_type.items():
        target = t.resource.alias("target")
        named = (target.c.type == type_name, target.c.id.in_(ids), target.c.current)
        pattern = f"% {REFERENCE_LETTERS[term.parameter]}" + cast(target.c.position, String) + " %"
        yield [*named, resource.c.act == target.c.act, resource.c.within.like(pattern)]


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
