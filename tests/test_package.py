"""The wheel: it carries forms and mappings, and works in any folder of an environment without this checkout."""

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from service.adapters.database.keeping.frames import DICTIONARIES
from tests.support.files import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (made,) = folder.glob("*.whl")
    return made


def test_it_carries_everything_that_is_published_and_ruled(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("questionnaires", "mappings"):
        for path in (ROOT / folder).iterdir():
            assert f"service/data/{folder}/{path.name}" in names
    for path in DICTIONARIES.iterdir():
        assert f"service/adapters/database/keeping/dictionaries/{path.name}" in names
    assert not [name for name in names if name.startswith("tests")]
    assert any(name.endswith("licenses/NOTICE") for name in names)


def run(python: Path, *arguments: str, folder: Path) -> str:
    command = [str(python.parent / "sural"), *arguments]
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin"}
    )
    return result.stdout


def environment(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder / "bin" / "python"


def install(python: Path, *what: str) -> None:
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", *what]
    subprocess.run(command, check=True, capture_output=True)


def use(python: Path, folder: Path) -> None:
    empty = folder / "elsewhere"
    empty.mkdir()
    assert "no fault" in run(python, "check", folder=empty)
    example = ROOT / "tests/cases/patients/low-mood/phq-9.json"
    assert '"resourceType": "Bundle"' in run(python, "assess", str(example), folder=empty)
    assert list(empty.iterdir()) == []


def test_it_works_apart_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Offline: the dependencies are lent by this environment, without its own copy of the service."""
    python = environment(tmp_path / "env")
    install(python, "--no-deps", "--no-index", str(wheel))
    (site,) = (tmp_path / "env" / "lib").glob("python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_paths()["purelib"])
    command = [str(python), "-c", "import service; print(service.__file__)"]
    where = subprocess.run(command, check=True, capture_output=True, text=True, cwd="/", env={})
    assert where.stdout.startswith(str(tmp_path))
    use(python, tmp_path)


@pytest.mark.slow
def test_it_installs_into_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    """With its dependencies from the package index."""
    python = environment(tmp_path / "env")
    install(python, str(wheel))
    use(python, tmp_path)
