"""A file of coded answers."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from service.population.files.rows_file import layout_of, write_rows
from tests.support.generated.coded_answers import random_responses


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A file of random coded answers in four parts."""
    made = [row for row, _ in zip(random_responses(5), range(400), strict=False)]
    made = [row for row in made if row.submission != made[-1].submission]
    path = tmp_path / "rows.parquet"
    write_rows(path, layout_of((row.instrument, row.questions) for row in made), made, size=110)
    assert pq.ParquetFile(path).num_row_groups == 4
    return path
