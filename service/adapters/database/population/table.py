"""The table of coded answers, and that of the questions whose answers they are."""

from sqlalchemy import Boolean, Column, String, Table, Text

from service.adapters.database.tables import metadata

# The questions of a form with the codes of their options, a JSON object, by the digest of it: without them no integer
# can be read, and a form may be published anew under the same version.
coded_questions = Table(
    "coded_questions",
    metadata,
    Column("digest", String, primary_key=True),
    Column("questions", Text, nullable=False),
)

# The answers of the current version of each response: `answers` is a JSON array of the integers of coded_answers.py in
# the order of the questions, `numbers` a JSON object of decimals as strings. `form` is our questionnaire with its
# version, `edition` the canonical that the response names. Patient, instrument, time and status are in `response`.
coded_answers = Table(
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
