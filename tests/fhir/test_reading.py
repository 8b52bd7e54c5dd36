"""The strict loader: what it refuses, and that it refuses cleanly."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.fhir.encoding import encode
from service.fhir.reading import MAX_DEPTH, find_faults, is_clean, load, parse
from service.screening.faults import Malformed

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
def test_it_is_refused_with_a_fault_and_nothing_of_its_content(body: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        load(body)
    assert caught.value.faults
    assert all(len(fault.text) < 200 for fault in caught.value.faults)


@pytest.mark.parametrize(
    "body", [b'{"a": 9007199254740993}', b'{"a": -0}', b'{"a": 1.00}', b'{"a": "\xe2\x80\x8f"}', b'{"a": [null, 1]}']
)
def test_it_is_odd_but_taken(body: bytes) -> None:
    assert load(body)


def test_decimals_keep_their_digits_on_the_way_through() -> None:
    loaded = load(b'{"a":1.00,"b":0.001530}')
    assert loaded == {"a": Decimal("1.00"), "b": Decimal("0.001530")}
    assert encode(loaded) == b'{"a":1.00,"b":0.001530}'


def test_every_fault_is_named_with_its_place() -> None:
    with pytest.raises(Malformed) as caught:
        load(b'{"resourceType": "Patient", "name": [{"family": ""}, {}], "Jane": [null, {}], "active": null}')
    assert {fault.path for fault in caught.value.faults} == {
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
def test_the_quick_look_passes_nothing_that_the_thorough_one_finds_fault_with(value: dict[str, object]) -> None:
    if is_clean(value, 1):
        assert not list(find_faults(value))


@given(st.binary(max_size=60))
def test_no_bytes_whatever_break_the_loader(body: bytes) -> None:
    with suppress(Malformed):
        assert isinstance(load(body), dict)


def test_what_we_write_can_be_read_back() -> None:
    value = {"a": [Decimal("0.10"), 1, "ä", True, {"b": "c"}]}
    assert parse(encode(value).decode()) == value
