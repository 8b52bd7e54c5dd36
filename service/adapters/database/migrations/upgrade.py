"""Brings the tables to the newest revision, in the transaction of a connection."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, delete, func, insert, select, update

from service.adapters.database import tables as t
from service.adapters.database.keeping.bodies import body_of, select_resources
from service.adapters.database.migrations.revision import read_revision
from service.adapters.database.resources.resource_writes import find_columns, index_resources
from service.adapters.database.searching.search_rows import search_content
from service.fhir.r4.strict_json import load

HERE = Path(__file__).parent
# The key of the lock in PostgreSQL: any number that nothing else uses.
MIGRATION = 5_127_002
# The first revision with the search index of today.
INDEXED = "0018"


def upgrade_tables(connection: Connection) -> None:
    """Brings the tables to the newest revision. Does nothing if they have it.

    Of several processes that do this at once, one works and the others wait for it: in PostgreSQL by a lock until the
    end of the transaction, in SQLite by its one writer. A failure leaves the tables as they were.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.execute(select(func.pg_advisory_xact_lock(MIGRATION)))
        connection.exec_driver_sql("SET LOCAL lock_timeout TO DEFAULT")
    before = read_revision(connection)
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    command.upgrade(config, "head")
    # The numbers before Alembic have one digit.
    if before is not None and before.zfill(4) < INDEXED:
        write_search_index(connection)


def revisions() -> list[str]:
    """The ids of all revisions, the newest first."""
    return [script.revision for script in ScriptDirectory(str(HERE)).walk_revisions()]


def write_search_index(connection: Connection) -> None:
    """Writes the search index and the effective times of all resources again, from their content."""
    for table in (t.search, t.token, t.token_set):
        connection.execute(delete(table))
    for act in connection.scalars(select(t.resource.c.act).distinct().order_by(t.resource.c.act)).all():
        write_index_of(connection, act)


def write_index_of(connection: Connection, act: int) -> None:
    """Writes the effective time of each version of the resources of an act, and the index of the current ones."""
    order = (t.resource.c.position, t.resource.c.version)
    rows = connection.execute(select_resources().where(t.resource.c.act == act).order_by(*order)).all()
    places = {f"{row.type}/{row.id}": row.position for row in rows}
    contents = [search_content(load(body_of(row).encode()), places) for row in rows]
    effective: dict[int, str] = {}
    for row, content in zip(rows, contents, strict=True):
        effective[row.position] = content.effective or effective.get(row.position) or row.stored
        # An earlier version is not searched; its patient may have been moved or erased.
        (found,) = find_columns(connection, index_resources([row.type], [content])) if row.current else [{}]
        columns = {**found, "ends": content.ends, "within": content.within, "effective": effective[row.position]}
        same = (t.resource.c.type == row.type, t.resource.c.id == row.id, t.resource.c.version == row.version)
        connection.execute(update(t.resource).where(*same).values(columns))
    entries = [each for row, content in zip(rows, contents, strict=True) if row.current for each in content.rows]
    if entries:
        connection.execute(insert(t.search), entries)
