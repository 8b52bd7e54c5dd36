"""YAML 1.1 surprises do not occur: https://yaml.org/type/bool.html, https://yaml.org/type/int.html"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from service.adapters.mappings.files.strict_yaml import read_yaml


def read(folder: Path, text: str) -> Any:
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    return read_yaml(folder / "a.yaml")


@pytest.mark.parametrize("text", ["no", "yes", "on", "off", "Y", "1:30", "2026-11-21", "0x1F", "1_000", "1e3", ".inf"])
def test_a_plain_word_stays_a_string(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, f"a: {text}\nb: [{text}]\n") == {"a": text, "b": [text]}


def test_numbers_truth_values_and_null_are_read(tmp_path: Path) -> None:
    assert read(tmp_path, "[-3, 1.5, true, null, ~, '1']") == [-3, 1.5, True, None, None, "1"]


@pytest.mark.parametrize("text", ["a: 1\nb: 2\na: 3\n", "{c: {a: 1, a: 2}}", "- a: 1\n  b: 1\n  a: 1\n"])
def test_a_repeated_key_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"line \d: the key 'a' "):
        read(tmp_path, text)


@pytest.mark.parametrize("text", ["a: [1", "a: b: c", "\ta: 1", "a: 'b", "&a [*b]", "!!python/name:os.system ''"])
def test_a_text_that_is_not_plain_yaml_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"^line \d+: "):
        read(tmp_path, text)


def test_the_parser_is_libyaml() -> None:
    assert yaml.__with_libyaml__
