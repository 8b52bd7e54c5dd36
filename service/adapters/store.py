"""Responses and results in the database: accepted in one transaction, read and searched afterwards."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, true
from sqlalchemy.exc import IntegrityError

from service.adapters import tables as t
from service.adapters.database import Database
from service.adapters.writes import accept, revise
from service.fhir.reading import parse
from service.fhir.records import (
    Acceptance,
    ActRecord,
    Clash,
    Held,
    History,
    ImpressionMark,
    Known,
    Match,
    Page,
    Query,
    Receipt,
    Revision,
    Term,
)
from service.fhir.records import Stored as StoredResponse
from service.fhir.times import moment
from service.screening.selection import Dated


class DatabaseStore:
    """The store of the service."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def by_identifier(self, system: str, value: str) -> Known | None:
        """The response that carries this identifier, with its first receipt."""
        where = (t.identity.c.system == t.key(system), t.identity.c.value == t.key(value))
        with self.database.read() as connection:
            id = connection.scalar(select(t.identity.c.response).where(*where))
            if id is None:
                return None
            first = connection.execute(select(t.received).where(t.received.c.id == id, t.received.c.version == 1)).one()
            held = read_one(connection, "QuestionnaireResponse", id, 1)
        if held is None:
            return None
        return Known(Receipt(id, 1, held.stored, False, held.resource), first.digest)

    def history(self, patient: str) -> History:
        """What is stored of a patient, and the revision it belongs to."""
        responses = select(t.response).where(t.response.c.patient == patient)
        acts = select(t.act).where(t.act.c.patient == patient, t.act.c.impression.is_not(None))
        with self.database.read() as connection:
            revision = connection.scalar(select(t.patient.c.revision).where(t.patient.c.reference == patient)) or 0
            dated = [
                Dated(r.id, r.instrument, moment(r.authored).order, r.status) for r in connection.execute(responses)
            ]
            marks = [ImpressionMark(a.impression, moment(a.as_of).order, a.sequence) for a in connection.execute(acts)]
        return History(revision, dated, marks)

    def responses(self, ids: Sequence[str]) -> list[StoredResponse]:
        """The current versions of responses."""
        wanted = (
            select(t.resource.c.body, t.response.c.version, t.response.c.first)
            .join(t.response, t.response.c.id == t.resource.c.id)
            .where(t.resource.c.type == "QuestionnaireResponse", t.resource.c.current, t.response.c.id.in_(ids))
        )
        with self.database.read() as connection:
            rows = connection.execute(wanted).all()
        return [StoredResponse(parse(row.body), moment(row.first).order, row.version) for row in rows]

    def accept(self, acceptance: Acceptance) -> None:
        """Writes responses, results and outbox entry in one transaction, or nothing.

        Raises Clash when the patient's revision is another by now or the identifier was just taken.
        """
        with self.atomic() as connection:
            accept(connection, acceptance)

    def acts_using(self, id: str) -> list[ActRecord]:
        """The acts that were drawn on a response, in the order of acceptance."""
        patient = select(t.response.c.patient).where(t.response.c.id == id).scalar_subquery()
        acts = select(t.act).where(t.act.c.patient == patient).order_by(t.act.c.sequence)
        with self.database.read() as connection:
            records = [record_of(row) for row in connection.execute(acts)]
        return [record for record in records if id in record.uses]

    def results(self, sequence: int) -> dict[tuple[str, str], Held]:
        """The current versions of what an act wrote, responses left out."""
        wanted = select(t.resource).where(
            t.resource.c.act == sequence, t.resource.c.current, t.resource.c.type != "QuestionnaireResponse"
        )
        with self.database.read() as connection:
            rows = connection.execute(wanted.order_by(t.resource.c.position)).all()
        return {(row.type, row.id): held(row) for row in rows}

    def revise(self, revision: Revision) -> None:
        """Writes a new version of a response with all that it changes, in one transaction or nothing.

        Raises Clash when the patient's revision is another by now.
        """
        with self.atomic() as connection:
            revise(connection, revision)

    @contextmanager
    def atomic(self) -> Iterator[Connection]:
        """A writing transaction; what another has taken in the meantime is a Clash."""
        try:
            with self.database.write() as connection:
                yield connection
        except IntegrityError as problem:
            raise Clash from problem

    def read(self, type_name: str, id: str, version: int | None = None) -> Held | None:
        """A version of a resource, the current one if none is named."""
        with self.database.read() as connection:
            return read_one(connection, type_name, id, version)

    def versions(self, type_name: str, id: str) -> list[Held]:
        """Every version of a resource, the newest first."""
        which = (t.resource.c.type == type_name, t.resource.c.id == id)
        with self.database.read() as connection:
            rows = connection.execute(select(t.resource).where(*which).order_by(t.resource.c.version.desc())).all()
        return [held(row) for row in rows]

    def search(self, query: Query) -> Page:
        """One page of what a query finds, the newest first."""
        matching = [
            t.resource.c.type == query.type,
            t.resource.c.current,
            *(term_holds(query.type, e) for e in query.terms),
        ]
        place = (t.resource.c.act.desc(), t.resource.c.position)
        page = select(t.resource).where(*matching, after(query.after)).order_by(*place).limit(query.count + 1)
        with self.database.read() as connection:
            total = connection.scalar(select(func.count()).select_from(t.resource).where(*matching)) or 0
            rows = connection.execute(page).all() if query.count else []
        shown = rows[: query.count]
        more = len(rows) > query.count
        return Page(total, tuple(held(row) for row in shown), (shown[-1].act, shown[-1].position) if more else None)


def read_one(connection: Connection, type_name: str, id: str, version: int | None = None) -> Held | None:
    """A version of a resource, the current one if none is named."""
    which = t.resource.c.current if version is None else t.resource.c.version == version
    row = connection.execute(
        select(t.resource).where(t.resource.c.type == type_name, t.resource.c.id == id, which)
    ).first()
    return None if row is None else held(row)


def record_of(row: Row[Any]) -> ActRecord:
    return ActRecord(row.sequence, row.lead, moment(row.as_of).order, tuple(parse(row.uses)), row.previous)


def held(row: Row[Any]) -> Held:
    return Held(parse(row.body), row.version, moment(row.stored).order)


def after(place: tuple[int, int] | None) -> ColumnElement[bool]:
    """Behind a place in the order, which is newest act first."""
    if place is None:
        return true()
    act, position = place
    return or_(t.resource.c.act < act, and_(t.resource.c.act == act, t.resource.c.position > position))


def term_holds(type_name: str, term: Term) -> ColumnElement[bool]:
    """Whether any of a term's values matches."""
    if term.parameter == "_id":
        return t.resource.c.id.in_([match.value for match in term.values])
    if term.parameter == "_lastUpdated":
        return or_(*(instant_matches(t.resource.c.stored, match) for match in term.values))
    ids: Select[Any] = select(t.search.c.id).where(
        t.search.c.type == type_name,
        t.search.c.parameter == term.parameter,
        or_(*(value_matches(term.kind, match) for match in term.values)),
    )
    return t.resource.c.id.in_(ids)


def value_matches(kind: str, match: Match) -> ColumnElement[bool]:
    if kind == "date":
        return date_matches(t.search.c.low, t.search.c.high, match)
    conditions: list[ColumnElement[bool]] = []
    if match.value is not None:
        conditions.append(t.search.c.value == t.key(match.value))
    if match.system is not None:
        conditions.append(t.search.c.system.is_(None) if match.system == "" else t.search.c.system == match.system)
    return and_(*conditions)


def instant_matches(at: Any, match: Match) -> ColumnElement[bool]:
    """Compares a moment with a range of time, as the prefix says; ``high`` is the first moment no longer meant."""
    inside = and_(at >= match.low, at < match.high)
    by_prefix: Mapping[str, ColumnElement[bool]] = {
        "eq": inside,
        "ne": ~inside,
        "gt": at >= match.high,
        "ge": at >= match.low,
        "lt": at < match.low,
        "le": at < match.high,
        "sa": at >= match.high,
        "eb": at < match.low,
        "ap": inside,
    }
    return by_prefix[match.prefix]


def date_matches(low: Any, high: Any, match: Match) -> ColumnElement[bool]:
    """Compares ranges of time, as the prefix says."""
    inside = and_(low >= match.low, high <= match.high)
    by_prefix: Mapping[str, ColumnElement[bool]] = {
        "eq": inside,
        "ne": ~inside,
        "gt": high > match.high,
        "ge": or_(high > match.high, inside),
        "lt": low < match.low,
        "le": or_(low < match.low, inside),
        "sa": low >= match.high,
        "eb": high <= match.low,
        "ap": and_(low < match.high, high > match.low),
    }
    return by_prefix[match.prefix]
