"""Tasks that ask for forms: accepted with a link, or refused with every fault.

http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-task
"""

from typing import Any

import pytest
from sqlalchemy import select

from service.adapters.database import tables as t
from service.adapters.database.engine import Database
from service.fhir.r4.structure import check_structure
from service.fhir.r4.types import Resource
from tests.support.building import scored
from tests.support.other_systems.form_tasks import SDC, asks_for, form_task, outputs, sdc
from tests.support.other_systems.issuing import bearer, issuer_file, issuing
from tests.support.patient_form.form_pages import FormPatient
from tests.support.rest import Clock, Rest, content, issues, rest_on
from tests.web.patient.conftest import ANSWERS


def created(rest: Rest, *forms: str, **changes: Any) -> Resource:
    answer = rest.post(form_task(*forms, **changes), "Task")
    assert answer.status_code == 201, answer.text
    return content(answer)


def path_of(task: Resource) -> str:
    """The path of the link in a Task as it was answered."""
    (address,) = outputs(task, "form-link")
    return str(address).removeprefix("http://sural.example")


def opened(rest: Rest, task: Resource) -> FormPatient:
    """A patient who has pressed the button of the link."""
    patient = FormPatient(rest.app.test_client(), ANSWERS)
    patient.follow(patient.client.post(path_of(task)), path_of(task))
    assert patient.path == "/forms/start"
    return patient


class TestCreate:
    def test_it_is_accepted_and_the_answer_has_the_link(self, rest: Rest) -> None:
        answer = rest.post(form_task("gad-7", "phq-9"), "Task")
        task = content(answer)
        assert (answer.status_code, task["status"], task["meta"]["versionId"]) == (201, "accepted", "1")
        location = f"http://sural.example/fhir/Task/{task['id']}/_history/1"
        assert (answer.headers["Location"], answer.headers["ETag"]) == (location, 'W/"1"')
        assert path_of(task).startswith("/forms/link/")
        # 256 bits in base64.
        assert len(path_of(task).rpartition("/")[2]) == 43
        check_structure(task, "Task")

    def test_the_link_opens_the_forms_of_the_task_for_its_patient(self, rest: Rest) -> None:
        opened(rest, created(rest, "gad-7", "phq-9"))
        with rest.database.read() as connection:
            visit = connection.execute(select(t.form_visit)).one()
        assert visit.patient == "Patient/p1"
        assert visit.session.index("gad-7|") < visit.session.index("phq-9|")

    def test_an_older_version_of_a_form_that_is_active_may_be_asked_for(self, rest: Rest) -> None:
        patient = opened(rest, created(rest, "leg-pain|1.0.0"))
        patient.begin()
        patient.go_on()
        patient.send()
        assert rest.one("QuestionnaireResponse")["questionnaire"].endswith("leg-pain|1.0.0")

    @pytest.mark.parametrize("prefer", ["return=minimal", "return=OperationOutcome", "return=representation"])
    def test_the_link_is_told_whatever_the_client_prefers(self, rest: Rest, prefer: str) -> None:
        assert path_of(content(rest.post(form_task(), "Task", Prefer=prefer)))

    def test_it_is_told_once_and_its_token_is_stored_nowhere(self, rest: Rest, logged: Any) -> None:
        task = created(rest)
        token = path_of(task).rpartition("/")[2]
        for path in (f"Task/{task['id']}", f"Task/{task['id']}/_history", "Task?patient=p1", "metadata"):
            assert token not in rest.get(path).text
        assert token not in logged.stream.getvalue()
        with rest.database.read() as connection:
            for table in t.metadata.sorted_tables:
                assert token not in str(connection.execute(select(table)).all()), table.name

    def test_it_is_read_and_found_as_other_tasks_are(self, rest: Rest) -> None:
        task = created(rest, **{"for": {"reference": "http://sural.example/fhir/Patient/p1/_history/2"}})
        stored = content(rest.get(f"Task/{task['id']}"))
        assert stored["for"] == {"reference": "Patient/p1"}
        for query in ("patient=p1", f"code={SDC}|complete-questionnaire", "status=accepted", "authored-on=2026-11-21"):
            assert rest.found(f"Task?{query}") == [stored]
        assert rest.found("Task?patient=p2") == []

    def test_ids_and_versions_of_the_client_are_ignored(self, rest: Rest) -> None:
        task = created(rest, id="mine", meta={"versionId": "9"})
        assert (task["id"] != "mine", task["meta"]["versionId"]) == (True, "1")
        assert rest.get("Task/mine").status_code == 404

    def test_the_time_of_the_task_is_that_of_the_link_at_most_fourteen_days(self, rest: Rest, clock: Clock) -> None:
        soon = created(rest, restriction={"period": {"end": "2026-11-21"}})
        late = created(rest, restriction={"period": {"end": "2027-11-21"}})
        clock.forward(hours=23)
        assert rest.client.get(path_of(soon)).status_code == 404
        clock.forward(days=12)
        assert rest.client.get(path_of(late)).status_code == 200
        clock.forward(days=2)
        assert rest.client.get(path_of(late)).status_code == 404

    def test_a_task_for_forms_calls_nobody_and_goes_to_no_server(self, rest: Rest) -> None:
        created(rest)
        with rest.database.read() as connection:
            assert connection.execute(select(t.outbox)).all() == []
        assert rest.post(scored_item_9()).status_code == 201
        assert len(rest.found("Task?patient=p1")) == 2


def scored_item_9() -> Resource:
    return scored("phq-9", [1] * 9, answers={"safe-now": ["no"]}, patient="Patient/p1")


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("completed", {"status": "completed"}, "business-rule", "Task.status"),
    ("a plan", {"intent": "plan"}, "business-rule", "Task.intent"),
    ("no code", {"code": None}, "required", "Task.code"),
    ("another code", {"code": sdc("fulfill")}, "code-invalid", "Task.code"),
    ("another system", {"code": {"coding": [{"code": "complete-questionnaire"}]}}, "code-invalid", "Task.code"),
    ("a focus", {"focus": {"reference": "ServiceRequest/1"}}, "business-rule", "Task.focus"),
    ("nobody", {"for": None}, "required", "Task.for"),
    ("a group", {"for": {"reference": "Group/1"}}, "value", "Task.for"),
    ("elsewhere", {"for": {"reference": "http://other.example/Patient/1"}}, "value", "Task.for"),
    ("an identifier", {"for": {"identifier": {"value": "1"}}}, "value", "Task.for"),
    ("no author", {"requester": None}, "required", "Task.requester"),
    ("no time", {"authoredOn": None}, "required", "Task.authoredOn"),
    ("an output", {"output": [{"type": {"text": "x"}, "valueString": "x"}]}, "business-rule", "Task.output"),
    ("no form", {"input": None}, "required", "Task.input"),
    ("unknown form", {"input": [asks_for("none")]}, "not-found", "Task.input[0].value"),
    ("unknown version", {"input": [asks_for("gad-7|0.1")]}, "not-found", "Task.input[0].value"),
    ("no canonical", {"input": [{**asks_for("x"), "valueCanonical": None}]}, "required", "Task.input[0].value"),
    ("a form twice", {"input": [asks_for("gad-7"), asks_for("gad-7")]}, "duplicate", "Task.input"),
    (
        "an endpoint",
        {"input": [asks_for("gad-7"), {"type": sdc("response-endpoint"), "valueUrl": "http://x.example"}]},
        "not-supported",
        "Task.input[1]",
    ),
    ("the past", {"restriction": {"period": {"end": "2026-11-20"}}}, "expired", "Task.restriction.period.end"),
    ("a modifier", {"implicitRules": "http://x.example"}, "not-supported", "Task.implicitRules"),
]


class TestRefused:
    @pytest.mark.parametrize(("changes", "code", "path"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
    def test_what_a_rule_forbids_is_422_with_its_place(
        self, rest: Rest, changes: dict[str, Any], code: str, path: str
    ) -> None:
        task = form_task(**changes)
        for entry in task.get("input", ()):
            if entry.get("valueCanonical", "") is None:
                del entry["valueCanonical"]
                entry["valueString"] = "gad-7"
        answer = rest.post(task, "Task")
        assert (answer.status_code, issues(answer)) == (422, [(code, path)])
        assert content(rest.get("Task"))["total"] == 0

    def test_every_fault_is_told_at_once(self, rest: Rest) -> None:
        answer = rest.post(form_task("none", "gad-7|0.1", status="draft", requester=None, **{"for": None}), "Task")
        places = ["Task.status", "Task.requester", "Task.for", "Task.input[0].value", "Task.input[1].value"]
        assert [path for _, path in issues(answer)] == places

    def test_what_is_no_task_of_r4_is_400_with_its_place(self, rest: Rest) -> None:
        answer = rest.post(form_task(status=None, intent=None), "Task")
        assert (answer.status_code, issues(answer)) == (400, [("required", "Task.intent"), ("required", "Task.status")])
        assert issues(rest.post(form_task(status=["requested"]), "Task")) == [("structure", "Task.status")]
        assert rest.post({"resourceType": "Observation"}, "Task").status_code == 400
        assert rest.post(form_task(), "Task", If_None_Exist="identifier=x|1").status_code == 400

    def test_no_value_is_repeated(self, rest: Rest) -> None:
        task = form_task("secret-form", **{"for": {"reference": "http://secret.example/Patient/secret"}})
        assert "secret" not in rest.post(task, "Task").text

    def test_no_patient_is_asked_about_self_harm_without_the_numbers_of_the_site(
        self, sqlite: Database, clock: Clock, tmp_path: Any
    ) -> None:
        with issuing() as issuer:
            site = rest_on(sqlite, clock, auth="smart", issuers=issuer_file(tmp_path, issuer))
            answer = site.post(form_task("phq-9"), "Task", **bearer(issuer.give()))
        assert (answer.status_code, issues(answer)) == (422, [("business-rule", "Task.input[0].value")])
