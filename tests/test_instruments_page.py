"""docs/instruments.md is followed word for word: what it says to write is written, what it shows comes out."""

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli import main
from tests.conftest import ROOT, Edit

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
    assert "rule set 1.1.0: no fault" in run(copy, "check").stdout
    (_, _, old, new, *files), shown = transcript("diff")
    assert run(copy, "diff", "--rules", str(copy / old), str(copy / new), *files).stdout == shown


@pytest.fixture
def with_phq_2(copy: Path) -> Path:
    """The files with everything that the page adds."""
    shutil.copy(ROOT / "docs/examples/phq-2.json", copy / "questionnaires")
    whole = re.search(r"`mappings/phq-2.yaml`:\n\n```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert whole is not None
    (copy / "mappings" / "phq-2.yaml").write_text(whole[1])
    additions = re.findall(r"`mappings/([a-z]+\.yaml)`, below `([^`]+)`:\n\n```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(additions) == 4
    for file, anchor, added in additions:
        path = copy / "mappings" / file
        text = path.read_text()
        assert text.count(f"\n{anchor}\n") == 1, anchor
        path.write_text(text.replace(f"\n{anchor}\n", f"\n{anchor}\n{added}", 1))
    return copy


def test_the_instrument_is_added_as_the_page_says(with_phq_2: Path) -> None:
    assert "4 questionnaires, 37 patterns, 40 red flags" in run(with_phq_2, "check").stdout
    (command, file), shown = transcript("assess")
    result = run(with_phq_2, command, str(ROOT / file))
    assert re.findall(r'"summary": "[^"]*"', result.stdout) == [shown.strip()]


def test_every_step_of_the_page_is_needed(with_phq_2: Path) -> None:
    for file, left_out, complaint in (
        ("sources.yaml", "EX-90", "unknown fact 'EX-90'"),
        ("codes.yaml", "screen-positive", "not in codes.yaml 'screen-positive'"),
        ("codes.yaml", "Investigation by the PHQ-2", "assessment lacks phq-2"),
        ("ruleset.yaml", "phq-2", "no days for phq-2"),
    ):
        path = with_phq_2 / "mappings" / file
        whole = path.read_text()
        path.write_text(
            "\n".join(line for line in whole.split("\n") if left_out not in line and "PHQ-2 bands" not in line)
        )
        assert complaint in run(with_phq_2, "check").stdout
        path.write_text(whole)


def test_a_link_id_of_two_instruments_is_refused(with_phq_2: Path) -> None:
    form = with_phq_2 / "questionnaires" / "phq-2.json"
    form.write_text(form.read_text().replace('"phq-2-lead-in"', '"phq-9-lead-in"'))
    assert "phq-9: the linkId 'phq-9-lead-in' stands in phq-2 too" in run(with_phq_2, "check").stdout
