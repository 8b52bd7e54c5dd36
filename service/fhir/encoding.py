"""JSON out: decimals keep their digits, keys their order."""

from typing import Any

import msgspec

encode = msgspec.json.Encoder(decimal_format="number").encode


def pretty(resource: Any) -> str:
    """JSON for people to read."""
    return msgspec.json.format(encode(resource), indent=2).decode()
