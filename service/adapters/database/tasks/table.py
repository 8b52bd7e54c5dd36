"""The table of the Tasks that we wrote."""

from sqlalchemy import Column, Index, Integer, String, Table, text

from service.adapters.database.tables import metadata

# Those that the watch looks for, late or overdue. The others are kept for ever and must not be passed at each look.
UNTAKEN = "root IS NULL AND taken IS NULL"
# Those that escalate another one. An index with all would find those that do not, nearly all, by the null: SQLite takes
# each value of a column to be in equally many rows.
FOLLOWERS = "root IS NOT NULL"
# Those that the metric counts.
ESCALATED = "escalated > 0"

# The Tasks that we wrote, and what became of them. `root` is the Task that one escalates; `urgency` is null if nothing
# is urgent. The time to the next escalation runs from `since`; `steps` counts those since then,
# `escalated` all. `taken` is when a person was first seen to have it, `due` when its state is read next.
task = Table(
    "task",
    metadata,
    Column("id", String, primary_key=True),
    Column("act", Integer, nullable=False, index=True),
    Column("patient", String, nullable=False, index=True),
    Column("root", String),
    Column("urgency", String),
    Column("written", String, nullable=False),
    Column("since", String, nullable=False),
    Column("ends", String),
    Column("status", String, nullable=False),
    Column("taken", String),
    Column("steps", Integer, nullable=False),
    Column("escalated", Integer, nullable=False),
    Column("due", String, index=True),
    Index("task_root", "root", sqlite_where=text(FOLLOWERS), postgresql_where=text(FOLLOWERS)),
    Index("task_late", "urgency", "steps", "since", sqlite_where=text(UNTAKEN), postgresql_where=text(UNTAKEN)),
    Index("task_overdue", "status", "urgency", "ends", sqlite_where=text(UNTAKEN), postgresql_where=text(UNTAKEN)),
    Index("task_escalated", "urgency", "escalated", sqlite_where=text(ESCALATED), postgresql_where=text(ESCALATED)),
)
