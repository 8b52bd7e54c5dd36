"""The coded answers of responses. `sural population fill` writes those of responses that are stored already: it needs
the questionnaires and the rules, which a migration does not have."""

from alembic import op
from sqlalchemy import Boolean, Column, MetaData, String, Table, Text

revision = "0016"
down_revision = "0015"

metadata = MetaData()
Table(
    "coded_questions",
    metadata,
    Column("digest", String, primary_key=True),
    Column("questions", Text, nullable=False),
)
Table(
    "coded_answers",
    metadata,
    Column("response", String, primary_key=True),
    Column("form", String, nullable=False),
    Column("edition", String, nullable=False),
    Column("questions", String, nullable=False),
    Column("answers", Text, nullable=False),
    Column("numbers", Text, nullable=False),
    Column("is_test", Boolean, nullable=False),
)


def upgrade() -> None:
    """Creates the tables, empty."""
    metadata.create_all(op.get_bind())
