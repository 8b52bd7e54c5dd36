"""Visits of patients to the form, and the sessions of their browsers. Version 5 before Alembic has these tables."""

from alembic import op
from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table, Text

revision = "0005"
down_revision = "0004"

metadata = MetaData()
Table(
    "form_visit",
    metadata,
    Column("id", String, primary_key=True),
    Column("patient", String, nullable=False),
    Column("link", String, unique=True),
    Column("session", Text, nullable=False),
    Column("responses", Text, nullable=False),
    Column("draft", Text, nullable=False),
    Column("opened", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("is_stored", Boolean, nullable=False),
    Column("sent", String),
)
Table(
    "form_session",
    metadata,
    Column("key", String, primary_key=True),
    Column("visit", String, nullable=False),
    Column("until", String, nullable=False, index=True),
)


def upgrade() -> None:
    """Creates the two tables, unless version 5 before Alembic did."""
    metadata.create_all(op.get_bind())
