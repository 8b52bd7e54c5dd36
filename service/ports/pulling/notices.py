"""Notices that responses on the FHIR server are new or changed, until they are picked up.

A notice has only the id of the response: its content is read from the FHIR server itself, in the version of now.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Notice:
    """A response to pick up. ``times``: how often it was noticed, so that a further notice meanwhile is not lost.

    ``attempts`` are those before this one.
    """

    id: str
    times: int
    attempts: int


@dataclass(frozen=True)
class MissedEvents:
    """A range of event numbers of a subscription whose notifications did not arrive, both ends included."""

    number: int
    subscription: str
    first: int
    last: int


@dataclass(frozen=True)
class Progress:
    """How far the search for changes has come: `meta.lastUpdated` of the last resource seen, None at the start."""

    since: datetime | None


class TooManyNotices(Exception):
    """More notices wait than are kept. The responses are found by the search for changes."""


class NoticeStore(Protocol):
    """Notices, missed events, and the progress of the search for changes."""

    def save_notices(self, ids: Collection[str], now: datetime) -> None:
        """Saves a notice of each response, due now. Raises TooManyNotices."""

    def take_notices(self, now: datetime, until: datetime, most: int) -> Sequence[Notice]:
        """The notices that are due, which nobody else gets before ``until``."""

    def settle_notice(self, notice: Notice) -> None:
        """Deletes a notice, unless the response was noticed again meanwhile."""

    def postpone_notice(self, notice: Notice, due: datetime) -> None:
        """Sets the next attempt."""

    def save_events(self, subscription: str, first: int, last: int, now: datetime) -> int:
        """Saves that these events have arrived. Returns the number of events before them that have not, and that no
        notification had shown before; they are then missed events."""

    def start_events(self, subscription: str, last: int) -> None:
        """Starts the count of events of a subscription anew."""

    def take_missed(self, now: datetime, until: datetime) -> MissedEvents | None:
        """A range of missed events that is due, which nobody else gets before ``until``; None if there is none."""

    def settle_missed(self, missed: MissedEvents) -> None:
        """Deletes a range of missed events."""

    def take_search(self, source: str, now: datetime, until: datetime) -> Progress | None:
        """The progress of the search for changes if it is due, which nobody else gets before ``until``; else None."""

    def save_progress(self, source: str, since: datetime | None, due: datetime) -> None:
        """Saves the progress of the search for changes, and when it is due again. Without ``since`` it stays."""

    def start_search(self, source: str, since: datetime | None, now: datetime) -> None:
        """Makes the search for changes due, from ``since`` on if it is given, whatever its progress is."""

    def count_waiting(self) -> int:
        """The number of notices."""

    def search_now(self, source: str, now: datetime) -> None:
        """Makes the search for changes due."""
