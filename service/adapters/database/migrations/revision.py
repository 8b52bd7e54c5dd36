"""Which revision the tables have, without Alembic, so that a process need not load it to see that all is well."""

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from service.adapters.database.tables import schema

# The newest revision: a test compares it with the files in migrations/versions.
REVISION = "0020"
# The versions of the tables before Alembic: the number in `schema_version`.
BEFORE_ALEMBIC = ("1", "2", "3", "4", "5")

alembic_version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def read_revision(connection: Connection) -> str | None:
    """The id of the revision, or the version before Alembic; None if there are no tables of this service."""
    found = inspect(connection)
    if found.has_table(alembic_version.name):
        revision = connection.scalar(select(alembic_version.c.version_num))
        if revision is not None:
            return str(revision)
    if not found.has_table(schema.name):
        return None
    version = connection.scalar(select(schema.c.version))
    return None if version is None else str(version)


def can_be_upgraded(revision: str | None) -> bool:
    """True for a revision or version that this program knows, also none."""
    from service.adapters.database.migrations.upgrade import revisions

    return revision is None or revision in (*BEFORE_ALEMBIC, *revisions())
