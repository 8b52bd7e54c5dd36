"""Parses and writes JSON strictly: refuses ambiguous, lossy and unbounded content, and reports every such issue.

https://hl7.org/fhir/R4/json.html
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from service.fhir.r4.element_definitions import elements_of, is_resource_type
from service.fhir.r4.operation_outcome import MAX_ISSUES
from service.fhir.r4.types import Resource
from service.fhir.r4.values.clean_json import (
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_ITEMS,
    MAX_STRING,
    fits_in_decimal,
    read_clean,
)
from service.issues import Issue, Malformed
from service.work import spend_steps

MAX_BYTES = 1_048_576
LIMITS = {
    "body": f"{MAX_BYTES:,} bytes",
    "nesting": f"{MAX_DEPTH} objects and arrays inside one another",
    "items": f"{MAX_ITEMS:,}",
    "a string": f"{MAX_STRING:,} characters, except narrative and data of attachments",
    "a number": f"{MAX_DIGITS} digits, before and after the point together",
}
# The steps of ``find_issues`` for each value (service/work.py).
NODE_STEPS = 3

# Control characters, unpaired surrogates, and the two characters that reverse the order of displayed text: with them
# a person sees another text than the one that is stored.
FORBIDDEN_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\u202d\u202e]")
FORBIDDEN_WORDS = "control characters, unpaired surrogates, U+202D or U+202E"


class RepeatedName(dict[str, Any]):
    """A JSON object that has the same property name more than once."""


def load(body: bytes) -> Resource:
    """Returns the JSON object in a body; numbers with a decimal point become Decimal and keep their digits.

    Raises Malformed with every issue if the content is not strict JSON, or above one of the ``LIMITS``.
    """
    text = decode(body)
    clean = read_clean(body)
    if clean is not None:
        spend_steps(count_brackets(text))
        return clean
    value = parse(text)
    if not isinstance(value, dict):
        raise Malformed([Issue("structure", "", "The body must be a JSON object: one FHIR resource.")])
    check_json_content(value, text)
    return value


def check_json_content(value: Any, text: str) -> None:
    """Raises Malformed with every issue of a JSON value and its text: not strict, or above one of the ``LIMITS``."""
    if not is_clean(value, 1) or count_items_at_most(text) > MAX_ITEMS:
        issues = list(islice(find_issues(value), MAX_ISSUES + 1))
        if issues:
            raise Malformed(issues)


def count_items_at_most(text: str) -> int:
    """Returns an upper bound of the number of items: a name may also be escaped, as in ``"\\u006cinkId"``.

    It counts substrings because that is faster than a walk through the items: the benchmark "bytes in to Bundle
    bytes out" of `make bench` runs it on every body. Above ``MAX_ITEMS`` ``find_issues`` counts exactly
    (tests/strict/test_limits.py, TestBody.test_items and the test below it).
    """
    return text.count('"linkId"') + text.count("\\u00")


def decode(body: bytes) -> str:
    """Returns the text of a body. Raises Malformed if it is empty, not UTF-8, or starts with a byte order mark."""
    if not body.strip():
        raise Malformed([Issue("structure", "", "The body is empty. Send one FHIR resource as JSON.")])
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed([Issue("structure", "", "The body must be JSON in UTF-8.")]) from None
    if text.startswith("\ufeff"):
        raise Malformed([Issue("structure", "", "The body must not start with a byte order mark. Remove it.")])
    return text


def parse(text: str) -> Any:
    """Returns the JSON value of a text, with ``RepeatedName`` for objects that repeat a property name.

    Raises Malformed if the text is not JSON. Each bracket that opens costs a step, even one in a string: an array or
    object takes about a microsecond to build.
    """
    spend_steps(count_brackets(text))
    try:
        return json.loads(text, object_pairs_hook=build_object, parse_float=Decimal, parse_constant=refuse_constant)
    except json.JSONDecodeError as problem:
        position = f"line {problem.lineno}, column {problem.colno}"
        raise Malformed([Issue("structure", "", f"The body must be JSON: correct it at {position}.")]) from None
    except RecursionError:
        raise Malformed([depth_issue("")]) from None
    except (ValueError, ArithmeticError):
        text = f"A number in the body is not a JSON number, such as NaN, or has more than {MAX_DIGITS} digits."
        raise Malformed([Issue("value", "", text)]) from None


def count_brackets(text: str) -> int:
    """Returns how many brackets open in a text, those in strings included."""
    return text.count("[") + text.count("{")


def build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns an object, as ``RepeatedName`` if a name is repeated: two values for one answer are ambiguous."""
    made = dict(pairs)
    return made if len(made) == len(pairs) else RepeatedName(made)


def refuse_constant(_: str) -> Any:
    """Raises ValueError: NaN and Infinity are not JSON."""
    raise ValueError


def is_clean(value: Any, depth: int) -> bool:
    """Returns True only if ``find_issues`` finds no issue in the value; it may return False for a value without any.

    It builds no paths, and ``str.isprintable`` replaces the regex, because nearly every body is clean: on the full leg
    pain response of tests/support/measuring/bench.py it takes a quarter of the time of ``find_issues``.
    Both definitions must agree: tests/fhir/r4/test_strict_json.py compares them on every code point and on generated
    values.
    """
    kind = type(value)
    if kind is str:
        return len(value) <= MAX_STRING and value.isprintable() and not value.isspace() and value != ""
    if depth > MAX_DEPTH:
        return kind is not dict and kind is not list
    if kind is dict:
        named = all(map(str.isprintable, value))
        return named and bool(value) and all(is_clean(inner, depth + 1) for inner in value.values())
    if kind is list:
        return bool(value) and all(is_clean(inner, depth + 1) for inner in value)
    return kind is bool or (kind in (int, Decimal) and fits_in_decimal(value))


class JsonNode(NamedTuple):
    """A JSON value with its path and its FHIR type.

    ``type`` is "" if the value belongs to no element of R4. Then ``path`` is the path of the object around it: the
    name of an unknown property may contain anything, and is never repeated.
    """

    value: Any
    path: str
    type: str
    depth: int
    in_array: bool = False

    @property
    def name(self) -> str:
        """How an issue names the value: "`authored`", or "Each entry of `item`"."""
        step = self.path.rpartition(".")[2]
        if not self.type:
            return "Each value in this object" if self.path else "Each value in the body"
        return f"Each entry of `{step.partition('[')[0]}`" if self.in_array else f"`{step}`"


def find_issues(root: Any) -> Iterator[Issue]:
    """Yields every issue of repeated names, forbidden characters, nesting, empty values, nulls and sizes.

    Raises TooCostly if the body has too many values to look at each.
    """
    type_name = read_resource_type(root)
    # Iterators, so that a node is built when its turn comes: building the nodes of an array is most of the work.
    stack = [iter([JsonNode(root, type_name, type_name, 1)])]
    items = 0
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
            continue
        spend_steps(NODE_STEPS)
        items += isinstance(node.value, dict) and "linkId" in node.value
        if node.depth > MAX_DEPTH and isinstance(node.value, dict | list):
            yield depth_issue(node.path)
        else:
            yield from own_issues(node)
            stack.append(inner_nodes(node))
    if items > MAX_ITEMS:
        yield Issue("too-long", "", f"`item` must have at most {MAX_ITEMS:,} entries, nested ones included.")


def own_issues(node: JsonNode) -> Iterator[Issue]:
    """Yields the issues of a value itself, without those of the values in it."""
    if isinstance(node.value, dict):
        yield from object_issues(node)
    elif not isinstance(node.value, list):
        yield from scalar_issues(node)
    elif not node.value:
        yield Issue("structure", node.path, f"{node.name} must not be an empty array. Remove it.")


def inner_nodes(node: JsonNode) -> Iterator[JsonNode]:
    """Yields the nodes of the properties of an object, or of the entries of an array."""
    if isinstance(node.value, dict):
        for name, inner in node.value.items():
            yield property_node(node, name, inner)
    elif isinstance(node.value, list):
        for index, inner in enumerate(node.value):
            yield entry_node(node, index, inner)


def property_node(node: JsonNode, name: str, value: Any) -> JsonNode:
    """Returns the node of a property, with the path of the object itself if R4 has no such element."""
    bare = name.removeprefix("_")
    element = (elements_of(node.type) or {}).get(bare)
    if element is None:
        return JsonNode(value, node.path, "", node.depth + 1)
    type_name = "Element" if bare != name else type_of_value(element.type, value)
    return JsonNode(value, f"{node.path}.{element.choice or bare}", type_name, node.depth + 1)


def entry_node(node: JsonNode, index: int, value: Any) -> JsonNode:
    """Returns the node of an entry of an array."""
    path = f"{node.path}[{index}]" if node.type else node.path
    return JsonNode(value, path, type_of_value(node.type, value), node.depth + 1, True)


def type_of_value(name: str, value: Any) -> str:
    """Returns the type of a value of an element of type ``name``: for a resource its own ``resourceType``."""
    return read_resource_type(value) if name == "Resource" and isinstance(value, dict) else name


def read_resource_type(value: Any) -> str:
    """Returns ``resourceType`` if R4 has a resource type of this name, otherwise ""."""
    name = value.get("resourceType") if isinstance(value, dict) else None
    return str(name) if is_resource_type(name) else ""


def object_issues(node: JsonNode) -> Iterator[Issue]:
    """Yields the issues of an object itself, without its properties."""
    if not node.value:
        yield Issue("structure", node.path, f"{node.name} must not be an empty object. Remove it.")
    if any(FORBIDDEN_CHARACTERS.search(name) for name in node.value):
        text = f"A property name in this object has {FORBIDDEN_WORDS}. Remove the property."
        yield Issue("value", node.path, text)
    if isinstance(node.value, RepeatedName):
        yield Issue("structure", node.path, "A property name is repeated in this object. Send each property once.")


def scalar_issues(node: JsonNode) -> Iterator[Issue]:
    """Yields the issues of a string, number, boolean or null. Arrays of primitives may contain null."""
    value = node.value
    if isinstance(value, str):
        yield from string_issues(node, value)
    elif value is None:
        if not node.in_array:
            yield Issue("structure", node.path, f"{node.name} must not be null. Remove it.")
    elif not isinstance(value, bool) and not fits_in_decimal(value):
        yield Issue("value", node.path, f"{node.name} must be a number of at most {MAX_DIGITS} digits.")


def string_issues(node: JsonNode, value: str) -> Iterator[Issue]:
    """Yields the issues of a string: empty, too long, or with forbidden characters."""
    if not value.strip():
        yield Issue("structure", node.path, f"{node.name} must not be empty or only white space. Remove it.")
    elif len(value) > MAX_STRING and not node.path.endswith((".div", ".data")):
        yield Issue("too-long", node.path, f"{node.name} must have at most {MAX_STRING:,} characters.")
    if FORBIDDEN_CHARACTERS.search(value):
        text = f"{node.name} must not contain {FORBIDDEN_WORDS}. Remove these characters."
        yield Issue("value", node.path, text)


def depth_issue(path: str) -> Issue:
    """Returns the issue of content that is nested too deeply."""
    return Issue("too-long", path, f"Objects and arrays must be nested at most {MAX_DEPTH} levels deep.")


encode = msgspec.json.Encoder(decimal_format="number").encode


def pretty(resource: Any) -> str:
    """Returns indented JSON, for people to read."""
    return msgspec.json.format(encode(resource), indent=2).decode()
