"""Strict reading of JSON: what is ambiguous, lossy or unbounded is refused, with every such fault listed.

https://hl7.org/fhir/R4/json.html
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from service.fhir.elements import elements_of, is_resource_type
from service.screening.faults import Fault, Malformed

Resource = dict[str, Any]

MAX_BYTES = 1_048_576
MAX_DEPTH = 64
MAX_ITEMS = 1_000
MAX_STRING = 10_000
MAX_DIGITS = 18
# A megabyte of broken content would make a hundred of complaints.
MAX_FAULTS = 200
LIMITS = {
    "body": f"{MAX_BYTES:,} bytes",
    "nesting": f"{MAX_DEPTH} objects and arrays inside one another",
    "items": f"{MAX_ITEMS:,}",
    "a string": f"{MAX_STRING:,} characters, save narrative and data of attachments",
    "a number": f"{MAX_DIGITS} digits, before and after the point together",
}
TOO_LARGE: int = 10**MAX_DIGITS

# The last two make a text read in another order than it is kept in: what a person sees is not what was answered.
UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\u202d\u202e]")


class Ambiguous(dict[str, Any]):
    """An object in which a property name stands twice."""


def load(body: bytes) -> Resource:
    """Reads one JSON object; decimals keep their digits. Raises Malformed with every fault found."""
    text = decode(body)
    value = parse(text)
    if not isinstance(value, dict):
        raise Malformed([Fault("structure", "", "The content is not a JSON object. Send one FHIR resource.")])
    if not is_clean(value, 1) or may_hold(text) > MAX_ITEMS:
        faults = list(islice(find_faults(value), MAX_FAULTS + 1))
        if faults:
            raise Malformed(faults)
    return value


def may_hold(text: str) -> int:
    """How many items there are at most. A name may be written with escapes, as ``\\u006cinkId``."""
    return text.count('"linkId"') + text.count("\\u00")


def decode(body: bytes) -> str:
    """The text of a body; FHIR JSON is UTF-8, without a byte order mark."""
    if not body.strip():
        raise Malformed([Fault("structure", "", "The content is empty. Send one FHIR resource as JSON.")])
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed([Fault("structure", "", "The content is not UTF-8. Send JSON in UTF-8.")]) from None
    if text.startswith("\ufeff"):
        raise Malformed([Fault("structure", "", "The content starts with a byte order mark. Leave it out.")])
    return text


def parse(text: str) -> Any:
    """Parses JSON, marking objects with a repeated name. Raises Malformed when it is not JSON."""
    try:
        return json.loads(text, object_pairs_hook=unique, parse_float=Decimal, parse_constant=not_json)
    except json.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise Malformed([Fault("structure", "", f"The content is not JSON: it breaks at {where}.")]) from None
    except RecursionError:
        raise Malformed([too_deep("")]) from None
    except (ValueError, ArithmeticError):
        text = "The content holds a number that JSON or FHIR does not know (NaN, Infinity, or far too many digits)."
        raise Malformed([Fault("value", "", text)]) from None


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, marked when a name stands twice in it: two values for one answer are two answers."""
    made = dict(pairs)
    return made if len(made) == len(pairs) else Ambiguous(made)


def not_json(_: str) -> Any:
    raise ValueError


def is_clean(value: Any, depth: int) -> bool:
    """A quick look that knows no places: whether there can be nothing for ``find_faults`` to find."""
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
    return kind is bool or (kind in (int, Decimal) and fits(value))


class Node(NamedTuple):
    """A value with its place. ``type`` is the FHIR type it stands for; without one, names below it are not told."""

    value: Any
    path: str
    type: str
    depth: int
    in_array: bool = False


def find_faults(root: Resource) -> Iterator[Fault]:
    """Repeated names, nesting, emptiness, nulls, sizes: everything but the meaning."""
    name = resource_type(root)
    stack = [Node(root, name, name, 1)]
    items = 0
    while stack:
        node = stack.pop()
        value = node.value
        if node.depth > MAX_DEPTH and isinstance(value, dict | list):
            yield too_deep(node.path)
        elif isinstance(value, dict):
            yield from object_faults(value, node.path)
            items += "linkId" in value
            stack += reversed([child(node, name, inner) for name, inner in value.items()])
        elif isinstance(value, list):
            if not value:
                yield Fault("structure", node.path, "This array is empty. Leave it out.")
            stack += reversed([entry(node, index, inner) for index, inner in enumerate(value)])
        else:
            yield from scalar_faults(value, node.path, node.in_array)
    if items > MAX_ITEMS:
        yield Fault("too-long", "", f"There are more than {MAX_ITEMS:,} items.")


def child(node: Node, name: str, value: Any) -> Node:
    """A property. Where no element has its name, the place is its parent's: such a name may hold anything."""
    bare = name.removeprefix("_")
    element = (elements_of(node.type) or {}).get(bare)
    if element is None:
        return Node(value, node.path, "", node.depth + 1)
    type_name = "Element" if bare != name else type_of(element.type, value)
    return Node(value, f"{node.path}.{element.choice or bare}", type_name, node.depth + 1)


def entry(node: Node, index: int, value: Any) -> Node:
    """One of an array."""
    path = f"{node.path}[{index}]" if node.type else node.path
    return Node(value, path, type_of(node.type, value), node.depth + 1, True)


def type_of(name: str, value: Any) -> str:
    """The type of a value of an element; a resource is of the type that it says."""
    return resource_type(value) if name == "Resource" and isinstance(value, dict) else name


def resource_type(value: Any) -> str:
    """The type that a resource says it is of, or nothing if there is none of that name."""
    name = value.get("resourceType") if isinstance(value, dict) else None
    return str(name) if is_resource_type(name) else ""


def object_faults(value: dict[str, Any], path: str) -> Iterator[Fault]:
    if not value:
        yield Fault("structure", path, "This object is empty. Leave it out.")
    if any(UNFIT.search(name) for name in value):
        text = "A property name in this object holds a control character or half a surrogate pair."
        yield Fault("value", path, text)
    if isinstance(value, Ambiguous):
        yield Fault("structure", path, "A property name stands more than once in this object. Send each once.")


def scalar_faults(value: Any, path: str, in_array: bool) -> Iterator[Fault]:
    if isinstance(value, str):
        yield from string_faults(value, path)
    elif value is None:
        if not in_array:
            yield Fault("structure", path, "This property is null. Leave it out.")
    elif not isinstance(value, bool) and not fits(value):
        yield Fault("value", path, f"This number has more than {MAX_DIGITS} digits. Send at most {MAX_DIGITS}.")


def string_faults(value: str, path: str) -> Iterator[Fault]:
    if not value.strip():
        yield Fault("structure", path, "This string is empty. Leave it out.")
    elif len(value) > MAX_STRING and not path.endswith((".div", ".data")):
        yield Fault("too-long", path, f"This string has more than {MAX_STRING:,} characters.")
    if UNFIT.search(value):
        text = "This string holds a control character, half a surrogate pair or an override of the direction of text."
        yield Fault("value", path, f"{text} Leave it out.")


def fits(number: int | Decimal) -> bool:
    """Whether a number has at most 18 digits, however it is written."""
    if isinstance(number, int):
        return -TOO_LARGE < number < TOO_LARGE
    _, digits, exponent = number.as_tuple()
    return isinstance(exponent, int) and len(digits) + max(exponent, 0) <= MAX_DIGITS and exponent >= -MAX_DIGITS


def too_deep(path: str) -> Fault:
    return Fault("too-long", path, f"The content is nested deeper than {MAX_DEPTH} levels.")
