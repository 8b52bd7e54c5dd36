"""The client libraries in JavaScript create, correct, search, page and send a transaction."""

import json
import subprocess
from functools import cache
from pathlib import Path

import pytest

from service.fhir.r4.strict_json import encode
from tests.clients.conftest import base
from tests.clients.steps import requests_of
from tests.support.files import ROOT

pytestmark = pytest.mark.node

__all__ = ["base"]
CLIENTS: Path = ROOT / "tests" / "node" / "clients"


@cache
def results(library: str, base: str) -> dict[str, str]:
    """The result of each step of a library."""
    if not (CLIENTS / "node_modules").exists():
        pytest.fail("The client libraries are not installed. Run these tests with: make test-node", pytrace=False)
    command = ["node", str(CLIENTS / "steps.mjs"), library, base, library]
    sent = encode(requests_of(library)).decode()
    ran = subprocess.run(command, input=sent, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, str] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize("step", ["create", "update", "sort", "condition", "page", "transaction"])
class TestSteps:
    def test_fhir_kit_client(self, base: str, step: str) -> None:
        assert results("fhir-kit-client", base)[step] == "ok"

    def test_fhirclient(self, base: str, step: str) -> None:
        assert results("fhirclient", base)[step] == "ok"

    def test_medplum(self, base: str, step: str) -> None:
        assert results("medplum", base)[step] == "ok"
