"""The last version of each resource that we delivered, as the FHIR server numbers it."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, insert, select

from service.adapters.database import tables as t
from service.adapters.database.sending.places import places_of
from service.ports.outbox import ServerVersion


def save_server_versions(connection: Connection, act: int, server_versions: Mapping[str, ServerVersion]) -> None:
    """Replaces the versions that the FHIR server has of these resources of an act, by address."""
    if not server_versions:
        return
    places = places_of(connection, act)
    known = {places[url]: each for url, each in server_versions.items() if url in places}
    connection.execute(delete(t.delivered).where(t.delivered.c.act == act, t.delivered.c.place.in_(known)))
    rows = [{"act": act, "place": place, "ours": each.local, "theirs": each.remote} for place, each in known.items()]
    if rows:
        connection.execute(insert(t.delivered), rows)


def read_server_versions(connection: Connection, act: int, addresses: Iterable[str]) -> dict[str, ServerVersion]:
    """The last version of each of these resources of an act that we delivered, by address."""
    rows = connection.execute(select(t.delivered).where(t.delivered.c.act == act)).all()
    if not rows:
        return {}
    known, places = {row.place: ServerVersion(row.ours, row.theirs) for row in rows}, places_of(connection, act)
    return {url: known[places[url]] for url in addresses if places.get(url) in known}
