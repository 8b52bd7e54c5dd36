"""The log: JSON lines on standard error. Only listed fields are written, so no content of a request is logged."""

import logging
import sys
import threading
from collections.abc import MutableMapping
from typing import Any

import structlog

from service.log_lines import log_lines

FIELDS = frozenset(
    {"event", "level", "timestamp", "request", "method", "route", "status", "milliseconds", "kind", "line"}
    | {"reason", "entry", "refusal", "attempts", "address", "database", "version", "count"}
    | {"urgency", "step"}
)


class LibraryLines(logging.Handler):
    """Writes the name of the library and the level of its message to the log, never the message itself."""

    def handle(self, record: logging.LogRecord) -> bool:
        """Writes one line, without the lock that a handler has: the lines have theirs (log_lines.py).

        A library may say something while a line is written, in the same thread. With two locks, another thread that
        has the one of the handler and waits for that of the lines would wait for ever, and so would the first.
        """
        self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one line."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else record.name
        structlog.get_logger().log(record.levelno, "library_message", reason=record.name, kind=kind)


def log_failure(kind: type[BaseException], *_: Any) -> None:
    """Writes the kind of a failure that nothing has handled, never its text."""
    structlog.get_logger().error("process_failed", kind=kind.__name__)


def take_standard_error() -> None:
    """Replaces every other writer to standard error: messages of libraries, warnings, and failures of threads."""
    logging.root.handlers = [LibraryLines(logging.WARNING)]
    logging.captureWarnings(True)
    sys.excepthook = log_failure
    threading.excepthook = lambda failure: log_failure(failure.exc_type)
    sys.unraisablehook = lambda failure: log_failure(failure.exc_type)


def only_known_fields(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The event without the fields that are not in ``FIELDS``."""
    return {name: value for name, value in event.items() if name in FIELDS}


def configure(level: str) -> None:
    """Configures the log for a level, such as "info" or "warning"."""
    number = logging.getLevelNamesMapping()[level.upper()]
    log_lines.turn_to(sys.stderr)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_known_fields,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: log_lines,
        cache_logger_on_first_use=False,
    )
