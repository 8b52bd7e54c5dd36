"""The part of the tour (store_tour.py) through links, form Tasks, access, what is picked up, and what age changes."""

from dataclasses import replace
from datetime import timedelta

from service.adapters.database.access.access_mark import keep_access_control
from service.adapters.database.access.audit_trail import DatabaseAudit
from service.adapters.database.access.form_links import DatabaseLinks
from service.adapters.database.access.request_counts import DatabaseCounts
from service.adapters.database.engine import Database
from service.adapters.database.form_visits import DatabaseVisits
from service.adapters.database.population.coded_store import DatabaseCodedAnswers
from service.adapters.database.pulling.notices import DatabaseNotices
from service.adapters.database.store import DatabaseStore
from service.adapters.database.tasks.form_tasks import DatabaseFormTasks
from service.adapters.database.tasks.rows import call_again
from service.fhir.r4.datetimes import format_instant
from service.ports.access.form_links import FormLink
from service.ports.form_visits import FormSession, FormVisit
from service.ports.pulling.fetched import FetchedVersion
from service.ports.resources import VersionQuery
from service.usecases.pulling.fetch import Puller
from service.usecases.pulling.pick_up import pick_up_response
from service.usecases.responses.sources import read_sources
from tests.support.building import IDENTIFIED, NOW, context, response, with_total
from tests.support.other_systems.form_tasks import form_task
from tests.support.other_systems.patients import PatientSite
from tests.support.other_systems.portal_server import BASE, PortalServer, puller_of
from tests.support.rest import Clock, Rest

LATER = NOW + timedelta(hours=1)
FORM = "https://w3id.org/sural/Questionnaire/phq-9|1.0.0"


def numbered_link(number: int, task: str | None = None) -> FormLink:
    """A link for the first patient, valid for a day."""
    session = FormSession("Patient/p1", (FORM,), "link", "en", f"link-{number}")
    return FormLink(f"link-{number}", session, "urn:x", NOW, NOW + timedelta(days=1), task=task)


def visit_by_link(database: Database) -> None:
    """A visit to the form, from the link that opens it to the end of its session; then the link is revoked."""
    links, visits = DatabaseLinks(database), DatabaseVisits(database)
    link = numbered_link(1)
    links.save_link(link, "digest-1")
    links.find_link("digest-1")
    links.count_wrong_date(link.id)
    links.note_opened(link.id, NOW)
    visits.save_new_visit(FormVisit("v1", link.session, ("r-9",), NOW))
    opened = visits.find_visit_of_link(link.id)
    assert opened is not None
    visits.read_current("v1")
    visits.save_session("key", opened, LATER, NOW)
    visits.find_visit("key", NOW)
    visits.save_visit(opened)
    visits.save_visit(replace(opened, version=2, sent=NOW))
    visits.end_session("key")
    visits.delete_unsent(NOW, NOW, 5)
    links.revoke_link(link.id, NOW)
    links.list_links()


def ask_for_forms(database: Database) -> None:
    """Tasks that ask for forms: one that was sent to us, and two on the FHIR server."""
    links, tasks = DatabaseLinks(database), DatabaseFormTasks(database)
    for number, name in ((2, "t-1"), (3, f"{BASE}/Task/t-2"), (4, f"{BASE}/Task/t-3")):
        links.save_link(numbered_link(number, name), f"digest-{number}")
    tasks.save_task({**form_task(), "id": "t-1"}, numbered_link(2, "t-1"), NOW)
    DatabaseFormTasks(database, "Patient/p1").find_task("t-1")
    ours = tasks.find_task("t-1")
    assert ours is not None
    tasks.save_state(ours, "in-progress", lambda task: {**task, "status": "in-progress"}, NOW)
    found = [tasks.save_found(numbered_link(number, f"{BASE}/Task/t-{number - 1}"), BASE, NOW) for number in (3, 4)]
    for due in (*tasks.read_due_tasks(LATER, 5, BASE), *tasks.read_due_tasks(LATER, 5)):
        tasks.save_due(due, LATER)
    tasks.forget_unfinished(found[0].name)
    tasks.save_told(found[1], "accepted", LATER)


def control_access(database: Database) -> None:
    """What access control keeps: its mark, the audit trail, and counts of requests."""
    keep_access_control(database, False, NOW)
    audit = DatabaseAudit(database)
    audit.append_events([{"resourceType": "AuditEvent"}, {"resourceType": "AuditEvent"}])
    list(audit.records())
    if not database.is_sqlite:
        counts = DatabaseCounts(database)
        counts.incr("key", 60)
        counts.get("key")
        counts.get_expiry("key")
        counts.clear("key")
        counts.reset()


def read_own(database: Database) -> None:
    """What the app of a patient reads, and sends again."""
    store = DatabaseStore(database, "Patient/p1")
    store.find_known_response(IDENTIFIED["identifier"]["system"], "1")
    store.read_history("Patient/p1")
    store.read_responses(["r-1", "r-2"])
    store.read("QuestionnaireResponse", "r-1")
    store.read("QuestionnaireResponse", "r-1", 1)
    store.read_versions(VersionQuery("QuestionnaireResponse", "r-1", 1, NOW, (0, 2)))


def take_notice(database: Database) -> None:
    """Notices and events of a FHIR server, and the search for changes there."""
    notices = DatabaseNotices(database)
    notices.save_notices(["r-1", "n-1", "n-2"], NOW)
    notices.save_notices(["n-1"], NOW)
    first, second, *_ = notices.take_notices(LATER, LATER, 5)
    notices.settle_notice(first)
    notices.postpone_notice(second, LATER)
    notices.count_waiting()
    notices.start_events("Subscription/s-1", 0)
    notices.save_events("Subscription/s-1", 3, 4, NOW)
    missed = notices.take_missed(NOW, LATER)
    assert missed is not None
    notices.settle_missed(missed)
    for _ in range(2):
        notices.take_search(BASE, LATER, NOW)
    notices.save_progress(BASE, NOW, LATER)
    notices.search_now(BASE, NOW)
    notices.start_search(BASE, None, NOW)
    notices.start_search(BASE, NOW, NOW)


def pick_up_changes(rest: Rest) -> None:
    """A response that a portal writes to the FHIR server, corrects, and writes again as it was."""
    server = PortalServer(Clock())
    puller = puller_of(rest, server)
    for total in (12, 13, 13):
        pick_up_from_portal(puller, server, total)
    store = puller.pick_up.store
    store.read_fetched(["portal-1"])
    store.save_fetched(FetchedVersion("portal-1", BASE, "9"), "known")
    store.read_sent("portal-1")
    store.read_responses(["portal-1"])


def pick_up_from_portal(puller: Puller, server: PortalServer, total: int) -> str:
    """Picks up a version of the response of a portal."""
    resource = {**with_total("phq-9", total, patient="Patient/p5"), "id": "portal-1", "status": "amended"}
    return pick_up_response(server.stored[server.write(resource)], puller.pick_up, server.clock())


def tell_birth_and_death(rest: Rest) -> None:
    """Deliveries for a Patient whose birth date changes findings, and for one who has died."""
    site = PatientSite(rest, Clock())
    site.has("Patient/p6", birthDate="2012-05-01")
    site.has("Patient/p7", deceasedDateTime="2026-11-21T11:00:00Z")
    rest.post(response("leg-pain", {"lp-side": ["left"], "lp-impact": ["a-lot"]}, patient="Patient/p6"))
    rest.post(with_total("phq-9", 27, 3, patient="Patient/p7"))
    site.deliver()


def call_and_code(database: Database) -> None:
    """Starts the escalation of a Task again, and writes coded answers that are there already."""
    with database.write() as connection:
        call_again(connection, ["Task/t-9"], format_instant(NOW))
    sources = read_sources(["r-2"], DatabaseStore(database), context())
    DatabaseCodedAnswers(database).save_missing(list(sources.values()))


def tour_rooms(rest: Rest) -> None:
    """All that is above, on a store that is filled."""
    visit_by_link(rest.database)
    ask_for_forms(rest.database)
    control_access(rest.database)
    read_own(rest.database)
    take_notice(rest.database)
    pick_up_changes(rest)
    tell_birth_and_death(rest)
    call_and_code(rest.database)
