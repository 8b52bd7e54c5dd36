"""Coded answers as Parquet: one row per response, one column per question.

https://parquet.apache.org/docs/file-format/
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from service.issues import CannotStart
from service.population.columns.rows import NO_DAY, CodedRows
from service.ports.coded_responses import CodedResponse
from service.screening.instruments.coded_answers import FIRST_OPTION, Questions, recode, united_questions
from service.screening.rules.age import possible_days
from service.screening.rules.response_selection import USABLE

# A row group is read at once. Its last submission is whole.
ROWS_AT_ONCE = 65_536
METADATA = b"sural.questions"
WIDTHS = {16: pa.uint16(), 32: pa.uint32(), 64: pa.uint64()}
FIXED = (
    ("response", pa.string()),
    ("submission", pa.int64()),
    ("patient", pa.string()),
    ("instrument", pa.string()),
    ("form", pa.string()),
    ("edition", pa.string()),
    ("authored", pa.timestamp("us", "UTC")),
    ("status", pa.string()),
    ("born_first", pa.date32()),
    ("born_last", pa.date32()),
    ("sex", pa.string()),
)
Layout = Mapping[str, Questions]


class NotCodedAnswers(CannotStart):
    """The file does not contain coded answers."""

    def __init__(self) -> None:
        super().__init__("The file has no coded answers. Write it with: sural population export")


def layout_of(responses: Iterable[tuple[str, Questions]]) -> dict[str, dict[str, tuple[str, ...]]]:
    """The questions of each instrument, with all options that any of its editions has."""
    found: dict[str, list[Questions]] = {}
    for name, questions in responses:
        if questions not in found.setdefault(name, []):
            found[name].append(questions)
    return {name: united_questions(each) for name, each in sorted(found.items())}


def row_schema(layout: Layout) -> pa.Schema:
    """The columns of a file. The metadata has the options of each question, by instrument and linkId."""
    codes = {link_id: options for questions in layout.values() for link_id, options in questions.items()}
    answers = [(link_id, column_type(options)) for link_id, options in codes.items()]
    numbers = [(number_name(link_id), pa.float64()) for link_id, options in codes.items() if not options]
    text = json.dumps({name: {link: list(each) for link, each in own.items()} for name, own in layout.items()})
    return pa.schema([*FIXED, *answers, *numbers], metadata={METADATA: text.encode()})


def column_type(options: tuple[str, ...]) -> pa.DataType:
    """The least type of unsigned integers that has a bit for every option."""
    return next(kind for bits, kind in WIDTHS.items() if len(options) + FIRST_OPTION <= bits)


def number_name(link_id: str) -> str:
    """The column of the number that answers a question."""
    return f"{link_id}.number"


def write_rows(path: Path, layout: Layout, responses: Iterable[CodedResponse], size: int = ROWS_AT_ONCE) -> int:
    """Writes coded answers to a file, which appears when it is complete. Returns the number of rows."""
    schema, count, made = row_schema(layout), 0, path.with_name(f"{path.name}.part")
    with pq.ParquetWriter(made, schema, compression="zstd") as writer:
        for batch in whole_submissions(responses, size):
            writer.write_table(table_of(batch, layout, schema), row_group_size=len(batch))
            count += len(batch)
    made.replace(path)
    return count


def whole_submissions(responses: Iterable[CodedResponse], size: int) -> Iterator[list[CodedResponse]]:
    """Batches of at least ``size`` rows, but for the last, that part no submission."""
    batch: list[CodedResponse] = []
    for _, brought in groupby(responses, key=lambda each: each.submission):
        batch += brought
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def table_of(batch: list[CodedResponse], layout: Layout, schema: pa.Schema) -> pa.Table:
    """The rows of a batch."""
    columns: dict[str, Any] = {
        name: [getattr(each, name) for each in batch] for name, _ in FIXED if name[:5] != "born_"
    }
    born = [(None, None) if each.birth_date is None else possible_days(each.birth_date) for each in batch]
    columns |= {"born_first": [first for first, _ in born], "born_last": [last for _, last in born]}
    integers = {name: np.zeros(len(batch), kind.to_pandas_dtype()) for name, kind in answer_columns(schema)}
    numbers = {name: np.full(len(batch), np.nan) for name in schema.names if name.endswith(".number")}
    for row, each in enumerate(batch):
        united = layout[each.instrument]
        for (link_id, options), bits in zip(each.questions.items(), each.answers, strict=True):
            integers[link_id][row] = recode(bits, options, united[link_id])
        for link_id, number in each.numbers.items():
            if number_name(link_id) in numbers:
                numbers[number_name(link_id)][row] = float(number)
    columns |= integers | {name: pa.array(values, from_pandas=True) for name, values in numbers.items()}
    return pa.table(columns, schema=schema)


def answer_columns(schema: pa.Schema) -> Iterator[tuple[str, pa.DataType]]:
    """The columns of answers, each with its type."""
    return ((each.name, each.type) for each in schema if pa.types.is_unsigned_integer(each.type))


def read_layout(schema: pa.Schema) -> dict[str, dict[str, tuple[str, ...]]]:
    """The questions in the metadata of a file. Raises NotCodedAnswers if there are none."""
    text = (schema.metadata or {}).get(METADATA)
    if text is None:
        raise NotCodedAnswers
    return {
        name: {link_id: tuple(options) for link_id, options in questions.items()}
        for name, questions in json.loads(text).items()
    }


def open_rows(path: Path) -> pq.ParquetFile:
    """The file with coded answers. Raises NotCodedAnswers if it is none."""
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid:
        raise NotCodedAnswers from None
    read_layout(file.schema_arrow)
    return file


def coded_rows(table: pa.Table) -> CodedRows:
    """The rows of a table as columns of numpy."""
    schema = table.schema
    instruments, instrument = dictionary_column(table["instrument"])
    sexes, sex = dictionary_column(table["sex"])
    statuses, status = dictionary_column(table["status"])
    finished = np.array([each in USABLE for each in statuses], np.bool_)
    return CodedRows(
        questions=read_layout(schema),
        instruments=instruments,
        submission=table["submission"].to_numpy(),
        instrument=instrument,
        authored=table["authored"].cast(pa.int64()).to_numpy(),
        is_finished=finished[status],
        born_first=day_column(table["born_first"]),
        born_last=day_column(table["born_last"]),
        sexes=sexes,
        sex=sex,
        answers={name: table[name].to_numpy() for name, _ in answer_columns(schema)},
        numbers={
            name.removesuffix(".number"): table[name].to_numpy() for name in schema.names if name.endswith(".number")
        },
    )


def dictionary_column(column: pa.ChunkedArray) -> tuple[tuple[str, ...], Any]:
    """The distinct texts of a column, and the place of each row's text among them; -1 for null."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    return tuple(encoded.dictionary.to_pylist()), encoded.indices.fill_null(-1).to_numpy()


def day_column(column: pa.ChunkedArray) -> Any:
    """Days since 1970; NO_DAY for null."""
    return column.cast(pa.int32()).fill_null(NO_DAY).to_numpy()
