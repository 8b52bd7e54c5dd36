"""Forms that patients fill in: who opened which forms, the answers so far, and whether they were sent.

A visit is opened for one patient and one or more forms, and is sent once. A browser that may work on it has a session:
a secret in a cookie, of which only the SHA-256 is stored. Several browsers may have sessions of the same visit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

# How the form was opened: by a link sent to the patient, on a device of the clinic, or on the start page of the demo.
CompletionMode = Literal["link", "clinic-device", "demo"]


@dataclass(frozen=True)
class FormSession:
    """The permission to fill in forms for one patient, as whoever opens a form gives it.

    ``patient`` is a reference such as "Patient/p1", ``forms`` are canonicals with version in the order in which they
    are asked, ``language`` is a tag such as "es", ``link`` is the id of the link that was used (never its token).
    """

    patient: str
    forms: tuple[str, ...]
    mode: CompletionMode
    language: str = "en"
    link: str | None = None


@dataclass(frozen=True)
class Draft:
    """What a patient has entered so far.

    ``answers``: by form (canonical) and linkId, the elements of ``answer``; those of disabled items too, for a patient
    who turns back. ``saved_pages``: numbers of the pages saved once. ``helper``: who answers in place of the patient.
    ``shown_help``: the findings whose help page was shown.
    """

    answers: Mapping[str, Mapping[str, list[dict[str, Any]]]] = field(default_factory=dict)
    saved_pages: frozenset[int] = frozenset()
    helper: str | None = None
    shown_help: tuple[str, ...] = ()


@dataclass(frozen=True)
class FormVisit:
    """A visit. ``response_ids`` are the ids of the responses, one for each form.

    ``version`` increases with every save. ``is_stored``: its responses are stored as in-progress. ``sent`` is the time
    of sending, None before.
    """

    id: str
    session: FormSession
    response_ids: tuple[str, ...]
    opened: datetime
    draft: Draft = Draft()
    version: int = 1
    is_stored: bool = False
    sent: datetime | None = None


class VisitConflict(Exception):
    """Another request saved or sent the visit after this one read it."""


class VisitStore(Protocol):
    """The visits."""

    def save_new_visit(self, visit: FormVisit) -> None:
        """Stores a new visit. Raises VisitConflict if its link has a visit already."""

    def find_visit_of_link(self, link: str) -> FormVisit | None:
        """The visit that was opened with a link, or None."""

    def read_current(self, id: str) -> FormVisit | None:
        """The visit with an id as it is now, or None."""

    def save_session(self, key: str, visit: FormVisit, until: datetime, now: datetime) -> None:
        """Gives a browser a session until ``until``, or extends it. ``key`` is the SHA-256 of its secret in hex.

        Deletes the sessions that have expired.
        """

    def find_visit(self, key: str, now: datetime) -> FormVisit | None:
        """The visit of a session; None if there is no such session, it has expired, or its link was revoked."""

    def end_session(self, key: str) -> None:
        """Deletes a session."""

    def delete_unsent(self, opened_before: datetime, now: datetime, most: int) -> int:
        """Deletes visits that were opened before a time and not sent, at most so many; returns how many.

        One stays that a browser works on, or to which a link leads that is still valid.
        """

    def save_visit(self, visit: FormVisit) -> None:
        """Stores a changed visit; its ``version`` is that of the visit as read.

        Raises VisitConflict if the stored version is another one, or the visit is sent already.
        """
