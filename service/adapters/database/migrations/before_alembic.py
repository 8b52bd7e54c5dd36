"""From the tables of versions 1 to 3 to those of version 4. A version was given to more than one set of columns, so
what is missing is looked for.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from alembic import op
from sqlalchemy import Column, Connection, Integer, String, Text, inspect, text
from sqlalchemy.types import TypeEngine

# Programs before Alembic refuse tables of a version that they do not know.
KEPT_BY_ALEMBIC = 1000


class NewColumn(NamedTuple):
    """A column that an early version lacks, the value for old rows until it is filled, and what fills it."""

    table: str
    name: str
    type: type[TypeEngine[Any]]
    default: str | None
    fill: Callable[[Connection], None]


def add_missing_columns(connection: Connection) -> None:
    """Adds the columns that the tables lack, and fills them from what is stored. Tables may be absent."""
    found = inspect(connection)
    for new in COLUMNS:
        if found.has_table(new.table) and new.name not in {each["name"] for each in found.get_columns(new.table)}:
            add_filled_column(connection, new)
    replace_index(connection)


def add_filled_column(connection: Connection, new: NewColumn) -> None:
    """Adds a column and fills it. The default is for old rows only; SQLite cannot remove it."""
    is_optional = new.default is None
    op.add_column(new.table, Column(new.name, new.type, nullable=is_optional, server_default=new.default))
    new.fill(connection)
    if not is_optional and connection.dialect.name == "postgresql":
        op.alter_column(new.table, new.name, server_default=None)


def fill_previous(connection: Connection) -> None:
    """The previous impression of each submission, as its impression names it."""
    query = (
        "SELECT a.sequence, r.body FROM act a JOIN resource r ON r.type = 'ClinicalImpression' AND r.id = a.impression"
    )
    for sequence, body in connection.execute(text(f"{query} WHERE r.current")).all():
        reference = json.loads(body).get("previous", {}).get("reference", "")
        if reference.startswith("ClinicalImpression/"):
            set_in_act(connection, "previous", sequence, reference.removeprefix("ClinicalImpression/"))


def fill_brings(connection: Connection) -> None:
    """The ids of the responses that were stored with each submission."""
    query = "SELECT act, id FROM resource WHERE type = 'QuestionnaireResponse' AND version = 1 ORDER BY act, position"
    brings: dict[int, list[str]] = {}
    for act, id in connection.execute(text(query)).all():
        brings.setdefault(act, []).append(id)
    for act, ids in brings.items():
        set_in_act(connection, "brings", act, json.dumps(ids, separators=(",", ":")))


def set_in_act(connection: Connection, column: str, sequence: int, value: str) -> None:
    """Sets a column of one submission."""
    statement = text(f"UPDATE act SET {column} = :value WHERE sequence = :sequence")  # noqa: S608 our own names
    connection.execute(statement, {"value": value, "sequence": sequence})


def fill_versions(connection: Connection) -> None:
    """Version 1 of each resource in an entry: version 1 of the tables had no amendments."""
    for id, bundle in connection.execute(text("SELECT id, bundle FROM outbox")).all():
        versions = {entry["request"]["url"]: 1 for entry in json.loads(bundle)["entry"]}
        values = {"versions": json.dumps(versions, separators=(",", ":")), "id": id}
        connection.execute(text("UPDATE outbox SET versions = :versions WHERE id = :id"), values)


def fill_failures(connection: Connection) -> None:
    """Each attempt of an entry that is not settled counts as a failure, so that its back-off goes on."""
    connection.execute(text("UPDATE outbox SET failures = attempts WHERE settled IS NULL"))


def fill_effective(connection: Connection) -> None:
    """The time of storing, until the search index is written again."""
    connection.execute(text("UPDATE resource SET effective = stored"))


def replace_index(connection: Connection) -> None:
    """Replaces the index of the order of search results if it is that of versions 1 and 2, and adds the one by act."""
    indexes = dict(read_indexes(connection))
    if "resource_place" in indexes and "effective" not in indexes["resource_place"]:
        op.drop_index("resource_place", "resource")
        op.create_index("resource_place", "resource", ["type", "current", "effective", "act", "position"])
    if indexes and "resource_act" not in indexes:
        op.create_index("resource_act", "resource", ["act"])


def read_indexes(connection: Connection) -> Iterator[tuple[str, list[str]]]:
    """Name and columns of each index of `resource`; none if there is no such table."""
    found = inspect(connection)
    if found.has_table("resource"):
        for index in found.get_indexes("resource"):
            yield str(index["name"]), [str(name) for name in index["column_names"]]


def keep_older_programs_out(connection: Connection) -> None:
    """Sets the version that programs before Alembic read, to one that they refuse."""
    connection.execute(text("DELETE FROM schema_version"))
    connection.execute(text("INSERT INTO schema_version (version) VALUES (:version)"), {"version": KEPT_BY_ALEMBIC})


COLUMNS = (
    NewColumn("act", "previous", String, None, fill_previous),
    NewColumn("act", "brings", Text, "[]", fill_brings),
    NewColumn("outbox", "versions", Text, "{}", fill_versions),
    NewColumn("outbox", "failures", Integer, "0", fill_failures),
    NewColumn("resource", "effective", String, "", fill_effective),
)
