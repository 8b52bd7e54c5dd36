"""Patterns of other people's forms: matched where that is quick, else it cannot be told."""

import time

import pytest

from service.screening.regexes import matches


@pytest.mark.parametrize(
    ("pattern", "text", "truth"),
    [
        ("[0-9]{4}", "1234", True),
        ("[0-9]{4}", "12345", False),
        ("[0-9]{4}", "\u0661234", False),
        ("^a?$", "", True),
        ("(ab|cd)?e", "cde", True),
        ("(?=.*x)[a-z]+", "axb", True),
        (r"(a)\1", "aa", True),
        ("(?>ab)c", "abc", True),
        ("a++b", "aab", True),
        (r"\p{L}", "a", None),
        ("[", "a", None),
        ("(a)?(?(1)b|c)", "ab", None),
    ],
)
def test_the_whole_text_is_matched(pattern: str, text: str, truth: bool | None) -> None:
    assert matches(pattern, text) is truth


@pytest.mark.parametrize(
    "pattern", ["(a+)+b", "(a|a)*b", "(a|aa)+b", "(a?){40}a{40}", "a*a*a*a*a*a*b", "(a{1,9}){1,9}b"]
)
def test_a_pattern_that_could_take_for_ever_is_not_tried(pattern: str) -> None:
    start = time.perf_counter()
    assert matches(pattern, "a" * 60) is None
    assert time.perf_counter() - start < 1
