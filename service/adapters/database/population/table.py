"""The table of coded answers, and that of the questions whose answers they are."""

from sqlalchemy import Boolean, Column, Integer, String, Table, Text

from service.adapters.database.tables import metadata

# The questions of each form with the codes of their options, a JSON object: without them no integer can be read, and a
# form may be published anew under the same version. `form` is our questionnaire with its version; `digest` is that of
# both.
coded_questions = Table(
    "coded_questions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("digest", String, nullable=False, unique=True),
    Column("form", String, nullable=False),
    Column("questions", Text, nullable=False),
    sqlite_autoincrement=True,
)

# The answers of the current version of each response: `answers` is a JSON array of the integers of coded_answers.py in
# the order of the questions that have the number `questions`, `numbers` a JSON object of decimals as strings. `edition`
# is the canonical that the response names. Patient, instrument, time and status are in `response`.
coded_answers = Table(
    "coded_answers",
    metadata,
    Column("response", String, primary_key=True),
    Column("edition", String, nullable=False),
    Column("questions", Integer, nullable=False),
    Column("answers", Text, nullable=False),
    Column("numbers", Text, nullable=False),
    Column("is_test", Boolean, nullable=False),
)
