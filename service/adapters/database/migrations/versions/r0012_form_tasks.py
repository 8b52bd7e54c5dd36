"""The Tasks by which others ask that patients fill in forms."""

from alembic import op
from sqlalchemy import Column, Integer, MetaData, String, Table

revision = "0012"
down_revision = "0011"

metadata = MetaData()
Table(
    "form_task",
    metadata,
    Column("task", String, primary_key=True),
    Column("patient", String, nullable=False, index=True),
    Column("link", String, nullable=False, unique=True),
    Column("act", Integer),
    Column("source", String, nullable=False),
    Column("status", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", String, index=True),
)


def upgrade() -> None:
    """Creates the table."""
    metadata.create_all(op.get_bind())
