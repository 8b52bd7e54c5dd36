"""Invariants of the complex data types: rules on the elements of one object.

https://hl7.org/fhir/R4/datatypes.html
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from service.fhir.r4.types import Resource
from service.issues import IssueType
from service.screening.instruments.comparison import at_least
from service.screening.instruments.typed_value import TypedValue


class TypeInvariant(NamedTuple):
    """A rule on the objects of a type: ``is_broken`` tells whether one breaks it.

    ``element`` is where to correct it, empty for the object itself.
    """

    element: str
    is_broken: Callable[[Resource], bool]
    text: str
    code: IssueType = "invariant"


def decode_bytes(data: object) -> bytes | None:
    """Returns the bytes of base64 with white space; None if it is not base64."""
    try:
        return base64.b64decode("".join(data.split()), validate=True) if isinstance(data, str) else None
    except (binascii.Error, ValueError):
        return None


def has_other_size(attachment: Resource) -> bool:
    """Returns whether ``size`` is not the number of bytes of ``data``."""
    data = decode_bytes(attachment.get("data"))
    return data is not None and isinstance(attachment.get("size"), int) and attachment["size"] != len(data)


def has_other_hash(attachment: Resource) -> bool:
    """Returns whether ``hash`` is not the SHA-1 of ``data``."""
    data, stated = decode_bytes(attachment.get("data")), decode_bytes(attachment.get("hash"))
    return data is not None and stated is not None and stated != hashlib.sha1(data, usedforsecurity=False).digest()


def ends_before_start(period: Resource) -> bool:
    """Returns whether a Period surely ends before it starts."""
    start, end = period.get("start"), period.get("end")
    if not isinstance(start, str) or not isinstance(end, str):
        return False
    return at_least(TypedValue("dateTime", end), TypedValue("dateTime", start)) is False


def is_reversed_range(given: Resource) -> bool:
    """Returns whether ``low`` is above ``high`` in the same unit."""
    low, high = given.get("low"), given.get("high")
    if not isinstance(low, dict) or not isinstance(high, dict):
        return False
    if not all(isinstance(end.get("value"), int | Decimal) for end in (low, high)):
        return False
    return at_least(TypedValue("Quantity", high), TypedValue("Quantity", low)) is False


def has_comparator(*names: str) -> Callable[[Resource], bool]:
    """Returns the test whether one of these elements is a Quantity with a comparator."""
    return lambda value: any("comparator" in value[name] for name in names if isinstance(value.get(name), dict))


def lacks(needed: str, beside: str) -> Callable[[Resource], bool]:
    """Returns the test whether an object has an element without the one that it needs beside it."""
    return lambda value: beside in value and needed not in value and f"_{needed}" not in value


def is_negative(name: str) -> Callable[[Resource], bool]:
    """Returns the test whether an element is a number below zero."""
    return lambda value: isinstance(value.get(name), int | Decimal) and value[name] < 0


QUANTITY = (TypeInvariant("system", lacks("system", "code"), "`system` is required beside `code` (qty-3). Add it."),)
SIMPLE = "`comparator` must not be in this quantity (sqty-1). Remove it."
INVARIANTS: Mapping[str, tuple[TypeInvariant, ...]] = {
    "Attachment": (
        TypeInvariant(
            "contentType", lacks("contentType", "data"), "`contentType` is required beside `data` (att-1). Add it."
        ),
        TypeInvariant("size", has_other_size, "`size` must be the number of bytes of `data`. Correct it.", "value"),
        TypeInvariant("hash", has_other_hash, "`hash` must be the SHA-1 of `data`. Correct it.", "value"),
    ),
    **dict.fromkeys(("Quantity", "Age", "Count", "Distance", "Duration", "MoneyQuantity"), QUANTITY),
    "Period": (TypeInvariant("", ends_before_start, "`end` must not be before `start` (per-1). Correct one of them."),),
    "Range": (
        TypeInvariant("", is_reversed_range, "`low` must not be above `high` (rng-2). Correct one of them."),
        TypeInvariant("low", has_comparator("low", "high"), SIMPLE),
    ),
    "SampledData": (TypeInvariant("origin", has_comparator("origin"), SIMPLE),),
    "Ratio": (
        TypeInvariant(
            "numerator",
            lambda value: ("numerator" in value) is not ("denominator" in value),
            "`numerator` and `denominator` must both be there, or neither (rat-1). Add the other.",
        ),
    ),
    "ContactPoint": (
        TypeInvariant("system", lacks("system", "value"), "`system` is required beside `value` (cpt-2). Add it."),
    ),
    "Expression": (
        TypeInvariant(
            "expression",
            lambda value: not value.keys() & {"expression", "_expression", "reference", "_reference"},
            "`expression` or `reference` is required (exp-1). Add one of them.",
        ),
    ),
    "TimingRepeat": (
        TypeInvariant("durationUnit", lacks("durationUnit", "duration"), "`durationUnit` is required (tim-1). Add it."),
        TypeInvariant("periodUnit", lacks("periodUnit", "period"), "`periodUnit` is required (tim-2). Add it."),
        TypeInvariant("duration", is_negative("duration"), "`duration` must not be negative (tim-4). Correct it."),
        TypeInvariant("period", is_negative("period"), "`period` must not be negative (tim-5). Correct it."),
        TypeInvariant(
            "period", lacks("period", "periodMax"), "`period` is required beside `periodMax` (tim-6). Add it."
        ),
        TypeInvariant(
            "duration", lacks("duration", "durationMax"), "`duration` is required beside `durationMax` (tim-7). Add it."
        ),
        TypeInvariant("count", lacks("count", "countMax"), "`count` is required beside `countMax` (tim-8). Add it."),
    ),
}


def broken_invariants(value: Resource, type_name: str) -> Iterator[TypeInvariant]:
    """Yields the invariants of a type that an object breaks."""
    return (invariant for invariant in INVARIANTS.get(type_name, ()) if invariant.is_broken(value))
