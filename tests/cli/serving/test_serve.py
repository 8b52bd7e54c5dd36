"""`sural serve` with a wrong setting."""

from tests.support.running.command_line import run_sural


def test_a_wrong_setting_is_one_sentence() -> None:
    result = run_sural("serve", SURAL_PORT="many")
    assert result.exit_code == 1
    assert "SURAL_PORT" in result.stderr
    assert "Traceback" not in result.stderr
