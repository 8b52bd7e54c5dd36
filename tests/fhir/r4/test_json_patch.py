"""JSON Patch: the examples of appendix A of RFC 6902, as far as they patch an object.

https://www.rfc-editor.org/rfc/rfc6902#appendix-A
"""

from decimal import Decimal
from typing import Any

import pytest

from service.fhir.r4.json_patch import apply_patch
from service.issues import Malformed, Unprocessable

NESTED = {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}}


@pytest.mark.parametrize(
    ("document", "operation", "expected"),
    [
        ({"foo": "bar"}, {"op": "add", "path": "/baz", "value": "qux"}, {"baz": "qux", "foo": "bar"}),
        (
            {"foo": ["bar", "baz"]},
            {"op": "add", "path": "/foo/1", "value": "qux"},
            {"foo": ["bar", "qux", "baz"]},
        ),
        ({"baz": "qux", "foo": "bar"}, {"op": "remove", "path": "/baz"}, {"foo": "bar"}),
        ({"foo": ["bar", "qux", "baz"]}, {"op": "remove", "path": "/foo/1"}, {"foo": ["bar", "baz"]}),
        ({"baz": "qux", "foo": "bar"}, {"op": "replace", "path": "/baz", "value": "boo"}, {"baz": "boo", "foo": "bar"}),
        (
            NESTED,
            {"op": "move", "from": "/foo/waldo", "path": "/qux/thud"},
            {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
        ),
        (
            {"foo": ["all", "grass", "cows", "eat"]},
            {"op": "move", "from": "/foo/1", "path": "/foo/3"},
            {"foo": ["all", "cows", "eat", "grass"]},
        ),
        (
            {"baz": "qux", "foo": ["a", 2, "c"]},
            {"op": "test", "path": "/foo/1", "value": 2},
            {"baz": "qux", "foo": ["a", 2, "c"]},
        ),
        (
            {"foo": "bar"},
            {"op": "add", "path": "/child", "value": {"grandchild": {}}},
            {"foo": "bar", "child": {"grandchild": {}}},
        ),
        (
            {"foo": "bar"},
            {"op": "add", "path": "/baz", "value": "qux", "xyz": 123},
            {"foo": "bar", "baz": "qux"},
        ),
        ({"/": 9, "~1": 10}, {"op": "test", "path": "/~01", "value": 10}, {"/": 9, "~1": 10}),
        ({"foo": ["bar"]}, {"op": "add", "path": "/foo/-", "value": ["abc"]}, {"foo": ["bar", ["abc"]]}),
        ({"n": Decimal("1.0")}, {"op": "test", "path": "/n", "value": 1}, {"n": 1}),
        ({"a": {"b": 1}}, {"op": "copy", "from": "/a", "path": "/c"}, {"a": {"b": 1}, "c": {"b": 1}}),
    ],
)
def test_the_examples_of_the_standard(document: Any, operation: Any, expected: Any) -> None:
    before = repr(document)
    assert apply_patch(document, [operation]) == expected
    assert repr(document) == before


@pytest.mark.parametrize(
    ("document", "operation"),
    [
        ({"baz": "qux"}, {"op": "test", "path": "/baz", "value": "bar"}),
        ({"foo": "bar"}, {"op": "add", "path": "/baz/bat", "value": "qux"}),
        ({"/": 9, "~1": 10}, {"op": "test", "path": "/~01", "value": "10"}),
        ({"a": [1]}, {"op": "add", "path": "/a/01", "value": 2}),
        ({"a": [1]}, {"op": "remove", "path": "/a/-"}),
        ({"a": True}, {"op": "test", "path": "/a", "value": 1}),
        ({"a": {"b": 1}}, {"op": "move", "from": "/a", "path": "/a/b"}),
    ],
)
def test_what_cannot_be_applied_is_refused(document: Any, operation: Any) -> None:
    with pytest.raises(Unprocessable):
        apply_patch(document, [operation])


def test_a_copy_shares_nothing_with_its_source() -> None:
    patch = [{"op": "copy", "from": "/a", "path": "/b"}, {"op": "add", "path": "/b/c", "value": 1}]
    assert apply_patch({"a": {}}, patch) == {"a": {}, "b": {"c": 1}}


@pytest.mark.parametrize("path", ["/a/-", "/a/0/-"])
def test_repeated_copies_end_at_a_bound(path: str) -> None:
    with pytest.raises((Malformed, Unprocessable)):
        apply_patch({"a": [[]]}, [{"op": "copy", "from": "/a", "path": path}] * 200)
