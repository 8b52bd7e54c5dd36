"""An issuer of tokens, and the application with access control that knows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.adapters.database.engine import Database
from tests.support.other_systems.issuing import Issuer, issuer_file, issuing, secured
from tests.support.rest import Clock, Rest


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing() as made:
        yield made


@pytest.fixture
def safe(sqlite: Database, clock: Clock, tmp_path: Path, issuer: Issuer) -> Rest:
    """The application with access control."""
    return secured(sqlite, clock, issuer_file(tmp_path, issuer))
