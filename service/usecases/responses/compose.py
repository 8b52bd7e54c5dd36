"""A new submission with all that belongs to it: the assessment, what came before, and whom it calls."""

from collections.abc import Sequence
from datetime import datetime

from service.fhir.results.submission import SourceResponse, Submission
from service.ports.responses import PatientHistory, ResponseReader
from service.ports.submissions import RaisedTask
from service.screening.rules.red_flags import urgent_flags
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.earlier_acts import with_earlier_acts
from service.usecases.responses.prepare import AssessmentContext
from service.usecases.responses.reassess import earlier_reader
from service.usecases.tasks.calls import overdue_tasks, with_calls


def compose_submission(
    sources: Sequence[SourceResponse],
    context: AssessmentContext,
    now: datetime,
    history: PatientHistory,
    reader: ResponseReader,
    birth_date: str | None = None,
    gender: str | None = None,
) -> tuple[Submission, tuple[RaisedTask, ...]]:
    """The submission of new responses, and the Tasks of earlier ones that it changes."""
    submission = assess_submission(sources, context, now, history, reader, birth_date, gender=gender)
    submission = with_earlier_acts(submission, history, earlier_reader(context, reader, now))
    submission, raised = calling(submission, history, context)
    return submission, (*raised, *overdue_tasks(history.tasks, raised, now, context.knowledge))


def calling(
    submission: Submission, history: PatientHistory, context: AssessmentContext
) -> tuple[Submission, tuple[RaisedTask, ...]]:
    """The submission with the calls for all its urgent flags, and the Tasks that it raises."""
    urgent = urgent_flags(submission.own_flags, context.knowledge.rules.task_from)
    return with_calls(submission, urgent, history, context.knowledge)
