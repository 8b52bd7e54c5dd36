"""Writes versions of resources with all by which they are found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from service.adapters.database import tables as t
from service.adapters.database.keeping.bodies import keep_bodies
from service.adapters.database.resources.patient_numbers import number_patients
from service.adapters.database.searching.search_rows import Places, SearchContent, search_content
from service.adapters.database.searching.token_sets import number_token_sets
from service.adapters.database.sending.places import read_places
from service.fhir.r4.types import Resource
from service.fhir.results.versions import ResourceVersion


@dataclass(frozen=True)
class PlacedVersion:
    """A version that becomes the current one: its position in its act, and when it is stored.

    ``effective`` is used if it has no effective time.
    """

    version: ResourceVersion
    position: int
    stored: str
    effective: str

    @property
    def resource(self) -> Resource:
        """Its content."""
        return self.version.resource

    @property
    def address(self) -> str:
        """Type and id, such as "Observation/o-1"."""
        return f"{self.resource['resourceType']}/{self.resource['id']}"


def insert_versions(connection: Connection, act: int, versions: Sequence[ResourceVersion], now: str) -> None:
    """Inserts new versions at the position of the ones before, and new resources behind all others."""
    last = connection.scalar(select(func.max(t.resource.c.position)).where(t.resource.c.act == act)) or 0
    places = read_places(connection, act)
    placed = [place_version(connection, version, last + n, now) for n, version in enumerate(versions, 1)]
    write_resources(connection, act, placed, places)


def place_version(connection: Connection, version: ResourceVersion, position: int, now: str) -> PlacedVersion:
    """A version in the place of the one before, which is no longer current; or, if it is the first, at ``position``."""
    type_name, id = version.resource["resourceType"], version.resource["id"]
    same = (t.resource.c.type == type_name, t.resource.c.id == id)
    columns = (t.resource.c.position, t.resource.c.effective, t.resource.c.stored)
    before = connection.execute(select(*columns).where(*same, t.resource.c.current)).first()
    if before is None:
        return PlacedVersion(version, position, now, now)
    connection.execute(update(t.resource).where(*same).values(current=False))
    connection.execute(delete(t.search).where(t.search.c.type == type_name, t.search.c.id == id))
    # `meta.lastUpdated` never goes backwards, even if the clock of this process is behind that of another.
    return PlacedVersion(version, before.position, max(now, before.stored), before.effective)


def write_resources(
    connection: Connection, act: int, versions: Sequence[PlacedVersion], others: Places | None = None
) -> None:
    """Inserts versions of the resources of an act. ``others`` are the places of those that it has already."""
    places = {**(others or {}), **{each.address: each.position for each in versions}}
    contents = [search_content(each.resource, places) for each in versions]
    found_by = find_columns(connection, [each.resource["resourceType"] for each in versions], contents)
    kept = keep_bodies(connection, act, [each.resource for each in versions])
    rows = [
        {**resource_row(each, act, content), **columns, **body}
        for each, content, columns, body in zip(versions, contents, found_by, kept, strict=True)
    ]
    connection.execute(insert(t.resource), rows)
    entries = [row for content in contents for row in content.rows]
    if entries:
        connection.execute(insert(t.search), entries)


def find_columns(
    connection: Connection, types: Sequence[str], contents: Sequence[SearchContent]
) -> list[dict[str, int | None]]:
    """The columns of resources that name a patient or a set of tokens by its number."""
    patients = number_patients(connection, (each.patient for each in contents))
    sets = [(type_name, frozenset(each.tokens)) for type_name, each in zip(types, contents, strict=True)]
    numbers = number_token_sets(connection, sets)
    return [
        {"patient": patients[content.patient], "tokens": numbers[tokens]}
        for content, tokens in zip(contents, sets, strict=True)
    ]


def resource_row(placed: PlacedVersion, act: int, content: SearchContent) -> dict[str, Any]:
    """The columns of a version that becomes the current one, but for its body, patient and tokens."""
    return {
        "type": placed.resource["resourceType"],
        "id": placed.resource["id"],
        "version": placed.version.number,
        "act": act,
        "position": placed.position,
        "current": True,
        "stored": placed.stored,
        "effective": content.effective or placed.effective,
        "ends": content.ends,
        "within": content.within,
    }
