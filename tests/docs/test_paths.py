"""The files and folders that README.md, GLOSSARY.md and docs/ name exist."""

import re
from pathlib import Path

import pytest

from tests.support.files import ROOT

PAGES = [ROOT / "README.md", ROOT / "GLOSSARY.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMED = re.compile(r"`((?:service|tests|mappings|questionnaires|docs)/[\w./-]*)`")
LINKED = re.compile(r"\]\((?!http|#)([^)#]+)(?:#[\w-]+)?\)")
# docs/instruments.md tells the reader to create these.
TO_CREATE = {"mappings/phq-2.yaml", "mappings/peg.yaml"}


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_named_path_exists(page: Path) -> None:
    named = set(NAMED.findall(page.read_text())) - TO_CREATE
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_leads_to_a_file(page: Path) -> None:
    linked = set(LINKED.findall(page.read_text()))
    assert [link for link in sorted(linked) if not (page.parent / link).exists()] == []


def test_every_decision_is_in_the_list() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(LINKED.findall((folder / "README.md").read_text()))
    assert listed == {path.name for path in folder.glob("*.md")} - {"README.md"}
