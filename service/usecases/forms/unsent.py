"""Deletes the drafts of visits that were never sent, a published time after they were opened: docs/patient-form.md.

The responses that were stored from them stay, with every red flag and Task: they were judged when they were saved.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from service.ports.form_visits import VisitStore

# Visits that are deleted in one transaction, and how often they are looked for.
AT_A_TIME = 100
BETWEEN = timedelta(hours=1)

log = structlog.get_logger()


@dataclass
class UnsentDrafts:
    """The visits, and how long after its opening one is kept that is not sent. ``next_look``: none before then."""

    visits: VisitStore
    kept_for: timedelta
    now: Callable[[], datetime]
    next_look: datetime | None = None


def delete_unsent(drafts: UnsentDrafts) -> bool:
    """Deletes a bounded number of old drafts. True if there may be more to delete now.

    A draft stays as long as a browser or a valid link can still come back to it, however old it is.
    """
    now = drafts.now()
    if drafts.next_look is not None and now < drafts.next_look:
        return False
    deleted = drafts.visits.delete_unsent(now - drafts.kept_for, now, AT_A_TIME)
    if deleted:
        log.info("drafts_deleted", count=deleted)
    if deleted < AT_A_TIME:
        drafts.next_look = now + BETWEEN
    return deleted == AT_A_TIME
