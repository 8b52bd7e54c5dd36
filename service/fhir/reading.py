"""Strict reading of JSON: what is ambiguous, lossy or unbounded is refused, with every such fault listed.

https://hl7.org/fhir/R4/json.html
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from service.screening.faults import Fault, Malformed

Resource = dict[str, Any]

MAX_BYTES = 1_048_576
MAX_DEPTH = 64
MAX_ITEMS = 1_000
MAX_STRING = 10_000
MAX_DIGITS = 18
TOO_LARGE = 10**18

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class Ambiguous(dict[str, Any]):
    """An object in which a property name stands twice."""


def load(body: bytes) -> Resource:
    """Reads one JSON object; decimals keep their digits. Raises Malformed with every fault found."""
    text = decode(body)
    value = parse(text)
    if not isinstance(value, dict):
        raise Malformed([Fault("structure", "", "The content is not a JSON object. Send one FHIR resource.")])
    if not is_clean(value, 1) or text.count('"linkId"') > MAX_ITEMS:
        faults = list(find_faults(value))
        if faults:
            raise Malformed(faults)
    return value


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
    except ValueError:
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
    if depth > MAX_DEPTH:
        return False
    kind = type(value)
    if kind is str:
        return len(value) <= MAX_STRING and value.isprintable() and not value.isspace() and value != ""
    if kind is dict:
        return bool(value) and all(is_clean(inner, depth + 1) for inner in value.values())
    if kind is list:
        return bool(value) and all(is_clean(inner, depth + 1) for inner in value)
    return kind is bool or (kind in (int, Decimal) and fits(value))


def find_faults(root: Resource) -> Iterator[Fault]:
    """Repeated names, nesting, emptiness, nulls, sizes: everything but the meaning."""
    stack: list[tuple[Any, str, int, bool]] = [(root, str_or(root.get("resourceType"), ""), 1, False)]
    items = 0
    while stack:
        value, path, depth, in_array = stack.pop()
        if depth > MAX_DEPTH:
            yield too_deep(path)
        elif isinstance(value, dict):
            yield from object_faults(value, path)
            items += "linkId" in value
            stack += [(inner, join(path, name), depth + 1, False) for name, inner in value.items()]
        elif isinstance(value, list):
            if not value:
                yield Fault("structure", path, "This array is empty. Leave it out.")
            stack += [(inner, f"{path}[{index}]", depth + 1, True) for index, inner in enumerate(value)]
        else:
            yield from scalar_faults(value, path, in_array)
    if items > MAX_ITEMS:
        yield Fault("too-long", "", f"There are more than {MAX_ITEMS} items.")


def join(path: str, name: str) -> str:
    """The path of a child. A name that no FHIR element has is not repeated: it may hold anything."""
    known = name if re.fullmatch(r"_?[A-Za-z]\w{0,40}", name, re.ASCII) else "?"
    return f"{path}.{known}" if path else known


def object_faults(value: dict[str, Any], path: str) -> Iterator[Fault]:
    if not value:
        yield Fault("structure", path, "This object is empty. Leave it out.")
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
        yield Fault("too-long", path, f"This string has more than {MAX_STRING} characters.")
    if CONTROL.search(value):
        yield Fault("value", path, "This string holds a control character or half a surrogate pair. Leave it out.")


def fits(number: int | Decimal) -> bool:
    """Whether a number has at most 18 digits, however it is written."""
    if isinstance(number, int):
        return -TOO_LARGE < number < TOO_LARGE
    exponent = number.as_tuple().exponent
    return (
        isinstance(exponent, int)
        and len(number.as_tuple().digits) + max(exponent, 0) <= MAX_DIGITS
        and exponent >= -MAX_DIGITS
    )


def too_deep(path: str) -> Fault:
    return Fault("too-long", path, f"The content is nested deeper than {MAX_DEPTH} levels.")


def str_or(value: Any, other: str) -> str:
    """The value if it is the name of a resource type, else the other."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Z][A-Za-z]{2,40}", value) else other
