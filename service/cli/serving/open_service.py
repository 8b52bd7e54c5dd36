"""The warning of a service without access control: at its start, and every ten minutes as long as it runs."""

from collections.abc import Callable

import structlog

SECONDS = 600.0

log = structlog.get_logger()


def reminding(monotonic: Callable[[], float]) -> Callable[[], bool]:
    """The step that warns at once, and then every ``SECONDS``. ``monotonic`` is a clock that nobody can set."""
    due = monotonic()

    def remind() -> bool:
        nonlocal due
        if monotonic() >= due:
            due = monotonic() + SECONDS
            log.warning("no_access_control")
        return False

    return remind
