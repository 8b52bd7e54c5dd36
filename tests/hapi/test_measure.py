"""The compiled measure of tests/node is what the CQL compiler makes of its source."""

import json

import pytest

from tests.hapi.java_programs import java
from tests.support.files import ROOT

pytestmark = pytest.mark.hapi

LIBRARY = ROOT / "tests/node/measure/SuralDepressionScore.cql"


def test_the_compiled_library_is_that_of_its_source() -> None:
    with java("peer.Translate", str(LIBRARY)) as process:
        made, _ = process.communicate()
    assert process.returncode == 0
    assert json.loads(LIBRARY.with_suffix(".json").read_text()) == json.loads(made)
