"""`sural serve` with a wrong setting, and in a process that may do too little."""

import subprocess
from pathlib import Path

from tests.support.running.command_line import run_sural
from tests.support.running.serving import SERVE, environment


def test_a_wrong_setting_is_one_sentence() -> None:
    result = run_sural("serve", SURAL_PORT="many")
    assert result.exit_code == 1
    assert "SURAL_PORT" in result.stderr
    assert "Traceback" not in result.stderr


def test_too_few_open_files_are_one_sentence(tmp_path: Path) -> None:
    command = ["sh", "-c", 'ulimit -n 300 && exec "$0" "$@"', *SERVE]
    result = subprocess.run(command, env=environment(tmp_path), capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 1
    assert "The process may open 300 files and needs 400" in result.stderr
    assert "Traceback" not in result.stderr
