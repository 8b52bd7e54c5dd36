"""What is stored and cannot be read: an operator is told, whoever met it. The counter is one of this process."""

import threading
from typing import Any

import structlog

log = structlog.get_logger()


class UnreadableParts:
    """Counts how often something stored could not be read, in ``count``."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 0

    def tell(self, **fields: Any) -> None:
        """Counts one, and logs it with these fields. `sural store check` names what it is."""
        with self.lock:
            self.count += 1
        log.error("store_unreadable", **fields)


unreadable_parts = UnreadableParts()
