"""The birth date with which a submission was assessed. Those that are stored already were assessed without one."""

from alembic import op
from sqlalchemy import Column, String

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Adds the column, empty."""
    op.add_column("act", Column("birth_date", String))
