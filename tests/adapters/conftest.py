"""Copies of the shipped files that a test may break."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.building import SAMPLES

ROOT = SAMPLES.parents[1]
Edit = Callable[[str, str, str], None]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copies of questionnaires/ and mappings/ to break."""
    for name in ("questionnaires", "mappings"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def edit(copy: Path) -> Edit:
    """Replaces a text in a copied file, which must hold it."""

    def replace(file: str, old: str, new: str) -> None:
        path = copy / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return replace
