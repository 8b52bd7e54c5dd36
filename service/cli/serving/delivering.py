"""The worker, as `sural serve` and `sural worker` run it."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from service.adapters.database.engine import Database
from service.adapters.database.form_visits import DatabaseVisits
from service.adapters.database.outbox import DatabaseOutbox
from service.adapters.database.reassessments import DatabaseReassessments
from service.adapters.database.store import DatabaseStore
from service.adapters.database.tasks.board import DatabaseTasks
from service.adapters.database.tasks.form_tasks import DatabaseFormTasks
from service.database_parts import make_puller, make_taker
from service.ports.fhir_server import FhirServer
from service.ports.tasks import EscalationPolicy
from service.screening.rules.urgency import Urgency
from service.settings import Settings
from service.usecases.form_tasks.follow import TaskFollower, follow_next
from service.usecases.form_tasks.take import take_next
from service.usecases.forms.unsent import UnsentDrafts, delete_unsent
from service.usecases.patients.birth_date import Assessor
from service.usecases.pulling.pull import pull_next
from service.usecases.tasks.watch import TaskWatch, watch_next
from service.wiring import Wiring, connect_fhir_server
from service.worker import Worker


def make_worker(settings: Settings, database: Database, wiring: Wiring) -> Worker:
    """The worker that delivers from this database to the FHIR server, if there is one, watches over the Tasks,
    and deletes old drafts of the patients' form.

    It follows the Tasks that ask for forms, and picks up responses from that server if the settings say so.
    """
    outbox = DatabaseOutbox(database)
    server = None if settings.fhir_server is None else connect_fhir_server(settings.fhir_server, settings)
    follower = TaskFollower(DatabaseFormTasks(database), wiring.context.knowledge.messages, database.now)
    drafts = UnsentDrafts(DatabaseVisits(database), timedelta(days=settings.draft_days), database.now)
    others: dict[str, Callable[[], bool]] = {
        "task_watch": watching(server, settings, database, wiring),
        "form_tasks": partial(follow_next, follower),
        "draft_deletion": partial(delete_unsent, drafts),
        **picking_up(settings, database, wiring),
        **taking_tasks(settings, database, wiring),
    }
    assessor = Assessor(wiring.context, DatabaseStore(database), DatabaseReassessments(outbox))
    return Worker(outbox, server, database.now, settings.deliveries, settings.read_back, others, assessor=assessor)


def watching(server: FhirServer | None, settings: Settings, database: Database, wiring: Wiring) -> Callable[[], bool]:
    """The step that watches over the Tasks. Without a FHIR server nobody can take one, so that each is told."""
    limits = {Urgency.EMERGENCY: settings.escalate_emergency, Urgency.SAME_DAY: settings.escalate_same_day}
    policy = EscalationPolicy(limits, settings.escalation)
    watch = TaskWatch(DatabaseTasks(database), server, policy, wiring.context.knowledge, database.now)
    return partial(watch_next, watch)


def picking_up(settings: Settings, database: Database, wiring: Wiring) -> dict[str, Callable[[], bool]]:
    """The step that picks up responses, by its name; nothing unless the settings say so.

    The first search makes up for the notifications that came while the service was stopped.
    """
    address = settings.fhir_server
    if address is None or not settings.picks_up:
        return {}
    puller = make_puller(address, settings, database, wiring)
    puller.notices.search_now(puller.server.base, puller.now())
    return {"pick_up": partial(pull_next, puller)}


def taking_tasks(settings: Settings, database: Database, wiring: Wiring) -> dict[str, Callable[[], bool]]:
    """The step that takes Tasks that ask for forms from the FHIR server, by its name; nothing unless they say so."""
    address = settings.fhir_server
    if address is None or not settings.task_seconds:
        return {}
    return {"found_form_tasks": partial(take_next, make_taker(address, settings, database, wiring))}
