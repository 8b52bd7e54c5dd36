"""The rows of coded answers, kept in the transactions that write the responses."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, select

from service.adapters.database.population.table import coded_answers, coded_questions
from service.adapters.database.resources.new_rows import insert_if_new, insert_or_replace
from service.adapters.database.store_rows import as_time
from service.fhir.r4.strict_json import encode, parse
from service.fhir.results.submission import SourceResponse
from service.ports.coded_responses import CodedResponse
from service.screening.instruments.coded_answers import Questions, code_answers, options_of_questions

Columns = dict[str, Any]
KNOWN_QUESTIONS = select(coded_questions.c.number).where(coded_questions.c.digest == bindparam("digest"))


class CodedAnswerRows(NamedTuple):
    """The row of the coded answers of a response without the number of the questions, and the row of the questions."""

    answers: Columns
    questions: Columns


def coded_answer_rows(source: SourceResponse) -> CodedAnswerRows:
    """The rows of a response."""
    form, options = source.sheet.instrument.canonical, options_of_questions(source.sheet.instrument)
    questions = encode({link_id: list(codes) for link_id, codes in options.items()}).decode()
    digest = hashlib.sha256(f"{form}\n{questions}".encode()).hexdigest()
    numbers = {link_id: str(number) for link_id, number in source.sheet.numbers.items()}
    answers = {
        "response": source.id,
        "edition": source.response.questionnaire,
        "answers": encode(code_answers(source.sheet)).decode(),
        "numbers": encode(numbers).decode(),
        "is_test": source.is_test,
    }
    return CodedAnswerRows(answers, {"digest": digest, "form": form, "questions": questions})


def number_answers(connection: Connection, rows: CodedAnswerRows) -> Columns:
    """The row of the coded answers of a response, with the number of the questions."""
    return {**rows.answers, "questions": number_questions(connection, rows.questions)}


def save_coded(connection: Connection, row: Columns) -> None:
    """Writes the coded answers of a response, instead of those of its earlier version."""
    connection.execute(insert_or_replace(connection, coded_answers, "response"), row)


def insert_missing(connection: Connection, sources: Sequence[SourceResponse]) -> None:
    """Writes the coded answers of responses that have none."""
    # In one order, so that two transactions that store the same questions wait for one another only once.
    made = sorted((coded_answer_rows(source) for source in sources), key=lambda rows: rows.questions["digest"])
    rows = [number_answers(connection, each) for each in made]
    if rows:
        connection.execute(insert_if_new(connection, coded_answers), rows)


def number_questions(connection: Connection, row: Columns) -> int:
    """The number of the questions of a form, which get one if there is none yet."""
    known = connection.scalar(KNOWN_QUESTIONS, row)
    if known is None:
        connection.execute(insert_if_new(connection, coded_questions), row)
        known = connection.execute(KNOWN_QUESTIONS, row).scalar_one()
    return int(known)


def read_questions(text: str) -> Questions:
    """The questions in a row."""
    return {link_id: tuple(options) for link_id, options in parse(text).items()}


def coded_response(row: Row[Any], form: str, questions: Questions) -> CodedResponse:
    """The response in a row of `coded_answers` with its act and its columns in `response`."""
    return CodedResponse(
        row.response,
        row.act,
        row.patient,
        row.instrument,
        form,
        row.edition,
        as_time(row.authored),
        row.status,
        row.birth_date,
        questions,
        parse(row.answers),
        parse(row.numbers),
    )
