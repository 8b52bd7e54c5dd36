"""The sets of tokens have the codes of forms and rules alone: what clients choose is with the resource that has it."""

from sqlalchemy import select

from service.adapters.database import tables as t
from service.fhir.r4.types import Resource
from tests.support.building import phq
from tests.support.other_systems.form_tasks import form_task
from tests.support.rest import Rest

LONG = "urn:" + "".join(f"{number:06}" for number in range(1_000))


def stored_tokens(rest: Rest) -> str:
    """The text of all sets."""
    with rest.database.read() as connection:
        return str(connection.execute(select(t.token)).all())


def named_task() -> Resource:
    """A Task that asks for forms, with a code of the client."""
    task = form_task()
    coding = {"system": "urn:person:erika", "code": "ERIKA-19640812"}
    return {**task, "code": {**task["code"], "coding": [*task["code"]["coding"], coding]}}


def test_a_code_that_a_client_has_chosen_is_in_no_set_and_found(rest: Rest) -> None:
    assert rest.post(named_task(), "Task").status_code == 201
    assert "erika" not in stored_tokens(rest).lower()
    assert len(rest.found("Task?code=urn:person:erika|ERIKA-19640812")) == 1


def test_an_identifier_that_is_the_id_that_a_client_has_chosen_is_in_no_set_and_found(rest: Rest) -> None:
    assert rest.put({**phq(), "id": "mine", "identifier": {"system": LONG, "value": "mine"}}).status_code == 201
    assert "urn:000000" not in stored_tokens(rest)
    assert len(rest.found("QuestionnaireResponse?identifier=mine")) == 1


def test_the_identifier_of_a_result_is_found_with_its_system_and_without(rest: Rest) -> None:
    rest.post(phq())
    (identifier,) = rest.found("ClinicalImpression")[0]["identifier"]
    for value in (identifier["value"], f"{identifier['system']}|{identifier['value']}"):
        assert len(rest.found(f"ClinicalImpression?identifier={value}")) == 1
    assert len(rest.found(f"ClinicalImpression?identifier={identifier['system']}|")) == 1
    assert rest.found(f"ClinicalImpression?identifier=urn:other|{identifier['value']}") == []
