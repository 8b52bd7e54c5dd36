"""Whether a submission could be stored now: the tables can be read, the database can be written, the disk has room."""

import os
import shutil

from sqlalchemy import select

from service.adapters.database.engine import Database
from service.adapters.database.migrations.revision import REVISION, alembic_version
from service.fhir.r4.strict_json import MAX_BYTES
from service.issues import Unavailable

# A submission of the greatest size with its results.
LEAST_FREE_BYTES = 2 * MAX_BYTES


def require_ready(database: Database) -> None:
    """Raises Unavailable if a submission could not be stored now. Writes nothing.

    The disk of PostgreSQL cannot be seen from here: a server that is out of room stops, or refuses to write.
    """
    if database.is_sqlite:
        require_room(database)
    with database.read() as connection:
        revision = connection.scalar(select(alembic_version.c.version_num))
        read_only = not database.is_sqlite and connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on"
    if revision != REVISION:
        raise Unavailable("the tables of the database have another version than this program needs")
    if read_only:
        raise Unavailable("the database server accepts no writes")


def require_room(database: Database) -> None:
    """Raises Unavailable if the SQLite file cannot be written, or its disk is full."""
    database.require_same_file()
    if not all(os.access(path, os.R_OK | os.W_OK) for path in (database.path, database.path.parent)):
        raise Unavailable("the database file or its folder cannot be written")
    if shutil.disk_usage(database.path.parent).free < LEAST_FREE_BYTES:
        raise Unavailable("the disk of the database is full")
