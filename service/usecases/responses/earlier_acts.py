"""The submission that a new one is compared with, and the Tasks of earlier submissions that are still open."""

from collections.abc import Callable
from dataclasses import replace

from service.fhir.results.submission import Submission
from service.fhir.results.tasks.earlier_tasks import open_tasks
from service.ports.responses import EarlierImpression, PatientHistory

# The submission of an earlier impression, from the responses that it used and ``Patient.birthDate`` if known.
Reassess = Callable[[EarlierImpression, str | None], Submission | None]


def with_earlier_acts(
    submission: Submission, history: PatientHistory, reassess: Reassess, sequence: int | None = None
) -> Submission:
    """The submission with the one of its previous impression, and with the open Tasks from before it.

    ``sequence`` is its own place in the order of acceptance; None if it is new.
    """
    tasks = [task.resource for task in history.tasks if sequence is None or task.sequence < sequence]
    before = next((each for each in history.impressions if each.id == submission.previous), None)
    earlier = None if before is None else reassess(before, submission.birth_date)
    return replace(submission, earlier=earlier, open_tasks=open_tasks(tasks))
