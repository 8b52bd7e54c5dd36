"""The preconditions of an update: If-Match, If-None-Match and If-Unmodified-Since.

https://www.rfc-editor.org/rfc/rfc9110#name-preconditions
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.issues import Issue, Malformed, PreconditionFailed


class Versioned(Protocol):
    """Something stored, with its current version."""

    @property
    def version(self) -> int:
        """The number of the version."""

    @property
    def stored(self) -> datetime:
        """When it was stored."""


@dataclass(frozen=True)
class EntityTags:
    """Versions by their tags, or every version with ``*``. Example: ``EntityTags(frozenset({"2"}))`` for ``W/"2"``."""

    tags: frozenset[str] = frozenset()
    any_version: bool = False

    def include(self, stored: Versioned) -> bool:
        """True if the current version is one of these."""
        return self.any_version or str(stored.version) in self.tags


@dataclass(frozen=True)
class Precondition:
    """What the client requires of the current version; nothing by default.

    ``match``: it is one of these. ``none_match``: it is none of these, and with ``*`` there is none yet.
    ``unmodified_since``: it was stored at this second or before.
    """

    match: EntityTags | None = None
    none_match: EntityTags | None = None
    unmodified_since: datetime | None = None


def require_match(stored: Versioned | None, condition: Precondition, required: bool = False) -> None:
    """Raises PreconditionFailed unless the current version meets the condition.

    Raises Malformed if no version is named although that is ``required`` for a stored response.
    """
    require_unmatched(stored, condition)
    if condition.match is not None:
        require_version(stored, condition.match)
    elif stored is not None and required:
        text = "Name the version that you changed in If-Match, so that no change of another is lost."
        raise Malformed([Issue("required", "", text)])


def require_unmatched(stored: Versioned | None, condition: Precondition) -> None:
    """Raises PreconditionFailed if If-None-Match names the current version, or it is newer than If-Unmodified-Since."""
    if stored is None:
        return
    if condition.none_match is not None and condition.none_match.include(stored):
        text = "There is a response of this id in the version that If-None-Match excludes. Read it before changing it."
        raise PreconditionFailed([Issue("conflict", "", text)])
    since = condition.unmodified_since
    if condition.match is None and since is not None and stored.stored.replace(microsecond=0) > since:
        text = "The response was changed after the time in If-Unmodified-Since. Read it again before changing it."
        raise PreconditionFailed([Issue("conflict", "", text)])


def require_version(stored: Versioned | None, tags: EntityTags) -> None:
    """Raises PreconditionFailed unless there is a current version, and it is one of these."""
    if stored is None:
        raise PreconditionFailed([Issue("conflict", "", "There is no response of this id whose version could match.")])
    if not tags.include(stored):
        text = "This is not the current version. Read it again before changing it."
        raise PreconditionFailed([Issue("conflict", "", text)])
