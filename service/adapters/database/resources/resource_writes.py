"""Writes versions of resources with all by which they are found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from service.adapters.database import tables as t
from service.adapters.database.keeping.bodies import frame_of, insert_frame
from service.adapters.database.keeping.frames import Frame
from service.adapters.database.resources.patient_numbers import NONE_KNOWN, number_patients
from service.adapters.database.searching.search_rows import Places, SearchContent, search_content
from service.adapters.database.searching.token_sets import TokenSet, digest_of_set, number_token_sets
from service.adapters.database.sending.places import read_places
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.fhir.results.versions import ResourceVersion, address_of

# A version with its body as JSON.
VersionWithBody = tuple[ResourceVersion, bytes]
# `inline`: SQLAlchemy does not ask for the number of an entry.
INSERT_RESOURCE, INSERT_SEARCH = insert(t.resource), insert(t.search).inline()


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
        return address_of(self.resource)


@dataclass(frozen=True)
class IndexedResources:
    """By what resources are found, each with the digest of its set of tokens."""

    contents: Sequence[SearchContent]
    digests: Sequence[str]
    sets: Mapping[str, TokenSet]


@dataclass(frozen=True)
class EncodedVersions:
    """Versions of resources of an act with all that no database decides, in the order of their lines in the frame.

    ``places`` are those of all resources of the act. ``bodies`` are what the frame has compressed, ``rows`` those of
    the resources but for the columns that name other rows.
    """

    versions: Sequence[ResourceVersion]
    places: Places
    bodies: Sequence[bytes]
    frame: Frame
    rows: Sequence[dict[str, Any]]
    indexed: IndexedResources

    @property
    def with_bodies(self) -> list[VersionWithBody]:
        """Each version with its body."""
        return list(zip(self.versions, self.bodies, strict=True))


def encode_versions(placed: Sequence[PlacedVersion], others: Places | None = None) -> EncodedVersions:
    """Encodes versions of the resources of an act. ``others`` are the places of those that it has already."""
    places = {**(others or {}), **{each.address: each.position for each in placed}}
    contents = [search_content(each.resource, places) for each in placed]
    rows = [resource_row(each, content) for each, content in zip(placed, contents, strict=True)]
    bodies = [encode(each.resource) for each in placed]
    indexed = index_resources([row["type"] for row in rows], contents)
    return EncodedVersions([each.version for each in placed], places, bodies, frame_of(bodies), rows, indexed)


def index_resources(types: Sequence[str], contents: Sequence[SearchContent]) -> IndexedResources:
    """By what resources of these types are found."""
    sets = [(type_name, frozenset(content.tokens)) for type_name, content in zip(types, contents, strict=True)]
    digests = [digest_of_set(each) for each in sets]
    return IndexedResources(contents, digests, dict(zip(digests, sets, strict=True)))


def insert_versions(connection: Connection, act: int, versions: Sequence[ResourceVersion], now: str) -> EncodedVersions:
    """Inserts new versions at the position of the ones before, and new resources behind all others. Returns them."""
    last = connection.scalar(select(func.max(t.resource.c.position)).where(t.resource.c.act == act)) or 0
    places = read_places(connection, act)
    placed = [place_version(connection, version, last + n, now) for n, version in enumerate(versions, 1)]
    encoded = encode_versions(placed, places)
    insert_rows(connection, number_rows(connection, act, encoded), encoded)
    return encoded


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


def number_rows(
    connection: Connection, act: int, encoded: EncodedVersions, known: Mapping[str, int] = NONE_KNOWN
) -> list[dict[str, Any]]:
    """The rows of versions of the resources of an act, whose frame is inserted. ``known`` are numbers of patients."""
    columns = find_columns(connection, encoded.indexed, known)
    content = insert_frame(connection, act, encoded.frame)
    lines = enumerate(zip(encoded.rows, columns, strict=True))
    return [{**row, **named, "act": act, "content": content, "line": line} for line, (row, named) in lines]


def insert_rows(connection: Connection, rows: Sequence[dict[str, Any]], encoded: EncodedVersions) -> None:
    """Inserts the rows of versions, and the entries of the search index that they need beside them."""
    connection.execute(INSERT_RESOURCE, rows)
    entries = [row for each in encoded.indexed.contents for row in each.rows]
    if entries:
        connection.execute(INSERT_SEARCH, entries)


def find_columns(
    connection: Connection, indexed: IndexedResources, known: Mapping[str, int] = NONE_KNOWN
) -> list[dict[str, int | None]]:
    """The columns of resources that name a patient or a set of tokens by its number. ``known`` are of patients."""
    patients = number_patients(connection, (each.patient for each in indexed.contents), known)
    numbers = number_token_sets(connection, indexed.sets)
    return [
        {"patient": patients[content.patient], "tokens": numbers[digest]}
        for content, digest in zip(indexed.contents, indexed.digests, strict=True)
    ]


def resource_row(placed: PlacedVersion, content: SearchContent) -> dict[str, Any]:
    """The columns of a version that becomes the current one, but for those that name other rows."""
    return {
        "type": placed.resource["resourceType"],
        "id": placed.resource["id"],
        "version": placed.version.number,
        "position": placed.position,
        "current": True,
        "stored": placed.stored,
        "effective": content.effective or placed.effective,
        "ends": content.ends,
        "within": content.within,
    }
