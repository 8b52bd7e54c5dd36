"""Recognises JSON in which nothing can be wrong, without a walk through it: nearly every body is of this kind.

service/fhir/r4/strict_json.py looks at all others value by value. Both definitions must agree:
tests/fhir/r4/test_clean_json.py compares them on generated texts. It serves "from bytes to the bytes of the Bundle" of
`make bench`.
"""

from decimal import Decimal
from typing import Any

import msgspec

MAX_DEPTH = 64
MAX_ITEMS = 1_000
MAX_STRING = 10_000
MAX_DIGITS = 18
INTEGER_LIMIT: int = 10**MAX_DIGITS

# In JSON without white space: an empty object, array or string, a string that starts with a space, null, and the only
# character of ASCII that cannot be printed and need not be escaped.
SUSPECT = (b"{}", b"[]", b'""', b'" ', b"null", b"\x7f")
DIGITS = bytes.maketrans(b"123456789", b"000000000")
TOO_MANY_DIGITS = b"0" * (MAX_DIGITS + 1)
NEITHER_BRACKETS_NOR_QUOTES = bytes(code for code in range(256) if code not in b'[]{}"')


def fits_in_decimal(number: int | Decimal) -> bool:
    """Returns whether a number has at most 18 digits, also if it is written with an exponent: 1e17 has 18."""
    if isinstance(number, int):
        return -INTEGER_LIMIT < number < INTEGER_LIMIT
    _, digits, exponent = number.as_tuple()
    return isinstance(exponent, int) and len(digits) + max(exponent, 0) <= MAX_DIGITS and exponent >= -MAX_DIGITS


def read_decimal(digits: str) -> Decimal:
    """Returns a number with a point or an exponent. Raises ValueError if it has too many digits."""
    number = Decimal(digits)
    if not fits_in_decimal(number):
        raise ValueError
    return number


read = msgspec.json.Decoder(float_hook=read_decimal).decode
write = msgspec.json.Encoder(decimal_format="number").encode


def read_clean(body: bytes) -> dict[str, Any] | None:
    """Returns the object in a body in UTF-8 if nothing in it can be wrong; None tells nothing.

    Nothing in it is escaped, so that what the text does not contain is in no string either.
    """
    if b"\\" in body or TOO_MANY_DIGITS in body.translate(DIGITS) or has_long_string(body):
        return None
    try:
        value = read(body)
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError):
        return None
    return value if isinstance(value, dict) and is_clean_text(body, write(value)) else None


def has_long_string(body: bytes) -> bool:
    """Returns True if a string may be too long."""
    return len(body) > MAX_STRING and max(map(len, body.split(b'"'))) > MAX_STRING


def is_clean_text(body: bytes, compact: bytes) -> bool:
    """Returns whether a body is clean. ``compact``: what was read from it, written again.

    A name that is repeated in an object is read once, so that its quotation marks are missing.
    """
    if body.count(b'"') != compact.count(b'"') or any(map(compact.__contains__, SUSPECT)):
        return False
    # The spaces of other scripts, and what reverses the order of displayed text, cannot be printed.
    if not compact.isascii() and not compact.decode().isprintable():
        return False
    return compact.count(b'"linkId"') <= MAX_ITEMS and not is_deep(compact)


def is_deep(compact: bytes) -> bool:
    """Returns True if objects and arrays may be nested too deeply: each round takes away one level or two."""
    if compact.count(b"[") + compact.count(b"{") <= MAX_DEPTH:
        return False
    # A string with a bracket keeps a quotation mark.
    rest = compact.translate(None, NEITHER_BRACKETS_NOR_QUOTES).replace(b'""', b"")
    for _ in range(MAX_DEPTH // 2):
        rest = rest.replace(b"{}", b"").replace(b"[]", b"")
        if not rest:
            return False
    return True
