"""The rows of coded answers, kept in the transactions that write the responses."""

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row

from service.adapters.database.population.table import coded_answers, coded_questions
from service.adapters.database.resources.new_rows import insert_if_new, insert_into
from service.adapters.database.store_rows import as_time
from service.fhir.r4.strict_json import encode, parse
from service.fhir.results.submission import SourceResponse
from service.ports.coded_responses import CodedResponse
from service.screening.instruments.coded_answers import Questions, code_answers, options_of_questions


def save_coded(connection: Connection, source: SourceResponse) -> None:
    """Writes the coded answers of a response, instead of those of its earlier version."""
    row = coded_row(source)
    insert_questions(connection, [source])
    statement = insert_into(connection, coded_answers).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["response"], set_=row))


def insert_missing(connection: Connection, sources: Sequence[SourceResponse]) -> None:
    """Writes the coded answers of responses that have none."""
    if sources:
        insert_questions(connection, sources)
        connection.execute(insert_if_new(connection, coded_answers), [coded_row(source) for source in sources])


def insert_questions(connection: Connection, sources: Sequence[SourceResponse]) -> None:
    """Writes the questions of the forms that are answered, unless they are there."""
    texts = {text_of_questions(source) for source in sources}
    rows = [{"digest": text_digest(text), "questions": text} for text in sorted(texts)]
    connection.execute(insert_if_new(connection, coded_questions), rows)


def coded_row(source: SourceResponse) -> dict[str, Any]:
    """The row of a response."""
    numbers = {link_id: str(number) for link_id, number in source.sheet.numbers.items()}
    return {
        "response": source.id,
        "form": source.sheet.instrument.canonical,
        "edition": source.response.questionnaire,
        "questions": text_digest(text_of_questions(source)),
        "answers": encode(code_answers(source.sheet)).decode(),
        "numbers": encode(numbers).decode(),
        "is_test": source.is_test,
    }


def text_of_questions(source: SourceResponse) -> str:
    """The questions of a form as JSON."""
    questions = options_of_questions(source.sheet.instrument)
    return encode({link_id: list(options) for link_id, options in questions.items()}).decode()


def text_digest(text: str) -> str:
    """The SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_questions(text: str) -> Questions:
    """The questions in a row."""
    return {link_id: tuple(options) for link_id, options in parse(text).items()}


def coded_response(row: Row[Any], questions: Questions) -> CodedResponse:
    """The response in a row of `coded_answers` with its act and its columns in `response`."""
    return CodedResponse(
        row.response,
        row.act,
        row.patient,
        row.instrument,
        row.form,
        row.edition,
        as_time(row.authored),
        row.status,
        row.birth_date,
        questions,
        parse(row.answers),
        parse(row.numbers),
    )
