"""Coded answers name their form by a number, instead of its canonical and a digest: a tenth of a small response."""

import hashlib

from alembic import op
from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table, Text, insert, text

revision = "0020"
down_revision = "0019"

metadata = MetaData()
questions = Table(
    "coded_questions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("digest", String, nullable=False, unique=True),
    Column("form", String, nullable=False),
    Column("questions", Text, nullable=False),
    sqlite_autoincrement=True,
)
answers = Table(
    "coded_answers",
    metadata,
    Column("response", String, primary_key=True),
    Column("edition", String, nullable=False),
    Column("questions", Integer, nullable=False),
    Column("answers", Text, nullable=False),
    Column("numbers", Text, nullable=False),
    Column("is_test", Boolean, nullable=False),
)
FORMS = text(
    "SELECT DISTINCT a.form, q.digest, q.questions FROM coded_answers_before a "
    "JOIN coded_questions_before q ON q.digest = a.questions ORDER BY a.form, q.digest"
)
COPY = text(
    "INSERT INTO coded_answers (response, edition, questions, answers, numbers, is_test) "
    "SELECT response, edition, :number, answers, numbers, is_test FROM coded_answers_before "
    "WHERE form = :form AND questions = :digest"
)


def upgrade() -> None:
    """Copies the tables into ones with the new columns."""
    connection = op.get_bind()
    for name in ("coded_questions", "coded_answers"):
        op.rename_table(name, f"{name}_before")
        if connection.dialect.name == "postgresql":
            op.execute(f"ALTER INDEX {name}_pkey RENAME TO {name}_before_pkey")
    metadata.create_all(connection)
    for row in connection.execute(FORMS).all():
        digest = hashlib.sha256(f"{row.form}\n{row.questions}".encode()).hexdigest()
        new = {"digest": digest, "form": row.form, "questions": row.questions}
        (number,) = connection.execute(insert(questions).returning(questions.c.number), new).one()
        connection.execute(COPY, {"number": number, "form": row.form, "digest": row.digest})
    for name in ("coded_questions", "coded_answers"):
        op.drop_table(f"{name}_before")
