"""The last version of each resource that we delivered, as the FHIR server numbers it."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, select, update

from service.adapters.database import tables as t
from service.adapters.database.resources.new_rows import insert_if_new
from service.adapters.database.sending.places import places_of
from service.fhir.r4.strict_json import encode, parse
from service.ports.outbox import ServerVersion

# Our version number and the versionId of the FHIR server, by place.
Delivered = dict[str, tuple[int, str | None]]


def save_server_versions(connection: Connection, act: int, server_versions: Mapping[str, ServerVersion]) -> None:
    """Replaces the versions that the FHIR server has of these resources of an act, by address."""
    if not server_versions:
        return
    places = places_of(connection, act)
    made = {str(places[url]): (each.local, each.remote) for url, each in server_versions.items() if url in places}
    # There is a row from here on, which nobody else changes until the end of the transaction.
    connection.execute(insert_if_new(connection, t.delivered).values(act=act, versions="{}"))
    known = {**(read_delivered_row(connection, act, locked=True) or {}), **made}
    values = {"versions": encode(known).decode()}
    connection.execute(update(t.delivered).where(t.delivered.c.act == act).values(values))


def read_delivered_row(connection: Connection, act: int, locked: bool = False) -> Delivered | None:
    """What was delivered of an act; None for nothing. ``locked``: nobody else writes it before the end."""
    row = select(t.delivered.c.versions).where(t.delivered.c.act == act)
    text = connection.scalar(row.with_for_update() if locked else row)
    return None if text is None else parse(text)


def read_server_versions(connection: Connection, act: int, addresses: Iterable[str]) -> dict[str, ServerVersion]:
    """The last version of each of these resources of an act that we delivered, by address."""
    known = read_delivered_row(connection, act)
    if known is None:
        return {}
    places = places_of(connection, act)
    return {url: ServerVersion(*known[str(places[url])]) for url in addresses if str(places.get(url)) in known}
