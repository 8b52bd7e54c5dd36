"""Responses and results in the database: accepted in one transaction, read and searched afterwards."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, insert, or_, select, true, update
from sqlalchemy.exc import IntegrityError

from service.adapters import tables as t
from service.adapters.database import Database
from service.fhir.encoding import encode
from service.fhir.reading import Resource, parse
from service.fhir.records import (
    Acceptance,
    Clash,
    Held,
    History,
    ImpressionMark,
    Known,
    Match,
    Page,
    Query,
    Receipt,
    Term,
)
from service.fhir.records import Stored as StoredResponse
from service.fhir.searching import PARAMETERS, index
from service.fhir.times import instant, moment
from service.screening.selection import Dated


class DatabaseStore:
    """The store of the service."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def by_identifier(self, system: str, value: str) -> Known | None:
        """The response that carries this identifier, with its first receipt."""
        where = (t.identity.c.system == system, t.identity.c.value == value)
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
        try:
            with self.database.write() as connection:
                raise_revision(connection, acceptance)
                act = insert_act(connection, acceptance)
                insert_received(connection, acceptance)
                insert_resources(connection, acceptance, act)
                insert_entry(connection, acceptance, act)
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


def raise_revision(connection: Connection, acceptance: Acceptance) -> None:
    """Raises the patient's revision by one; Clash when it is not the one that was read."""
    patient, revision = acceptance.act.lead_part.response.patient, acceptance.revision
    if revision == 0:
        connection.execute(insert(t.patient).values(reference=patient, revision=1))
        return
    where = (t.patient.c.reference == patient, t.patient.c.revision == revision)
    if connection.execute(update(t.patient).where(*where).values(revision=revision + 1)).rowcount != 1:
        raise Clash


def insert_act(connection: Connection, acceptance: Acceptance) -> int:
    act = acceptance.act
    has_impression = any(e["resource"]["resourceType"] == "ClinicalImpression" for e in acceptance.bundle["entry"])
    row = {
        "lead": act.lead,
        "patient": act.lead_part.response.patient,
        "as_of": instant(act.as_of),
        "accepted": instant(act.now),
        "impression": act.impression_id if has_impression and not act.early else None,
        "rules": acceptance.rules,
        "uses": encode(list(act.parts)).decode(),
    }
    return int(connection.execute(insert(t.act).values(row).returning(t.act.c.sequence)).scalar_one())


def insert_received(connection: Connection, acceptance: Acceptance) -> None:
    for part in acceptance.act.brought:
        at = instant(part.received)
        state = {
            "id": part.id,
            "patient": part.response.patient,
            "instrument": part.name,
            "authored": instant(part.ordered),
            "status": part.response.status,
            "version": part.version,
            "first": at,
        }
        content = {"body": acceptance.bodies[part.id], "digest": acceptance.digests[part.id]}
        connection.execute(insert(t.response).values(state))
        connection.execute(insert(t.received).values(id=part.id, version=part.version, at=at, **content))
        identifier = part.resource.get("identifier", {})
        if identifier.get("system") and identifier.get("value"):
            known = {"system": identifier["system"], "value": identifier["value"], "response": part.id}
            connection.execute(insert(t.identity).values(known))


def insert_resources(connection: Connection, acceptance: Acceptance, act: int) -> None:
    """The results as sent, and the responses as received."""
    own = {part.id: part.resource for part in acceptance.act.brought}
    rows, entries = [], []
    for position, entry in enumerate(acceptance.bundle["entry"]):
        sent = entry["resource"]
        type_name, id = sent["resourceType"], sent["id"]
        kept = own[id] if type_name == "QuestionnaireResponse" else sent
        place = {"type": type_name, "id": id, "version": 1, "act": act, "position": position}
        body = encode(kept).decode()
        rows.append({**place, "current": True, "stored": instant(acceptance.act.now), "body": body})
        entries += search_rows(type_name, id, kept)
    connection.execute(insert(t.resource), rows)
    connection.execute(insert(t.search), entries)


def search_rows(type_name: str, id: str, resource: Resource) -> list[dict[str, Any]]:
    found = index(resource, {k: v for k, v in PARAMETERS[type_name].items() if k not in ("_id", "_lastUpdated")})
    names = ("parameter", "system", "value", "low", "high")
    return [{"type": type_name, "id": id, **{name: getattr(entry, name) for name in names}} for entry in found]


def insert_entry(connection: Connection, acceptance: Acceptance, act: int) -> None:
    now = instant(acceptance.act.now)
    row = {
        "act": act,
        "patient": acceptance.act.lead_part.response.patient,
        "bundle": encode(acceptance.bundle).decode(),
        "state": "waiting",
        "attempts": 0,
        "created": now,
        "due": now,
    }
    connection.execute(insert(t.outbox).values(row))


def read_one(connection: Connection, type_name: str, id: str, version: int | None = None) -> Held | None:
    """A version of a resource, the current one if none is named."""
    which = t.resource.c.current if version is None else t.resource.c.version == version
    row = connection.execute(
        select(t.resource).where(t.resource.c.type == type_name, t.resource.c.id == id, which)
    ).first()
    return None if row is None else held(row)


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
        conditions.append(t.search.c.value == match.value)
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
