"""Stored responses of a patient, as an assessment needs them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from service.fhir.r4.types import Resource
from service.screening.rules.response_selection import NOT_YET, Acceptance, Dated


class EarlierVersion(NamedTuple):
    """An earlier version of a stored response, and when it was stored."""

    resource: Resource
    stored: datetime


@dataclass(frozen=True)
class StoredResponse:
    """The current version of a stored QuestionnaireResponse.

    ``received`` is the time of receipt of version 1, ``stored`` that of this version, ``accepted`` the place of
    version 1 in the order of acceptance, ``earlier`` are the versions before, the oldest first. ``source`` is the base
    of the server on which the response was found; empty if it was sent to us.
    """

    resource: Resource
    received: datetime
    version: int
    stored: datetime
    accepted: Acceptance = NOT_YET
    earlier: Sequence[EarlierVersion] = ()
    source: str = ""


@dataclass(frozen=True)
class EarlierImpression:
    """A stored ClinicalImpression of the patient: id, time of assessment, order of acceptance.

    ``lead_id``: the response that its id is derived from. ``uses``: the responses that it is based on. ``brings``:
    those of its own submission.
    """

    id: str
    as_of: datetime
    sequence: int
    lead_id: str = ""
    uses: tuple[str, ...] = ()
    brings: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoredTask:
    """The current version of a Task, and the order of acceptance of the submission that wrote it."""

    resource: Resource
    sequence: int
    version: int = 1


@dataclass(frozen=True)
class PatientHistory:
    """The stored responses, impressions and Tasks of a patient.

    ``revision`` increases with every write for this patient; a writer passes it on to detect a conflict.
    """

    revision: int = 0
    responses: Sequence[Dated] = ()
    impressions: Sequence[EarlierImpression] = ()
    tasks: Sequence[StoredTask] = ()


class ResponseReader(Protocol):
    """Stored responses."""

    def read_responses(self, ids: Sequence[str]) -> Sequence[StoredResponse]:
        """The current versions of the responses with these ids, in any order; unknown ids are left out."""
