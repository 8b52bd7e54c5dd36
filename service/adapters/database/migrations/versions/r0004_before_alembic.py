"""The tables of version 4, from nothing or from any version before Alembic; `schema_version` stops older programs."""

from alembic import op

from service.adapters.database.migrations.before_alembic import add_missing_columns, keep_older_programs_out
from service.adapters.database.migrations.tables_of_version_4 import metadata

revision = "0004"
down_revision = None


def upgrade() -> None:
    """Creates the tables that are missing, and adds the columns that versions 1 to 3 do not have."""
    connection = op.get_bind()
    add_missing_columns(connection)
    metadata.create_all(connection)
    keep_older_programs_out(connection)
