"""The table of settings in docs/operations.md is that of the code: each setting, its default, its meaning."""

from dataclasses import fields

import pytest

from service.settings import Settings, read_settings, setting_names
from tests.support.files import ROOT
from tests.support.pages.settings_page import PAGE, read_meanings, settings_table, with_table


def test_the_page_has_the_table_of_now() -> None:
    """Otherwise: make settings."""
    assert with_table(PAGE.read_text()) == PAGE.read_text()


def test_each_setting_has_a_meaning_and_nothing_else_has() -> None:
    assert set(read_meanings()) == {field.name for field in fields(Settings)}


@pytest.mark.parametrize("name", setting_names())
def test_each_setting_is_read_where_settings_are_read(name: str) -> None:
    assert f'("{name.removeprefix("SURAL_")}"' in (ROOT / "service" / "settings.py").read_text()


def test_the_table_shows_the_defaults() -> None:
    rows = {line.split("`")[1]: line for line in settings_table().splitlines()[2:]}
    assert list(rows["SURAL_PORT"].split("|")[2:3]) == [" `8080` "]
    assert rows["SURAL_ASSERTER_LABELS"].split("|")[2] == " `false` "
    assert rows["SURAL_TIME_ZONE"].split("|")[2] == " `UTC` "
    assert rows["SURAL_FHIR_SERVER"].split("|")[2] == " "
    assert rows["SURAL_MAPPINGS"].split("|")[2] == " the files in the package "


def test_a_default_in_words_is_the_one_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    unset = read_settings()
    monkeypatch.setenv("SURAL_READ_BACK", read_meanings()["read_back"]["default"])
    assert read_settings() == unset
