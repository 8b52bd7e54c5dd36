"""Tasks on the FHIR server that ask for forms: found, and accepted there with a link, or rejected.

http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-task
"""

from typing import Any

import pytest

from service.fhir.r4.types import Resource
from service.ports.fhir_server import ServerResponse
from tests.support.other_systems.form_tasks import sdc
from tests.usecases.form_tasks.conftest import Site, TaskHolder


class TestAccepting:
    def test_a_task_is_accepted_with_the_address_of_its_forms(self, site: Site) -> None:
        site.server.ask()
        site.work()
        task = site.task()
        assert (task["status"], task["meta"]["versionId"]) == ("accepted", "2")
        assert site.open().path == "/forms/start"
        assert site.links[0].task == "http://fhir.example/base/Task/1"
        site.work(minutes=2)
        assert site.task() == {**task, "status": "in-progress"} | {
            name: site.task()[name] for name in ("meta", "lastModified")
        }

    def test_it_is_accepted_once(self, site: Site) -> None:
        site.server.ask()
        for _ in range(3):
            site.work(minutes=2)
        assert site.server.updates == ["accepted"]
        assert len(site.links) == 1

    def test_every_page_of_tasks_is_read(self, site: Site) -> None:
        site.server.page = 1
        site.server.ask("1")
        site.server.ask("2", "phq-9")
        site.work()
        assert [site.task(f"Task/{id}")["status"] for id in "12"] == ["accepted", "accepted"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"input": [{"type": sdc("questionnaire"), "valueCanonical": "http://other.example/Questionnaire/x"}]},
            {"code": sdc("fulfill")},
            {"code": {"text": "call"}},
            {"status": "draft"},
        ],
        ids=["another form", "another code", "no code", "a draft"],
    )
    def test_what_is_for_somebody_else_is_left_alone(self, site: Site, changes: dict[str, Any]) -> None:
        site.server.ask(**changes)
        site.work()
        assert site.server.updates == []
        assert site.links == []

    def test_a_task_of_ours_with_faults_is_rejected_with_each_of_them(self, site: Site) -> None:
        site.server.ask("1", "gad-7", "none", requester=None, **{"for": None})
        site.work()
        task = site.task()
        assert task["status"] == "rejected"
        reason = task["statusReason"]["text"]
        assert all(place in reason for place in ("Task.for", "Task.requester", "Task.input[1]"))
        assert site.links == []

    def test_what_is_no_task_is_left_alone(self, site: Site) -> None:
        site.server.ask("1", code={"coding": [{"system": sdc("x")["coding"][0]["system"], "code": ["a"]}]})
        site.server.ask("2", input=[None])
        site.work()
        assert site.server.updates == []

    def test_a_task_that_was_changed_meanwhile_is_read_again(self, site: Site) -> None:
        """The version on the server is another one than the one that was found."""
        site.server.ask()

        def somebody_writes() -> None:
            site.server.write({**site.task(), "priority": "urgent"})

        site.server.spoils.append(somebody_writes)
        site.work()
        assert site.task()["status"] == "requested"
        site.work(minutes=2)
        assert (site.task()["status"], site.task()["priority"]) == ("accepted", "urgent")
        assert len(site.links) == 1
        assert site.open().path == "/forms/start"

    def test_a_lost_answer_costs_neither_the_link_nor_the_task(self, site: Site) -> None:
        site.server.ask()

        def written_and_lost() -> ServerResponse:
            super(TaskHolder, site.server).update(site_update[0])
            return ServerResponse(None, "no answer")

        site_update: list[Resource] = []
        real = site.server.update

        def noting(resource: Resource, if_match: str | None = None) -> ServerResponse:
            site_update.append(resource)
            return real(resource, if_match)

        site.server.update = noting  # type: ignore[method-assign]
        site.server.spoils.append(written_and_lost)
        site.work()
        site.work(minutes=2)
        assert site.server.updates == ["accepted"]
        assert site.open().path == "/forms/start"
        site.work(minutes=2)
        assert site.task()["status"] == "in-progress"

    def test_a_request_that_never_arrived_is_made_again_with_another_link(self, site: Site) -> None:
        site.server.ask()
        site.server.spoils.append(lambda: ServerResponse(None, "no answer"))
        site.work()
        first = site.links[0].id
        site.work(minutes=2)
        assert site.server.updates == ["accepted", "accepted"]
        assert [link.id != first for link in site.links] == [True]
        assert site.open().path == "/forms/start"
