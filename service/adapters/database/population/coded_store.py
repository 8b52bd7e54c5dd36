"""The coded answers in the database: a `CodedStore`."""

from collections.abc import Iterator, Sequence

from sqlalchemy import and_, func, select

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.adapters.database.population.coded_rows import coded_response, insert_missing, read_questions
from service.adapters.database.population.table import coded_answers, coded_questions
from service.fhir.results.submission import SourceResponse
from service.fhir.results.versions import WITHDRAWN
from service.ports.coded_responses import CodedResponse
from service.screening.instruments.coded_answers import Questions

ROWS_AT_A_TIME = 2_000
IS_UNCODED = coded_answers.c.response.is_(None)
EVERY_RESPONSE = t.response.outerjoin(coded_answers, coded_answers.c.response == t.response.c.id)


class DatabaseCodedAnswers:
    """The coded answers of the responses in the database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def read_forms(self) -> list[tuple[str, Questions]]:
        """The questions of each form that is answered, with the name of its instrument."""
        columns = (t.response.c.instrument, coded_questions.c.questions)
        forms = (
            select(*columns)
            .join(coded_answers, coded_answers.c.response == t.response.c.id)
            .join(coded_questions, coded_questions.c.number == coded_answers.c.questions)
            .group_by(*columns)
            .order_by(func.min(t.response.c.first), coded_questions.c.questions)
        )
        with self.database.read() as connection:
            return [(row.instrument, read_questions(row.questions)) for row in connection.execute(forms)]

    def read_coded(self) -> Iterator[CodedResponse]:
        """The coded answers of every response but tests and withdrawn ones, in the order of acceptance."""
        is_response, is_same = t.resource.c.type == "QuestionnaireResponse", t.resource.c.id == coded_answers.c.response
        current = and_(is_same, is_response, t.resource.c.current)
        rows = (
            select(
                coded_answers,
                t.resource.c.act,
                t.act.c.birth_date,
                t.response.c.patient,
                t.response.c.instrument,
                t.response.c.authored,
                t.response.c.status,
            )
            .join(t.resource, current)
            .join(t.act, t.act.c.sequence == t.resource.c.act)
            .join(t.response, t.response.c.id == coded_answers.c.response)
            .where(~coded_answers.c.is_test, t.response.c.status != WITHDRAWN)
            .order_by(t.resource.c.act, t.resource.c.position)
            .execution_options(yield_per=ROWS_AT_A_TIME)
        )
        with self.database.read() as connection:
            texts = connection.execute(select(coded_questions)).all()
            forms = {row.number: (row.form, read_questions(row.questions)) for row in texts}
            # Others may come while this is read: with questions that are not known here.
            for row in connection.execute(rows.where(coded_answers.c.questions.in_(list(forms)))):
                yield coded_response(row, *forms[row.questions])

    def count_uncoded(self) -> int:
        """The number of responses without coded answers."""
        with self.database.read() as connection:
            return connection.scalar(select(func.count()).select_from(EVERY_RESPONSE).where(IS_UNCODED)) or 0

    def find_uncoded(self, most: int) -> Sequence[str]:
        """The ids of responses without coded answers."""
        with self.database.read() as connection:
            ids = select(t.response.c.id).select_from(EVERY_RESPONSE).where(IS_UNCODED).limit(most)
            return list(connection.scalars(ids))

    def save_missing(self, sources: Sequence[SourceResponse]) -> None:
        """Writes the coded answers of responses that have none."""
        with self.database.write() as connection:
            insert_missing(connection, sources)
