"""The coded answers of stored responses: the rows of the population."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from service.fhir.results.submission import SourceResponse
from service.screening.instruments.coded_answers import Questions


@dataclass(frozen=True, slots=True)
class CodedResponse:
    """The coded answers of one response. ``submission``: the place in the order of acceptance of what brought it.

    ``form``: the canonical of our questionnaire, with its version; ``edition``: that which the response names.
    ``questions``: those of the form; ``answers`` are in their order. ``sex``: `Patient.gender`, if known.
    """

    response: str
    submission: int
    patient: str
    instrument: str
    form: str
    edition: str
    authored: datetime
    status: str
    birth_date: str | None
    questions: Questions
    answers: Sequence[int]
    numbers: Mapping[str, Decimal | str]
    sex: str | None = None


class UncodedStore(Protocol):
    """Stored responses whose answers are not coded yet: an earlier version of the service stored them."""

    def find_uncoded(self, most: int) -> Sequence[str]:
        """The ids of responses without coded answers."""

    def save_missing(self, sources: Sequence[SourceResponse]) -> None:
        """Writes the coded answers of responses that have none."""
