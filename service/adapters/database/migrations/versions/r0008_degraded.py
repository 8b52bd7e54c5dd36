"""What was changed in an outbox entry for a FHIR server that cannot take it as it was."""

from alembic import op
from sqlalchemy import Column, Text

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Adds the column, empty."""
    op.add_column("outbox", Column("degraded", Text))
