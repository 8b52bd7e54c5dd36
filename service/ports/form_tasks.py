"""The Tasks by which others ask that patients fill in forms, each with the link that opens them.

Such a Task is ours if it was sent to us; then it is among the resources. Others are on the FHIR server of the site.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.fhir.r4.types import Resource, StoredResource
from service.fhir.results.tasks.form_task import FormTaskStatus
from service.ports.access.form_links import FormLink

# From a version of a Task to the next one.
Change = Callable[[Resource], Resource]


@dataclass(frozen=True)
class FormTask:
    """A Task that asks for forms, as far as we have brought it.

    ``name`` is its id, or its address on the FHIR server: the ``task`` of its link. ``source``: the base of that
    server, empty for a Task of ours. ``status`` is the one that we wrote last; `requested` on the FHIR server until the
    link is told there. ``responses`` are the ids of the responses of its visit. ``has_browser``: a browser works on it.
    ``due``: when it is looked at next.
    """

    name: str
    source: str
    link: FormLink
    status: FormTaskStatus
    due: str
    attempts: int = 0
    responses: tuple[str, ...] = ()
    has_browser: bool = False

    @property
    def id(self) -> str:
        """The id of the Task."""
        return self.name.rpartition("/")[2]


class FormTaskStore(Protocol):
    """The Tasks that ask for forms. Those that have ended are kept, and no longer read."""

    def save_task(self, task: Resource, link: FormLink, now: datetime) -> StoredResource:
        """Stores a Task that was sent to us, whose link is stored already.

        Raises Forbidden if the store is that of another patient.
        """

    def find_task(self, id: str) -> FormTask | None:
        """The Task of ours with this id, if it may be seen; None without one."""

    def read_due_tasks(self, now: datetime, at_most: int, source: str = "") -> Sequence[FormTask]:
        """The Tasks to look at now: those of ours, or those on the FHIR server with this base."""

    def save_state(
        self, task: FormTask, status: FormTaskStatus, change: Change, now: datetime
    ) -> StoredResource | None:
        """Stores the next version of a Task of ours. None if another request has changed it since it was read."""

    def save_due(self, task: FormTask, due: datetime) -> None:
        """Sets when a Task is looked at next, unless something has happened to its link since it was read."""

    def forget_unfinished(self, name: str) -> bool:
        """Deletes a Task on the FHIR server, with its link, that was not accepted there. False if it was."""

    def save_found(self, link: FormLink, source: str, due: datetime) -> FormTask:
        """Stores that a Task on the FHIR server with this base is being accepted with a link, stored already."""

    def save_told(self, task: FormTask, status: FormTaskStatus, due: datetime) -> None:
        """Stores the status that a Task has on the FHIR server, and when it is looked at next.

        If something has happened to its link since it was read, it stays due.
        """
