"""The parts that taking Tasks from the FHIR server needs, and what a Task and an answer of that server say."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from service.fhir.r4.structure import check_structure
from service.fhir.r4.types import Resource
from service.issues import Malformed
from service.ports.fhir_server import ServerResponse, TaskServer
from service.ports.pulling.fetched import FetchedStore
from service.ports.pulling.notices import NoticeStore
from service.ports.submissions import SubmissionStore
from service.usecases.delivery.transaction_response import as_object, as_version_id
from service.usecases.forms.form_context import FormContext

# One request, with its deadline.
ONE_REQUEST = timedelta(seconds=40)


class TakingStore(SubmissionStore, FetchedStore, Protocol):
    """The store of Tasks, links and responses, and of what has reached the FHIR server."""


@dataclass(frozen=True)
class TaskTaker:
    """Parts that taking Tasks from the FHIR server needs.

    ``forms_at`` is the address before `/forms`, ``interval`` the time between two searches, and between two looks at a
    Task that was taken.
    """

    server: TaskServer
    store: TakingStore
    notices: NoticeStore
    context: FormContext
    forms_at: str
    interval: timedelta
    draw: Callable[[], float] = random.random

    @property
    def source(self) -> str:
        """The base of the FHIR server."""
        return self.server.base

    def now(self) -> datetime:
        """The time by the clock that all processes share."""
        return self.context.now()


def is_valid(task: Resource) -> bool:
    """True if what the FHIR server returned is a Task, so that it can be read."""
    try:
        check_structure(task, "Task")
    except Malformed:
        return False
    return True


def if_match(task: Resource) -> str | None:
    """The version of a Task as it was read, as If-Match has it; None if the server does not tell."""
    version = as_version_id(as_object(task.get("meta")).get("versionId"))
    return None if version is None else f'W/"{version}"'


def is_written(answer: ServerResponse) -> bool:
    """True if the FHIR server has taken an update."""
    return answer.status in (200, 201)
