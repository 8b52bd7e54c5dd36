"""The requests that wait for an issuer: a bounded number, so that others find a thread while it does not answer."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from service.issues import Unavailable

# Half of the threads that the server has (service/cli/serving/http_server.py).
MOST_WAITING = 24
# How long a request waits for a place: an issuer that answers frees one sooner, also after many requests at once.
PATIENCE_SECONDS = 0.5


class WaitingRequests:
    """The places of those that wait, for all issuers together."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self.places = threading.BoundedSemaphore(most)

    @contextmanager
    def place(self, seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
        """A place to wait in. Raises Unavailable if all are taken for so many seconds."""
        if not self.places.acquire(timeout=seconds):
            raise Unavailable("too many requests wait for an issuer that does not answer")
        try:
            yield
        finally:
            self.places.release()
