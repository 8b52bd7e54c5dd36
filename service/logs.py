"""The log: JSON lines on standard error, with a fixed list of fields, so that no content of a request gets in."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

FIELDS = frozenset(
    {"event", "level", "timestamp", "request", "method", "route", "status", "milliseconds", "kind", "place"}
    | {"reason", "entry", "attempts", "address", "database", "version", "count"}
)


def only_known_fields(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drops every field that is not on the list."""
    return {name: value for name, value in event.items() if name in FIELDS}


def configure(level: str) -> None:
    """Sets the log up, for a level such as info or warning."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_known_fields,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
