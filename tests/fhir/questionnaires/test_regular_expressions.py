"""Regular expressions of questionnaires: matched by RE2, and unknown where RE2 does not support them."""

import pytest

from service.fhir.questionnaires.regular_expressions import RegexMatcher
from service.screening.instruments.typed_value import TypedValue
from service.screening.validation.constraints import Regex


@pytest.mark.parametrize(
    ("regex", "text", "truth"),
    [
        ("[0-9]{4}", "1234", True),
        ("[0-9]{4}", "12345", False),
        (r"\d{4}", "\u0661234", False),
        ("^a?$", "", True),
        ("(ab|cd)?e", "cde", True),
        ("a*?b", "aab", True),
        (r"\p{L}+", "é", True),
        ("(a+)+b", "a" * 60, False),
        ("(a|aa)+b", "a" * 60, False),
        ("(" * 330 + "a" + ")" * 330, "a", True),
        ("[", "a", None),
        ("(?=.*x)[a-z]+", "axb", None),
        ("a(?!c)b", "ab", None),
        (r"(a)\1", "aa", None),
        ("(?>ab)c", "abc", None),
        ("a++b", "aab", None),
        ("(a)?(?(1)b|c)", "ab", None),
        (r"a\Z", "a", None),
        ("a{1001}", "a", None),
        ("(?:a{1000}){1000}", "a", None),
    ],
)
def test_the_whole_text_is_matched_or_unknown(regex: str, text: str, truth: bool | None) -> None:
    assert RegexMatcher(regex)(text) is truth
    assert Regex(RegexMatcher(regex)).allows(TypedValue("string", text), {}) is truth
