"""The table of settings in docs/operations.md: `make settings` writes it from docs/settings.yaml and the defaults."""

from dataclasses import MISSING, fields
from datetime import UTC
from pathlib import Path
from typing import Any

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.settings import PREFIX, Settings
from tests.support.files import ROOT

MEANINGS = ROOT / "docs" / "settings.yaml"
PAGE = ROOT / "docs" / "operations.md"
HEAD = "| setting | default | meaning |\n| --- | --- | --- |\n"


def read_meanings() -> dict[str, dict[str, str]]:
    """Meaning, and default in words, of each setting by its name in lower case."""
    meanings: dict[str, dict[str, str]] = read_yaml(MEANINGS)
    return meanings


def default_text(value: Any, words: str | None) -> str:
    """The default of a setting as the table shows it: nothing if the setting is not set."""
    if words is not None:
        return f" {words} " if words.startswith("the ") else f" `{words}` "
    if value is MISSING or value is None or value in ("", ()):
        return " "
    shown = {True: "true", False: "false", UTC: "UTC"} if isinstance(value, bool) or value is UTC else {}
    return f" `{shown.get(value, value)}` "


def settings_table() -> str:
    """The rows of all settings, in the order of the meanings, below the line of headings."""
    defaults = {field.name: field.default for field in fields(Settings)}
    rows = []
    for name, entry in read_meanings().items():
        default = default_text(defaults[name], entry.get("default"))
        rows.append(f"| `{PREFIX}{name.upper()}` |{default}| {entry['meaning']} |")
    return HEAD + "\n".join(rows) + "\n"


def with_table(page: str) -> str:
    """The page with the table of now instead of the one that it has."""
    start = page.index(HEAD)
    end = page.index("\n\n", start) + 1
    return page[:start] + settings_table() + page[end:]


def main(path: Path = PAGE) -> None:
    """Writes the page."""
    path.write_text(with_table(path.read_text()))


if __name__ == "__main__":
    main()
