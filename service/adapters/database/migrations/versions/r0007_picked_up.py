"""Responses on the FHIR server: the versions seen, notices, missed events, and the search for changes."""

from alembic import op
from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table

revision = "0007"
down_revision = "0006"

metadata = MetaData()
Table(
    "fetched",
    metadata,
    Column("id", String, primary_key=True),
    Column("source", String, nullable=False),
    Column("version", String),
    Column("updated", String),
    Column("outcome", String, nullable=False),
    Column("is_origin", Boolean, nullable=False),
)
Table(
    "notice",
    metadata,
    Column("id", String, primary_key=True),
    Column("times", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first", String, nullable=False),
    Column("due", String, nullable=False, index=True),
)
Table(
    "subscription",
    metadata,
    Column("reference", String, primary_key=True),
    Column("last", Integer, nullable=False),
)
Table(
    "missed",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("subscription", String, nullable=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("due", String, nullable=False),
)
Table(
    "change_search",
    metadata,
    Column("source", String, primary_key=True),
    Column("since", String),
    Column("due", String, nullable=False),
)


def upgrade() -> None:
    """Creates the tables."""
    metadata.create_all(op.get_bind())
