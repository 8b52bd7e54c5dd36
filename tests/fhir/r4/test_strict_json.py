"""Strict JSON: the bodies that `load` refuses, and the values that it keeps unchanged."""

import sys
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.fhir.r4.strict_json import FORBIDDEN_CHARACTERS, encode, find_issues, is_clean, load, parse
from service.fhir.r4.values.clean_json import MAX_DEPTH
from service.issues import Malformed

BROKEN: dict[str, bytes] = {
    "empty": b"",
    "white space": b" \n",
    "null": b"null",
    "an array": b"[]",
    "a string": b'"x"',
    "a number": b"1",
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": Infinity}',
    "minus Infinity": b'{"a": -Infinity}',
    "a huge exponent": b'{"a": 1e999}',
    "5,000 digits": b'{"a": ' + b"9" * 5000 + b"}",
    "19 digits": b'{"a": 1234567890123456789}',
    "19 digits with a point": b'{"a": 1.234567890123456789}',
    "a repeated key": b'{"a": 1, "a": 2}',
    "a repeated key inside": b'{"a": {"b": 1, "b": 1}}',
    "a repeated key that differs by escape": b'{"a": 1, "\\u0061": 2}',
    "a lone surrogate": b'{"a": "\\ud800"}',
    "reversed surrogates": b'{"a": "\\udc00\\ud800"}',
    "U+0000": b'{"a": "\\u0000"}',
    "a control character": b'{"a": "\\u0007"}',
    "a byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "invalid UTF-8": b'{"a": "\xff"}',
    "100,000 open brackets": b"[" * 100_000,
    "100,000 open braces": b'{"a":' * 100_000,
    "trailing data": b'{"a": 1} x',
    "two documents": b'{"a": 1}{"a": 1}',
    "a comment": b'{"a": 1 /* c */}',
    "a trailing comma": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
    "a null": b'{"a": null}',
    "an empty object": b'{"a": {}}',
    "an empty array": b'{"a": []}',
    "an empty string": b'{"a": ""}',
    "a blank string": b'{"a": "  "}',
    "a long string": b'{"a": "' + b"x" * 10_001 + b'"}',
    "an exponent beyond any number": b'{"a": 1e99999999999999999999}',
    "an override of the direction of text": b'{"a": "\xe2\x80\xae"}',
    "too many items in disguise": b'{"item": [' + b",".join([b'{"link\\u0049d": "a"}'] * 1001) + b"]}",
    "deep nesting": b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
    "too many items": b'{"item": [' + b",".join([b'{"linkId": "a"}'] * 1001) + b"]}",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=list(BROKEN))
def test_it_is_refused_with_an_issue_that_repeats_no_content(body: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        load(body)
    assert caught.value.issues
    assert all(len(issue.text) < 200 for issue in caught.value.issues)


@pytest.mark.parametrize(
    "body", [b'{"a": 9007199254740993}', b'{"a": -0}', b'{"a": 1.00}', b'{"a": "\xe2\x80\x8f"}', b'{"a": [null, 1]}']
)
def test_it_is_odd_but_taken(body: bytes) -> None:
    assert load(body)


def test_decimals_keep_their_digits_on_the_way_through() -> None:
    loaded = load(b'{"a":1.00,"b":0.001530}')
    assert loaded == {"a": Decimal("1.00"), "b": Decimal("0.001530")}
    assert encode(loaded) == b'{"a":1.00,"b":0.001530}'


def test_every_issue_has_the_path_of_its_element() -> None:
    with pytest.raises(Malformed) as caught:
        load(b'{"resourceType": "Patient", "name": [{"family": ""}, {}], "Jane": [null, {}], "active": null}')
    assert {issue.path for issue in caught.value.issues} == {
        "Patient.name[0].family",
        "Patient.name[1]",
        "Patient",
        "Patient.active",
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from("abc"), JSON, min_size=1))
def test_is_clean_accepts_nothing_in_which_find_issues_finds_an_issue(value: dict[str, object]) -> None:
    if is_clean(value, 1):
        assert not list(find_issues(value))


def test_is_clean_and_find_issues_agree_on_every_code_point() -> None:
    for character in map(chr, range(sys.maxunicode + 1)):
        for value in ({"a": character}, {"a": f"b{character}"}, {character: "a"}):
            assert not (is_clean(value, 1) and list(find_issues(value))), ascii(character)


def test_the_forbidden_code_points_are_these_and_no_others() -> None:
    """R4, string: no code points below 32 except tab, line feed and carriage return. RFC 8259, section 8.2: no
    unpaired surrogates. Unicode UAX 9: the overrides U+202D and U+202E."""
    controls = set(range(0x20)) - {0x09, 0x0A, 0x0D}
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    found = {ord(character) for character in FORBIDDEN_CHARACTERS.findall(everything)}
    assert found == controls | set(range(0xD800, 0xE000)) | {0x202D, 0x202E}


@given(st.binary(max_size=60))
def test_no_bytes_whatever_break_the_loader(body: bytes) -> None:
    with suppress(Malformed):
        assert isinstance(load(body), dict)


def test_what_we_write_can_be_read_back() -> None:
    value = {"a": [Decimal("0.10"), 1, "ä", True, {"b": "c"}]}
    assert parse(encode(value).decode()) == value
