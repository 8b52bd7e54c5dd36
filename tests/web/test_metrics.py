"""/metrics: what was accepted, refused, assessed and delivered, what waits, and how old the oldest alarm is."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.adapters.database.engine import Database
from service.adapters.database.pulling.notices import DatabaseNotices
from service.adapters.database.tasks.board import DatabaseTasks
from service.fhir.r4.types import Resource
from service.issues import Unavailable
from service.ports.fhir_server import ServerResponse
from service.ports.figures import Figures
from service.ports.tasks import EscalationPolicy
from service.screening.rules.urgency import Urgency
from service.usecases.delivery.deliver import deliver_next
from service.usecases.tasks.watch import TaskWatch, watch_next
from service.web import admission, metrics
from tests.support.building import context, scored, with_total
from tests.support.rest import Clock, Rest, rest_on
from tests.usecases.delivery.fake_server import FakeServer

WITHOUT_DATABASE = ("sural_build", "sural_log_lines_lost", "sural_store_unreadable", "sural_database_up")
ROUTINE, URGENT = scored("gad-7", [0] * 7), with_total("phq-9", 12, last=2)


@pytest.fixture(autouse=True)
def _figures_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "FIGURES_SECONDS", 0.0)


def samples(rest: Rest) -> dict[str, float]:
    """The value of each sample, by name and labels: 'sural_outbox_entries state=waiting'."""
    answer = rest.client.get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    found = [sample for family in families for sample in family.samples]
    return {" ".join([s.name, *(f"{name}={value}" for name, value in s.labels.items())]): s.value for s in found}


def post(rest: Rest, *responses: Resource) -> None:
    """Stores each response for a patient of its own: Patient/p1, Patient/p2, ..."""
    for number, response in enumerate(responses, 1):
        assert rest.post({**response, "subject": {"reference": f"Patient/p{number}"}}).status_code == 201


def attempt(rest: Rest, clock: Clock, response: ServerResponse) -> None:
    server = FakeServer(response, {"Patient/p1", "Patient/p2", "Patient/p3"})
    assert deliver_next(rest.outbox, server, clock, lambda: 1.0)


def deliver_first(rest: Rest, clock: Clock) -> None:
    """Delivers the next entry, as far as the outbox is concerned."""
    entry = rest.outbox.lease(clock(), clock() + timedelta(minutes=1))
    assert entry is not None
    rest.outbox.mark_delivered(entry, clock(), {})


def take(rest: Rest, clock: Clock, patient: str) -> None:
    """Somebody accepts the Task for a patient."""
    board, policy = DatabaseTasks(rest.database), EscalationPolicy({Urgency.EMERGENCY: timedelta()})
    of_patient = [each for each in board.read_late(clock(), policy, 9) if each.resource["for"]["reference"] == patient]
    (task,) = of_patient
    board.save_status(task, "accepted", clock())


def watch(rest: Rest, clock: Clock) -> None:
    """The watch over the Tasks takes a turn, without a FHIR server."""
    watch_next(TaskWatch(DatabaseTasks(rest.database), None, EscalationPolicy(), context().knowledge, clock))


def test_it_is_text_that_nobody_keeps_and_needs_no_slot(
    sqlite: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "REQUESTS_WITH_DATABASE", 0)
    answer = rest_on(sqlite, clock).client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert answer.headers["Cache-Control"] == "no-store"


def test_accepted_and_assessed_are_those_of_the_database(rest: Rest, clock: Clock) -> None:
    post(rest, ROUTINE, URGENT)
    found = samples(rest)
    assert (found["sural_responses_accepted_total"], found["sural_assessments_total"]) == (2, 2)
    # Another process on the same database tells the same.
    assert samples(rest_on(rest.database, clock, "other-"))["sural_responses_accepted_total"] == 2


def test_a_resend_is_not_accepted_twice(rest: Rest) -> None:
    identified = {**ROUTINE, "identifier": {"system": "urn:example:responses", "value": "1"}}
    assert [rest.post(identified).status_code for _ in range(2)] == [201, 200]
    assert samples(rest)["sural_responses_accepted_total"] == 1


def test_refused_responses_are_counted_and_refused_searches_are_not(rest: Rest) -> None:
    assert rest.post(b"{").status_code == 400
    assert rest.post({**ROUTINE, "status": "nonsense"}).status_code in (400, 422)
    assert rest.get("Observation?_count=x").status_code == 400
    assert samples(rest)["sural_responses_refused_total"] == 2


def test_a_danger_sign_in_a_refused_response_is_counted_alone_and_in_a_batch(rest: Rest) -> None:
    refused, harmless = ({**response, "questionnaire": "http://example.org/q"} for response in (URGENT, ROUTINE))
    assert rest.post(refused).status_code == rest.post(harmless).status_code == 422
    assert samples(rest)["sural_safety_answers_refused_total"] == 1
    request = {"method": "POST", "url": "QuestionnaireResponse"}
    entries = [{"resource": resource, "request": request} for resource in (refused, harmless, refused)]
    assert rest.post({"resourceType": "Bundle", "type": "batch", "entry": entries}, "").status_code == 200
    assert samples(rest)["sural_safety_answers_refused_total"] == 3


def test_a_refused_entry_of_a_batch_is_counted(rest: Rest) -> None:
    request = {"method": "POST", "url": "QuestionnaireResponse"}
    entries = [{"resource": resource, "request": request} for resource in (ROUTINE, {**ROUTINE, "status": "nonsense"})]
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    assert rest.post(bundle, "").status_code == 200
    found = samples(rest)
    assert (found["sural_responses_accepted_total"], found["sural_responses_refused_total"]) == (1, 1)


def test_requests_are_counted_and_timed_by_template_never_by_address(rest: Rest) -> None:
    rest.get("Observation/o-secret")
    rest.client.open("/fhir/Observation/o-secret", method="SECRET")
    found = samples(rest)
    counted = {name: value for name, value in found.items() if name.startswith("sural_requests_total")}
    assert sum(counted.values()) == 2
    assert any("status=404" in name and "<id>" in name for name in counted)
    assert any(name.startswith("sural_request_seconds_count") for name in found)
    assert "secret" not in str(found).lower()


class TestOutbox:
    def test_states_retries_and_ages(self, rest: Rest, clock: Clock) -> None:
        post(rest, ROUTINE, ROUTINE, ROUTINE)
        clock.forward(minutes=1)
        attempt(rest, clock, ServerResponse(422, "invalid"))
        deliver_first(rest, clock)
        for _ in range(3):
            clock.forward(minutes=2)
            attempt(rest, clock, ServerResponse(503))
        found = samples(rest)
        states = [found[f"sural_outbox_entries state={state}"] for state in ("waiting", "delivered", "parked")]
        assert states == [1, 1, 1]
        assert found["sural_outbox_retries"] == 2
        assert found["sural_outbox_oldest_seconds state=waiting"] == 7 * 60
        assert found["sural_outbox_oldest_seconds state=parked"] == 7 * 60
        assert found["sural_delivery_seconds statistic=median"] == 60
        assert found["sural_last_delivery_seconds"] == 6 * 60

    def test_an_empty_outbox_is_zero_and_no_delivery_is_no_time(self, rest: Rest) -> None:
        found = samples(rest)
        assert found["sural_outbox_oldest_seconds state=waiting"] == 0
        assert found["sural_outbox_oldest_urgent_seconds urgency=emergency"] == 0
        assert found["sural_outbox_oldest_urgent_seconds urgency=same-day"] == 0
        assert not any(name.startswith("sural_delivery_seconds") for name in found)

    def test_an_alarm_ages_until_it_is_delivered_also_while_it_is_parked(self, rest: Rest, clock: Clock) -> None:
        post(rest, ROUTINE)
        clock.forward(minutes=10)
        assert rest.post({**URGENT, "subject": {"reference": "Patient/p2"}}).status_code == 201
        deliver_first(rest, clock)
        clock.forward(minutes=5)
        oldest = "sural_outbox_oldest_urgent_seconds urgency=emergency"
        assert samples(rest)[oldest] == 5 * 60
        attempt(rest, clock, ServerResponse(422, "invalid"))
        clock.forward(hours=1)
        assert samples(rest)[oldest] == 65 * 60
        rest.outbox.retry([2], clock())
        deliver_first(rest, clock)
        assert samples(rest)[oldest] == 0

    def test_an_alarm_is_found_behind_many_entries(
        self, rest: Rest, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("service.adapters.database.operations.figures.ENTRIES_AT_A_TIME", 2)
        post(rest, ROUTINE, ROUTINE, ROUTINE, ROUTINE, URGENT)
        clock.forward(seconds=30)
        assert samples(rest)["sural_outbox_oldest_urgent_seconds urgency=emergency"] == 30

    def test_a_clock_that_was_set_back_gives_no_negative_age(self, rest: Rest, clock: Clock) -> None:
        post(rest, URGENT)
        clock.forward(hours=-1)
        found = samples(rest)
        assert found["sural_outbox_oldest_seconds state=waiting"] == 0
        assert found["sural_outbox_oldest_urgent_seconds urgency=emergency"] == 0

    def test_a_pause_of_the_queue_is_1(self, rest: Rest, clock: Clock) -> None:
        post(rest, ROUTINE, ROUTINE)
        assert samples(rest)["sural_outbox_paused"] == 0
        attempt(rest, clock, ServerResponse(403))
        assert samples(rest)["sural_outbox_paused"] == 1
        rest.outbox.end_pause()
        assert samples(rest)["sural_outbox_paused"] == 0


class TestTasks:
    UNTAKEN = "sural_task_oldest_untaken_seconds urgency="

    def test_the_age_of_the_oldest_that_nobody_has_taken(self, rest: Rest, clock: Clock) -> None:
        assert samples(rest)[f"{self.UNTAKEN}emergency"] == 0
        post(rest, URGENT)
        clock.forward(minutes=5)
        assert rest.post({**URGENT, "subject": {"reference": "Patient/p2"}}).status_code == 201
        clock.forward(minutes=1)
        found = samples(rest)
        assert (found[f"{self.UNTAKEN}emergency"], found[f"{self.UNTAKEN}same-day"]) == (360, 0)
        take(rest, clock, "Patient/p1")
        assert samples(rest)[f"{self.UNTAKEN}emergency"] == 60
        take(rest, clock, "Patient/p2")
        assert samples(rest)[f"{self.UNTAKEN}emergency"] == 0

    def test_each_escalation_is_counted_and_the_age_goes_on(self, rest: Rest, clock: Clock) -> None:
        post(rest, URGENT)
        assert samples(rest)["sural_tasks_escalated_total urgency=emergency"] == 0
        clock.forward(minutes=16)
        watch(rest, clock)
        found = samples(rest)
        assert found["sural_tasks_escalated_total urgency=emergency"] == 1
        assert found["sural_tasks_escalated_total urgency=same-day"] == 0
        assert found[f"{self.UNTAKEN}emergency"] == 16 * 60


def test_without_a_database_the_process_still_answers(sqlite: Database, clock: Clock) -> None:
    rest = rest_on(sqlite, clock)
    assert samples(rest)["sural_database_up"] == 1
    sqlite.path.unlink()
    found = samples(rest)
    assert found["sural_database_up"] == 0
    assert "sural_outbox_retries" not in found
    assert any(name.startswith("sural_requests_total") for name in found)


def test_the_figures_are_read_once_for_requests_in_short_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "FIGURES_SECONDS", 3600.0)
    reads: list[int] = []

    def read_nothing() -> Figures:
        reads.append(1)
        raise Unavailable("gone")

    collector = metrics.FigureCollector("1", read_nothing)
    for _ in range(3):
        assert [each.name for each in collector.collect()] == list(WITHOUT_DATABASE)
    assert len(reads) == 1


def test_responses_that_wait_to_be_picked_up_and_their_age(rest: Rest, clock: Clock) -> None:
    assert (samples(rest)["sural_notices"], samples(rest)["sural_notices_oldest_seconds"]) == (0, 0)
    DatabaseNotices(rest.database).save_notices(["1", "2"], clock())
    clock.forward(minutes=3)
    later = samples(rest_on(rest.database, clock, "other-"))
    assert (later["sural_notices"], later["sural_notices_oldest_seconds"]) == (2, 180)
