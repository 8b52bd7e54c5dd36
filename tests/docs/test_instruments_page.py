"""docs/instruments.md is followed word for word: what it says to write is written, what it shows comes out."""

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli import main
from tests.support.files import ROOT, Edit

PAGE = (ROOT / "docs" / "instruments.md").read_text()


def run(copy: Path, *arguments: str) -> Result:
    settings = {"SURAL_QUESTIONNAIRES": str(copy / "questionnaires"), "SURAL_MAPPINGS": str(copy / "mappings")}
    return CliRunner().invoke(main, arguments, env=settings)


def transcript(command: str) -> tuple[list[str], str]:
    """The arguments of a command of the page that begins so, and what it prints there."""
    found = re.search(rf"```console\n\$ sural ({command}[^\n]*)\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    words = [word for part in found[1].split(" | ")[0].split() for word in expanded(part)]
    return words, found[2]


def expanded(word: str) -> list[str]:
    return sorted(str(path) for path in ROOT.glob(word)) if "*" in word else [word]


def test_the_rule_is_changed_as_the_page_says(copy: Path, edit: Edit) -> None:
    changes = re.findall(r"`mappings/([a-z.]+)`,[^`]*(?:`herniated-disc`, )?`([^`]+)`\s+becomes `([^`]+)`", PAGE)
    assert [file for file, _, _ in changes] == ["patterns.yaml", "ruleset.yaml"]
    shutil.copytree(copy / "mappings", copy / "old")
    text = (copy / "mappings" / "patterns.yaml").read_text()
    start = text.index("- id: herniated-disc")
    changed = text[:start] + text[start:].replace(changes[0][1], changes[0][2], 1)
    assert changed != text
    (copy / "mappings" / "patterns.yaml").write_text(changed)
    edit("mappings/ruleset.yaml", changes[1][1], changes[1][2])
    assert "rule set 2.1.0: no fault" in run(copy, "check").stdout
    (_, _, old, new, *files), shown = transcript("diff")
    assert run(copy, "diff", "--rules", str(copy / old), str(copy / new), *files).stdout == shown


def write_additions(copy: Path) -> None:
    """Adds to the files what the page says, each under its line."""
    additions = re.findall(r"`mappings/([a-z]+\.yaml)`, under `([^`]+)`\n\n```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(additions) == 5
    for file, anchor, added in additions:
        path = copy / "mappings" / file
        text = path.read_text()
        assert text.count(f"\n{anchor}\n") == 1, anchor
        path.write_text(text.replace(f"\n{anchor}\n", f"\n{anchor}\n{added}", 1))


def assessed(copy: Path, example: str) -> tuple[Result, str]:
    """What the command of the page prints for a response, and the summary that the page shows."""
    (command, file), shown = transcript(f"assess docs/examples/{example}")
    return run(copy, command, str(ROOT / file)), shown.strip()


def summaries_in(result: Result) -> list[str]:
    return re.findall(r'"summary": "[^"]*"', result.stdout)


@pytest.fixture
def with_peg(copy: Path) -> Path:
    """The files with everything that the page adds for the PEG."""
    shutil.copy(ROOT / "docs/examples/peg.json", copy / "questionnaires")
    whole = re.search(r"`mappings/peg.yaml`:\n\n```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert whole is not None
    (copy / "mappings" / "peg.yaml").write_text(whole[1])
    write_additions(copy)
    return copy


def test_the_instrument_is_added_as_the_page_says(with_peg: Path) -> None:
    checked = run(with_peg, "check").stdout
    assert "9 questionnaires, 37 patterns, 52 red flags" in checked
    assert "no fault" in checked
    result, shown = assessed(with_peg, "peg-response")
    assert summaries_in(result) == [shown]
    assert '"value": 6.7' in result.stdout


def test_every_step_of_the_page_is_needed(with_peg: Path) -> None:
    for file, left_out, complaint in (
        ("sources.yaml", "EX-901", "unknown fact 'EX-901'"),
        ("codes.yaml", "Investigation by the PEG", "assessment lacks peg"),
        ("ruleset.yaml", "peg", "no days for peg"),
        ("summary.yaml", "- peg", "scores: lacks peg"),
    ):
        path = with_peg / "mappings" / file
        whole = path.read_text()
        kept = (line for line in whole.split("\n") if left_out not in line and "PEG: the mean" not in line)
        path.write_text("\n".join(kept))
        assert complaint in run(with_peg, "check").stdout
        path.write_text(whole)


def test_a_link_id_of_two_instruments_is_refused(with_peg: Path) -> None:
    form = with_peg / "questionnaires" / "peg.json"
    form.write_text(form.read_text().replace('"peg-pain"', '"phq-9-lead-in"'))
    assert "phq-9-lead-in" in run(with_peg, "check").stdout


def test_the_form_of_another_publisher_is_refused_before_the_walk(copy: Path) -> None:
    result, _ = assessed(copy, "mood-check-response")
    assert result.exit_code == 1
    assert "http://loinc.org/q/44249-1" in result.stdout + result.stderr


def test_the_form_of_another_publisher_is_taken_as_the_page_says(copy: Path) -> None:
    (command, form), shown = transcript("edition")
    drafted = run(copy, command, str(ROOT / form))
    assert drafted.stdout == shown
    assert "below `editions:` in mappings/phq-9.yaml" in drafted.stderr
    entry = "".join(line for line in shown.splitlines(keepends=True) if not line.startswith("  # "))
    decided = re.findall(r'`((?:source|licence): "")`\s+becomes `([^`]+)`', PAGE)
    assert len(decided) == 2
    for empty, filled in decided:
        assert entry.count(empty) == 1
        entry = entry.replace(empty, filled)
    path = copy / "mappings" / "phq-9.yaml"
    text = path.read_text()
    assert text.count("\neditions:\n") == 1
    path.write_text(text.replace("\neditions:\n", f"\neditions:\n{entry}"))
    assert "no fault" in run(copy, "check").stdout
    result, summary = assessed(copy, "mood-check-response")
    assert summaries_in(result) == [summary]
