"""The audit trail, the mark of a database that ran with access control, links to forms, and counts of requests.

Triggers forbid to change or delete what is in the audit trail.
"""

from alembic import op
from sqlalchemy import Column, Integer, MetaData, String, Table, Text

revision = "0006"
down_revision = "0005"

metadata = MetaData()
Table(
    "audit",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("previous", String, nullable=False),
    Column("hash", String, nullable=False),
)
Table("secured", metadata, Column("row", Integer, primary_key=True), Column("since", String, nullable=False))

# Links by which a patient opens forms: `digest` is the SHA-256 of the token, `birth_date` an HMAC under the token, so
# that neither can be told from the row. `session` is the JSON of the FormSession that the link gives.
form_link = Table(
    "form_link",
    metadata,
    Column("id", String, primary_key=True),
    Column("digest", String, nullable=False, unique=True),
    Column("patient", String, nullable=False),
    Column("session", Text, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made", String, nullable=False),
    Column("until", String, nullable=False),
    Column("birth_date", String),
    Column("wrong_dates", Integer, nullable=False),
    Column("used", String),
    Column("revoked", String),
    Column("task", String, unique=True),
)

# How many requests were counted under a key until a time: the rate limits of all processes.
request_count = Table(
    "request_count",
    metadata,
    Column("key", String, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("until", String, nullable=False, index=True),
)

RULES = {
    "sqlite": tuple(
        f"CREATE TRIGGER IF NOT EXISTS audit_no_{act} BEFORE {act.upper()} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
        for act in ("update", "delete")
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$",
        "DROP TRIGGER IF EXISTS audit_no_change ON audit",
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()",
    ),
}


def upgrade() -> None:
    """Creates the tables, and the triggers of the audit trail."""
    metadata.create_all(op.get_bind())
    for rule in RULES[op.get_bind().dialect.name]:
        op.execute(rule)
