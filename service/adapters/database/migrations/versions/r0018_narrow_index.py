"""A row per resource instead of ten rows of search index: times and types as numbers, patients and tokens by number.

The search index is written again from the contents after the last revision (migrations/upgrade.py).
"""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

revision = "0018"
down_revision = "0017"

metadata = MetaData()
Table(
    "resource",
    metadata,
    Column("type", SmallInteger, primary_key=True, autoincrement=False),
    Column("id", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("act", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("current", Boolean, nullable=False),
    Column("stored", BigInteger, nullable=False),
    Column("effective", BigInteger, nullable=False),
    Column("ends", BigInteger),
    Column("patient", Integer),
    Column("tokens", Integer),
    Column("within", Text),
    Column("content", Integer, nullable=False),
    Column("line", Integer, nullable=False),
)
Table(
    "patient",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("reference", String, nullable=False, unique=True),
    Column("revision", Integer, nullable=False),
    sqlite_autoincrement=True,
)
Table(
    "token_set",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("digest", String, nullable=False, unique=True),
    sqlite_autoincrement=True,
)
Table(
    "token",
    metadata,
    Column("set", Integer, primary_key=True, autoincrement=False),
    Column("parameter", String, primary_key=True),
    Column("system", String, primary_key=True),
    Column("value", String, primary_key=True),
    Column("type", SmallInteger, nullable=False),
)
Table(
    "search",
    metadata,
    Column("row", Integer, primary_key=True, autoincrement=True),
    Column("type", SmallInteger, nullable=False),
    Column("id", String, nullable=False),
    Column("parameter", String, nullable=False),
    Column("system", String),
    Column("value", String),
    Column("low", String),
    Column("high", String),
)
TYPES = ("QuestionnaireResponse", "Observation", "ClinicalImpression", "Provenance", "Task")
CURRENT_INDEXES = {
    "resource_patient": ["patient", "effective", "act"],
    "resource_effective": ["type", "effective", "act"],
    "resource_stored": ["type", "stored", "act"],
    "resource_tokens": ["tokens"],
}
OLD_INDEXES = ("resource_current", "resource_patient", "resource_effective", "resource_stored", "resource_act_place")
# Milliseconds since 1970 of an instant such as 2026-11-21T09:00:00.000Z.
MILLISECONDS = {
    "sqlite": "CAST(strftime('%s', substr({0}, 1, 19)) AS INTEGER) * 1000 + CAST(substr({0}, 21, 3) AS INTEGER)",
    "postgresql": "CAST(extract(epoch FROM CAST({0} AS timestamptz)) * 1000 AS bigint)",
}


def upgrade() -> None:
    """Copies the tables, the resources without what is written again, into ones with the new columns."""
    for index in OLD_INDEXES:
        op.drop_index(index, "resource", if_exists=True)
    op.drop_table("search")
    for name in ("resource", "patient"):
        op.rename_table(name, f"{name}_before")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"ALTER INDEX {name}_pkey RENAME TO {name}_before_pkey")
    metadata.create_all(op.get_bind())
    copy_rows()
    for name in ("resource", "patient"):
        op.drop_table(f"{name}_before")
    create_indexes()


def copy_rows() -> None:
    """Copies patients and resources."""
    op.execute(
        "INSERT INTO patient (reference, revision) SELECT reference, revision FROM patient_before ORDER BY reference"
    )
    milliseconds = MILLISECONDS[op.get_bind().dialect.name]
    number = " ".join(f"WHEN '{name}' THEN {number}" for number, name in enumerate(TYPES, 1))
    columns = (
        "id",
        f"CASE type {number} END",
        "version",
        "act",
        "position",
        "current",
        milliseconds.format("stored"),
        milliseconds.format("effective"),
        "content",
        "line",
    )
    names = "id, type, version, act, position, current, stored, effective, content, line"
    op.execute(f"INSERT INTO resource ({names}) SELECT {', '.join(columns)} FROM resource_before")  # noqa: S608


def create_indexes() -> None:
    """Creates the indexes."""
    for name, columns in CURRENT_INDEXES.items():
        where = {"sqlite_where": text("current = 1"), "postgresql_where": text("current")}
        op.create_index(name, "resource", columns, **where)  # type: ignore[arg-type]
    op.create_index("resource_act", "resource", ["act"])
    op.create_index("token_value", "token", ["type", "parameter", "value"])
    op.create_index("search_value", "search", ["type", "parameter", "value"])
    op.create_index("search_resource", "search", ["id", "type"])
