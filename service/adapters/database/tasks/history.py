"""The Tasks of a patient, as a new submission of the patient needs them."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, exists

from service.adapters.database import tables as t
from service.adapters.database.keeping.bodies import resource_of, select_resources
from service.adapters.database.searching.clauses import patient_clause
from service.adapters.database.searching.unindexed import Unindexed
from service.adapters.database.tasks.form_task_table import form_task
from service.fhir.results.versions import WITHDRAWN
from service.ports.responses import StoredTask


def tasks_of(number: ColumnElement[int]) -> Select[Any]:
    """Selects the current versions of the Tasks that call a person, of the patient with this number."""
    return select_resources(t.resource.c.act, t.resource.c.version, t.resource.c.position).where(
        t.resource.c.patient == number,
        Unindexed(t.resource.c.type) == "Task",
        t.resource.c.current,
        ~exists().where(form_task.c.task == t.resource.c.id),
    )


def stored_task(row: Row[Any]) -> StoredTask:
    """A row of `tasks_of`."""
    return StoredTask(resource_of(row), row.act, row.version)


def standing_tasks(connection: Connection, patient: str, sequence: int) -> frozenset[str]:
    """The references of the Tasks that the impressions of a patient's other submissions than this rely on."""
    which = (patient_clause([patient]), t.resource.c.act != sequence, t.resource.c.current)
    found = select_resources(t.resource.c.id).where(*which, Unindexed(t.resource.c.type) == "ClinicalImpression")
    impressions = [resource_of(row) for row in connection.execute(found)]
    valid = [each for each in impressions if each["status"] != WITHDRAWN]
    return frozenset(info["reference"] for each in valid for info in each.get("supportingInfo", ()))
