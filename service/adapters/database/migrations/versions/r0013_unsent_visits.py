"""The index by which visits are found that were never sent."""

from alembic import op
from sqlalchemy import text

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Adds the index."""
    where = text("sent IS NULL")
    op.create_index(
        "form_visit_unsent", "form_visit", ["opened"], if_not_exists=True, sqlite_where=where, postgresql_where=where
    )
