"""Brings the tables to the newest revision, in the transaction of a connection."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, delete, func, insert, select, update

from service.adapters.database import tables as t
from service.adapters.database.keeping.bodies import body_of, select_resources
from service.adapters.database.migrations.revision import read_revision
from service.adapters.database.searching.search_rows import patient_of_resource, search_rows
from service.fhir.r4.strict_json import load
from service.fhir.search.index import effective_time

HERE = Path(__file__).parent
# The key of the lock in PostgreSQL: any number that nothing else uses.
MIGRATION = 5_127_002
# The versions before Alembic whose search index lacks what is searched now.
INDEXED_OTHERWISE = ("1", "2", "3")


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
    if before in INDEXED_OTHERWISE:
        write_search_index(connection)


def revisions() -> list[str]:
    """The ids of all revisions, the newest first."""
    return [script.revision for script in ScriptDirectory(str(HERE)).walk_revisions()]


def write_search_index(connection: Connection) -> None:
    """Writes the search index and the effective times of all resources again, from their content."""
    connection.execute(delete(t.search))
    keys = select(t.resource.c.type, t.resource.c.id).distinct()
    for type_name, id in connection.execute(keys).all():
        write_index_of(connection, type_name, id)


def write_index_of(connection: Connection, type_name: str, id: str) -> None:
    """Writes the effective time of each version of a resource, and the index of its current one."""
    same = (t.resource.c.type == type_name, t.resource.c.id == id)
    query = select_resources().where(*same).order_by(t.resource.c.version)
    effective = None
    for row in connection.execute(query).all():
        resource = load(body_of(row).encode())
        effective = effective_time(resource) or effective or row.stored
        numbered = update(t.resource).where(*same, t.resource.c.version == row.version)
        connection.execute(numbered.values(effective=effective, patient=patient_of_resource(resource)))
        if row.current:
            connection.execute(insert(t.search), search_rows(resource))
