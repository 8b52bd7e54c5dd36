"""`sural check` lists every fault in questionnaires/ and mappings/."""

import shutil
from pathlib import Path

from tests.support.files import ROOT
from tests.support.running.command_line import run_sural


def test_the_shipped_files_have_no_fault() -> None:
    result = run_sural("check")
    assert result.exit_code == 0
    assert "37 patterns, 52 red flags" in result.stdout


def test_faults_are_listed_and_end_with_1(tmp_path: Path) -> None:
    result = run_sural("check", SURAL_MAPPINGS=str(tmp_path))
    assert result.exit_code == 1
    assert "patterns.yaml: the file is missing" in result.stdout


def test_what_nothing_uses_is_listed_and_ends_with_1(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "mappings", tmp_path, dirs_exist_ok=True)
    (tmp_path / "excused.yaml").write_text("options: {}\n")
    result = run_sural("check", SURAL_MAPPINGS=str(tmp_path))
    assert result.exit_code == 1
    assert "lp-any.no: nothing uses this option\n" in result.stdout
    assert "no fault" not in result.stdout


def test_the_coverage_says_where_each_fact_has_its_place() -> None:
    result = run_sural("check", "--coverage")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert "PI-009\tquestion, education\tquestion lp-duration" in lines
    assert lines[-1] == "413 facts: 400 have a place, 13 are left out with a reason, 0 are lost."


def test_a_lost_fact_ends_the_coverage_with_1(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "mappings", tmp_path, dirs_exist_ok=True)
    form = tmp_path / "leg-pain.yaml"
    form.write_text(form.read_text().replace("PI-009, ", ""))
    result = run_sural("check", "--coverage", SURAL_MAPPINGS=str(tmp_path))
    assert result.exit_code == 1
    assert "PI-009\tquestion, education\tNO PLACE" in result.stdout.splitlines()
    assert "1 are lost." in result.stdout
