"""The reasoning of one act as a person would read it; stores nothing."""

from collections.abc import Sequence
from datetime import datetime

from service.fhir.assessing import act_of
from service.fhir.explanation import explanation
from service.fhir.intake import Desk
from service.fhir.reading import Resource


def explain(resources: Sequence[Resource], desk: Desk, now: datetime, birth_date: str | None = None) -> str:
    """What these responses of one patient come to, why, on which sources, and what the patient would read.

    Raises Malformed or Unacceptable with every fault.
    """
    return explanation(act_of(resources, desk, now, birth_date), desk.publisher)
