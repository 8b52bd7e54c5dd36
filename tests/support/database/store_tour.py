"""Makes the database adapters issue every statement that they can issue, and listens."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

from sqlalchemy import event

from service.adapters.database.engine import Database
from service.adapters.database.operations.figures import read_figures
from service.adapters.database.operations.outbox_listing import count_paused, park_entries, read_bundles, read_details
from service.adapters.database.operations.readiness import require_ready
from service.adapters.database.outbox import DatabaseOutbox
from service.adapters.database.posted_searches import DatabaseSearches
from service.adapters.database.refusals import DatabaseRefusals
from service.adapters.database.resources.patient_numbers import number_patients
from service.adapters.database.store import DatabaseStore
from service.adapters.database.tasks.board import DatabaseTasks
from service.fhir.interactions import STORED
from service.fhir.search.query import SearchQuery, SearchTerm, SearchValue, SortKey
from service.fhir.search.search_parameters import SearchParameter, parameters_of
from service.fhir.search.sort_and_include import sort_names
from service.ports.outbox import OutboxEntry, ServerVersion
from service.ports.tasks import EscalationPolicy
from service.screening.rules.urgency import Urgency
from service.usecases.delivery.deliver import LEASE
from tests.support.building import NOW, phq, scored, with_total
from tests.support.files import ROOT
from tests.support.rest import Rest, content

ADAPTERS = str(ROOT / "service" / "adapters" / "database")


@dataclass
class Heard:
    """The statements, each with a set of its parameters, and the lines of the adapters that issued them."""

    statements: dict[str, Any] = field(default_factory=dict)
    lines: set[tuple[str, int]] = field(default_factory=set)

    def hear(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        self.statements.setdefault(statement, parameters[0] if many else parameters)
        self.lines.update(
            (Path(frame.filename).name, frame.lineno or 0)
            for frame in traceback.extract_stack()
            if frame.filename.startswith(ADAPTERS)
        )


@contextmanager
def listening(database: Database) -> Iterator[Heard]:
    """What is heard while the block runs."""
    heard = Heard()
    engines = {id(engine): engine for engine in (database.reader, database.writer)}.values()
    for engine in engines:
        event.listen(engine, "before_cursor_execute", heard.hear)
    yield heard
    for engine in engines:
        event.remove(engine, "before_cursor_execute", heard.hear)


def fill(rest: Rest) -> None:
    """Submissions, corrections, resends and a withdrawal over HTTP."""
    identifier = {"identifier": {"system": "urn:x", "value": "1"}}
    for patient in ("p1", "p2", "p3"):
        rest.post(phq(patient=f"Patient/{patient}"))
        rest.post(scored("gad-7", [2] * 7, patient=f"Patient/{patient}"))
    rest.post(with_total("phq-9", 27, patient="Patient/p4"))
    rest.post({**phq(), **identifier}, Idempotency_Key="k")
    rest.post({**phq(), **identifier}, Idempotency_Key="k")
    rest.post(phq(), If_None_Exist="identifier=urn:x|2")
    rest.post(phq(), If_None_Exist="identifier=urn:x|1")
    stored = content(rest.get("QuestionnaireResponse/r-1"))
    stored.pop("meta")
    rest.put({**stored, "status": "amended"})
    rest.put({**stored, "status": "amended"}, version=2)
    rest.put({**stored, "status": "entered-in-error"})
    rest.post(b"{}")
    rest.client.post("/fhir/Observation/_search", data="_count=1&patient=p1", content_type=FORM)
    with rest.database.write() as connection:
        number_patients(connection, ["Patient/p1", "Patient/without-submission"])


FORM = "application/x-www-form-urlencoded"


def read(rest: Rest) -> None:
    """Reads, histories, operations and pages over HTTP."""
    for path in (
        "QuestionnaireResponse/r-1",
        "QuestionnaireResponse/r-1/_history/1",
        "QuestionnaireResponse/r-1/_history?_count=1",
        "QuestionnaireResponse/r-1/_history?_since=2026-01-01",
        "ClinicalImpression?patient=p1&_revinclude=Provenance:target",
        "Observation?patient=p1&_include=Observation:derived-from&_include=Observation:has-member",
        "Questionnaire/phq-9/$populate?subject=Patient/p2&local=true",
    ):
        rest.get(path)
    posted = rest.client.post("/fhir/Observation/_search", data="_count=1&patient=p2", content_type=FORM)
    for link in content(posted)["link"]:
        rest.client.get(link["url"].removeprefix("http://sural.example"))
    rest.client.get("/metrics")


def search_all(rest: Rest) -> None:
    """The searches of a store of all patients, and of a store of one."""
    search(rest.app.extensions["sural"].store)
    search(DatabaseStore(rest.database, "Patient/p1"))


def search(store: DatabaseStore) -> None:
    """Each search parameter, pairs and orders of those of different kinds, with and without a cursor, each count."""
    for type_name in STORED:
        parameters = parameters_of(type_name).values()
        for term in (term for parameter in parameters for term in terms_of(parameter)):
            store.search(SearchQuery(type_name, (term,), 2))
    kinds = [next(iter(terms_of(parameters_of("Observation")[name]))) for name in KINDS]
    for pair in combinations(kinds, 2):
        store.search(SearchQuery("Observation", pair, 2))
    keys = [(SortKey(name, down),) for name in sort_names("Observation") for down in (False, True)]
    for sort in [(), *keys, (SortKey("_lastUpdated"), SortKey("_id", True))]:
        for terms in [(), *((term,) for term in kinds)]:
            first = store.search(SearchQuery("Observation", terms, 1, sort=sort, total="accurate"))
            store.search(SearchQuery("Observation", terms, 1, first.next, sort, total="none"))


KINDS = ("_id", "patient", "_lastUpdated", "date", "code", "status", "derived-from")


def terms_of(parameter: SearchParameter) -> Iterator[SearchTerm]:
    """A term of a parameter with one value and one with two; of a date, one for each direction."""
    if parameter.type == "date":
        for prefix in ("ge", "lt", "ne", "ap"):
            value = SearchValue(None, None, prefix, "2026-11-20T00:00:00.000Z", "2026-11-21T00:00:00.000Z")
            yield SearchTerm(parameter.name, parameter.type, (value,))
        return
    name = "patient" if parameter.name == "subject" else parameter.name
    one, two = SearchValue(value="Patient/p1"), SearchValue(value="final")
    yield SearchTerm(name, parameter.type, (one,))
    yield SearchTerm(name, parameter.type, (one, two))
    if parameter.type == "token" and name != "_id":
        yield SearchTerm(name, parameter.type, (SearchValue(system="urn:x"), SearchValue("", "final")))


def deliver(rest: Rest) -> None:
    """Every way of an outbox entry, and what its operator sees."""
    outbox, database = rest.outbox, rest.database
    versions = {"Observation/o-1": ServerVersion(1, "1")}
    outbox.mark_delivered(leased(outbox), NOW, versions)
    again = leased(outbox)
    again = outbox.degrade(again, "reduced", again.bundle, again.versions)
    outbox.postpone(again, NOW, "later", again.bundle, versions)
    outbox.park(leased(outbox), NOW, "refused")
    outbox.record_failure(leased(outbox), NOW, "failed")
    break_entry(database)
    outbox.lease(*rest.lease_now())
    for state in (None, "waiting"):
        outbox.list_entries(state)
    outbox.count_entries()
    outbox.end_pause()
    count_paused(database)
    outbox.retry([3], NOW)
    park_entries(database, [5], "2026-11-21T00:00:00.000Z")
    read_details(database, 1)
    list(read_bundles(database, [1]))
    read_figures(database, NOW)
    require_ready(database)


def leased(outbox: DatabaseOutbox) -> OutboxEntry:
    """The next entry, which there must be."""
    entry = outbox.lease(NOW, NOW + LEASE)
    assert entry is not None
    return entry


def break_entry(database: Database) -> None:
    """Makes the Bundles of the entries that wait unreadable."""
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE outbox SET changed = '{' WHERE state = 'waiting'")


def refuse(database: Database) -> None:
    refusals = DatabaseRefusals(database)
    refusals.list_refusals()
    refusals.find_refusal(1)
    refusals.drop_refusals([1])


def watch_tasks(database: Database) -> None:
    """A day in the life of the Tasks: all that the watch asks and stores."""
    board, tomorrow = DatabaseTasks(database), NOW + timedelta(days=1)
    board.read_due(tomorrow, 5)
    tasks = board.read_late(tomorrow, EscalationPolicy(), 5)
    for task in tasks:
        board.escalate(task, None, tomorrow, lambda: None)
        board.save_overdue(task, task.resource, tomorrow)
        board.save_status(task, "in-progress", tomorrow)
        board.add_second(task, Urgency.ROUTINE, {**task.resource, "id": f"second-{task.id}"}, tomorrow)
    board.read_followers([replace(task, escalated=1) for task in tasks])
    board.read_overdue(tomorrow, 5)


def make_key(database: Database) -> None:
    """Asks for the key of page links as two processes do that start at once."""
    DatabaseSearches(database).make_page_key()
