"""A served FHIR interface for the client libraries."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running.serving import serving


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running service with an empty database."""
    folder: Path = tmp_path_factory.mktemp("clients")
    with serving(folder) as served:
        yield served.base
