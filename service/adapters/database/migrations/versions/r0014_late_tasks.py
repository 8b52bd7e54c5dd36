"""The indexes by which late Tasks are found, without those that are taken, and escalated ones are counted."""

from alembic import op
from sqlalchemy import text

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Replaces one index, and adds one."""
    where, escalated = text("root IS NULL AND taken IS NULL"), text("escalated > 0")
    op.drop_index("task_late", "task", if_exists=True)
    op.create_index(
        "task_late",
        "task",
        ["urgency", "steps", "since"],
        if_not_exists=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_index(
        "task_escalated",
        "task",
        ["urgency", "escalated"],
        if_not_exists=True,
        sqlite_where=escalated,
        postgresql_where=escalated,
    )
