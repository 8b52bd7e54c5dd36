"""`sural worker` needs PostgreSQL and a FHIR server."""

from tests.support.running.command_line import run_sural


def test_it_refuses_sqlite() -> None:
    result = run_sural("worker", SURAL_FHIR_SERVER="http://fhir.example/base")
    assert result.exit_code == 1
    assert "PostgreSQL" in result.stderr
