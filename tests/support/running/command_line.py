"""Runs `sural` in the process of the test; tests/support/running/serving.py runs it as a process of its own."""

from pathlib import Path

from click.testing import CliRunner, Result

from service.cli import main
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from tests.support.files import CASES

PATIENTS = CASES / "patients"
LOW_MOOD = [str(PATIENTS / "low-mood" / f"{name}.json") for name in ("leg-pain", "gad-7", "phq-9")]


def run_sural(*arguments: str, **environment: str) -> Result:
    """The result of `sural` with these arguments and settings."""
    return CliRunner().invoke(main, list(arguments), env={"SURAL_LOG_LEVEL": "critical", **environment})


def write_file(folder: Path, content: Resource | str, name: str = "r.json") -> str:
    """Writes a resource or a text to a file; returns its path."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else encode(content))
    return str(path)
