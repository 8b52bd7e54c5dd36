"""What a person does with a Task on the FHIR server is stored here, and a Task is raised unless a person changed it."""

from service.adapters.database.operations.figures import read_figures
from service.usecases.tasks.watch import watch_next
from tests.usecases.tasks.conftest import Site
from tests.usecases.tasks.test_calls import harm, pointers, tasks_of
from tests.usecases.tasks.test_watch import send


class TestState:
    def test_what_a_person_did_is_a_new_version_here(self, site: Site) -> None:
        send(site)
        site.server.person_sets(site.one_task()["id"], status="completed")
        site.run(minutes=2)
        (task,) = tasks_of(site.rest)
        assert (task["status"], task["meta"]["versionId"]) == ("completed", "2")
        assert site.server.stored[f"Task/{task['id']}"]["meta"]["versionId"] == "2"

    def test_after_a_completed_task_new_answers_call_by_a_new_one(self, site: Site) -> None:
        send(site)
        site.server.person_sets(site.one_task()["id"], status="completed")
        site.run(minutes=2)
        send(site)
        assert len(site.server.of_type("Task")) == 2
        assert pointers(site.rest) == [[], []]

    def test_a_closed_task_is_read_no_more(self, site: Site) -> None:
        send(site)
        site.server.person_sets(site.one_task()["id"], status="completed")
        site.run(minutes=2)
        site.server.asked.clear()
        site.run(days=1)
        assert site.server.asked == []

    def test_the_older_a_task_the_more_seldom_it_is_read(self, site: Site) -> None:
        send(site)
        site.server.person_sets(site.one_task()["id"], status="accepted")
        site.run(minutes=2)
        site.server.asked.clear()
        for _ in range(48):
            site.run(minutes=15)
        looks = len(site.server.asked)
        assert 12 <= looks < 40

    def test_a_status_that_is_none_is_not_stored(self, site: Site) -> None:
        send(site)
        site.server.person_sets(site.one_task()["id"], status="done")
        site.run(minutes=2)
        assert tasks_of(site.rest)[0]["status"] == "requested"

    def test_a_server_that_does_not_answer_is_not_asked_for_each(self, site: Site) -> None:
        for number in range(60):
            site.rest.post(harm(site.clock, 3, patient=f"Patient/{number}"))
        site.run()
        site.server.down, site.server.asked = True, []
        site.clock.forward(minutes=15)
        while watch_next(site.watch):
            pass
        assert len(site.server.asked) == 1
        assert read_figures(site.rest.database, site.clock()).escalated["emergency"] == 60


class TestRaised:
    def test_a_task_that_a_person_changed_meanwhile_is_left_and_a_second_one_is_written(self, site: Site) -> None:
        send(site, 1)
        first = site.one_task()
        site.server.person_sets(first["id"], note=[{"text": "called, no answer"}])
        send(site, 3)
        site.run(minutes=2)
        tasks = {task["priority"]: task for task in site.server.of_type("Task")}
        assert tasks["asap"]["note"] == [{"text": "called, no answer"}]
        assert tasks["stat"]["basedOn"] == [{"reference": f"Task/{first['id']}"}]
        assert tasks["stat"]["description"].startswith("NOW: PHQ-9 item 9 = 3 ")
        site.run(minutes=2)
        assert len(site.server.of_type("Task")) == 2
        site.run(minutes=15)
        assert [task["basedOn"] for task in site.escalations()] == [[{"reference": f"Task/{tasks['stat']['id']}"}]]

    def test_an_untouched_one_is_raised_and_its_time_begins_again(self, site: Site) -> None:
        send(site, 1)
        site.run(hours=2)
        send(site, 3)
        (task,) = site.server.of_type("Task")
        assert (task["priority"], task["meta"]["versionId"]) == ("stat", "2")
        site.run(minutes=14)
        assert site.escalations() == []
        site.run(minutes=1)
        assert len(site.escalations()) == 1

    def test_after_its_end_a_task_of_the_same_day_is_raised(self, site: Site) -> None:
        send(site, 1)
        site.run(hours=13)
        task = site.one_task()
        assert (task["priority"], task["meta"]["versionId"]) == ("stat", "2")
        assert task["note"][0]["text"].startswith("No contact is known by 2026-11-21T23:59:59.000Z")
        site.run(days=1)
        assert site.one_task()["meta"]["versionId"] == "2"

    def test_one_that_a_person_has_begun_is_not(self, site: Site) -> None:
        send(site, 1)
        site.server.person_sets(site.one_task()["id"], status="in-progress")
        site.run(minutes=2)
        site.run(hours=13)
        assert site.one_task()["priority"] == "asap"
