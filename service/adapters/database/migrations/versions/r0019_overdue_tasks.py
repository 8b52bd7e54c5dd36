"""The indexes by which overdue Tasks, the browsers of a visit, and events that were missed are found."""

from alembic import op
from sqlalchemy import text

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Replaces two indexes by which nearly all Tasks were passed, and adds two."""
    where, followers = text("root IS NULL AND taken IS NULL"), text("root IS NOT NULL")
    op.drop_index("ix_task_root", "task", if_exists=True)
    op.create_index(
        "task_root", "task", ["root"], if_not_exists=True, sqlite_where=followers, postgresql_where=followers
    )
    op.drop_index("ix_task_ends", "task", if_exists=True)
    op.create_index(
        "task_overdue",
        "task",
        ["status", "urgency", "ends"],
        if_not_exists=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_index("ix_form_session_visit", "form_session", ["visit"], if_not_exists=True)
    op.create_index("ix_missed_due", "missed", ["due"], if_not_exists=True)
