"""Responses that were refused, as an operator sees them: when, of whom, why, and the safety answers that could be read.

The content of a response is never kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

# Faults kept of one response; ``fault_count`` has the number of all.
MAX_FAULTS = 20


@dataclass(frozen=True)
class RefusedAnswer:
    """An answer to a safety question: the name of the question and the words of the options.

    ``is_sign``: an option is a danger sign.
    """

    question: str
    options: tuple[str, ...]
    is_sign: bool


@dataclass(frozen=True)
class Refusal:
    """One refused response. ``subject`` is a reference such as "Patient/p1", None if it could not be read.

    ``status`` is the HTTP status, ``request`` the `X-Request-Id` of the answer, empty without one. ``faults`` are at
    most ``MAX_FAULTS`` texts, each with its place. ``id`` is its number once it is kept.
    """

    at: datetime
    status: int
    request: str
    subject: str | None
    faults: tuple[str, ...]
    fault_count: int
    answers: tuple[RefusedAnswer, ...] = ()
    id: int = 0

    @property
    def has_sign(self) -> bool:
        """True if an answer to a safety question is a danger sign, for example PHQ-9 item 9 above zero."""
        return any(answer.is_sign for answer in self.answers)


class RefusalStore(Protocol):
    """Keeps refused responses for the operator."""

    def save_refusals(self, refusals: Sequence[Refusal], now: datetime) -> Sequence[int]:
        """Keeps these, and deletes those that are too old or too many. Returns their numbers, in the same order."""
