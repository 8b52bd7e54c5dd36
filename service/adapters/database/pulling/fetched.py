"""Versions of responses that were seen on the FHIR server, and what the outbox has for it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from service.adapters.database import tables as t
from service.adapters.database.one_connection import Transactions
from service.adapters.database.sending.server_versions import read_server_versions, save_server_versions
from service.fhir.r4.strict_json import parse
from service.fhir.r4.types import Resource
from service.ports.outbox import ServerVersion
from service.ports.pulling.fetched import FetchedVersion, PickUpOutcome
from service.ports.submissions import RevisionConflict

TYPE = "QuestionnaireResponse"


class FetchedResponses:
    """What this service knows of the responses on the FHIR server: a `FetchedStore`."""

    database: Transactions

    def read_fetched(self, ids: Sequence[str]) -> dict[str, FetchedVersion]:
        """The last version seen of each of these responses, by id; those that were never seen are left out."""
        with self.database.read() as connection:
            rows = connection.execute(select(t.fetched).where(t.fetched.c.id.in_(ids))).all()
        return {row.id: read_fetched_version(row) for row in rows}

    def save_fetched(self, fetched: FetchedVersion, outcome: PickUpOutcome) -> None:
        """Saves that a version was seen, and what became of it, unless a newer one was seen meanwhile.

        Raises RevisionConflict if another process saves the same response for the first time.
        """
        try:
            with self.database.write() as connection:
                upsert_fetched(connection, fetched, outcome, is_origin=False)
        except IntegrityError as problem:
            raise RevisionConflict from problem

    def read_sent(self, id: str) -> list[Resource]:
        """The contents of a response for the FHIR server that were changed for it, and are no stored version."""
        acts = select(t.resource.c.act).where(t.resource.c.type == TYPE, t.resource.c.id == id)
        changed = select(t.outbox.c.changed).where(t.outbox.c.act.in_(acts), t.outbox.c.changed.is_not(None))
        with self.database.read() as connection:
            entries = [entry for text in connection.scalars(changed) for entry in parse(text)["bundle"]["entry"]]
        return [each["resource"] for each in entries if each["request"]["url"] == f"{TYPE}/{id}"]

    def read_delivered(self, address: str) -> ServerVersion | None:
        """The last version of a resource that we delivered, or that was picked up; None if there is none."""
        with self.database.read() as connection:
            act = act_of_resource(connection, address)
            return None if act is None else read_server_versions(connection, act, [address]).get(address)


def act_of_resource(connection: Connection, address: str) -> int | None:
    """The act of the resource with this address, such as "Observation/o-1"; None if it is not stored."""
    type_name, _, id = address.partition("/")
    where = (t.resource.c.type == type_name, t.resource.c.id == id, t.resource.c.current)
    return connection.scalar(select(t.resource.c.act).where(*where))


def read_fetched_version(row: Row[Any]) -> FetchedVersion:
    """A row of the table `fetched`."""
    return FetchedVersion(row.id, row.source, row.version, row.updated)


def record_pick_up(connection: Connection, fetched: FetchedVersion, version: int) -> None:
    """Records that our version of a response is the one on the FHIR server, in the transaction that stores it."""
    upsert_fetched(connection, fetched, "assessed", is_origin=version == 1)
    address = f"{TYPE}/{fetched.id}"
    act = act_of_resource(connection, address)
    if act is not None:
        save_server_versions(connection, act, {address: ServerVersion(version, fetched.version)})


def upsert_fetched(connection: Connection, fetched: FetchedVersion, outcome: PickUpOutcome, is_origin: bool) -> None:
    """Inserts a version seen, or replaces an older one. The base from which a response first came stays."""
    row = connection.execute(select(t.fetched).where(t.fetched.c.id == fetched.id).with_for_update()).first()
    values = {"version": fetched.version, "updated": fetched.updated, "outcome": outcome}
    if row is None:
        new = {"id": fetched.id, "source": fetched.source, **values, "is_origin": is_origin}
        connection.execute(insert(t.fetched).values(new))
    elif fetched.is_newer_than(read_fetched_version(row)):
        becomes_origin = {"is_origin": True, "source": fetched.source} if is_origin else {}
        connection.execute(update(t.fetched).where(t.fetched.c.id == fetched.id).values(**values, **becomes_origin))
