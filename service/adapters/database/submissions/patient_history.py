"""The history of a patient: what an assessment of a new response needs of the responses before it."""

from typing import Any

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, cast, literal_column, null, select, union_all

from service.adapters.database import tables as t
from service.adapters.database.store_rows import dated_response, earlier_impression
from service.adapters.database.tasks.history import stored_task, tasks_of
from service.ports.responses import PatientHistory

OF_PATIENT: BindParameter[str] = bindparam("patient")
NUMBER = select(t.patient.c.number).where(t.patient.c.reference == OF_PATIENT)
# Each response has a resource; an outer join makes SQLite begin with the responses of the patient.
RESPONSES = (
    select(
        t.response.c.id,
        t.response.c.instrument,
        t.response.c.authored,
        t.response.c.status,
        t.response.c.is_test,
        t.resource.c.act,
        t.resource.c.position,
    )
    .outerjoin(
        t.resource,
        and_(t.resource.c.type == "QuestionnaireResponse", t.resource.c.id == t.response.c.id, t.resource.c.current),
    )
    .where(t.response.c.patient == OF_PATIENT)
)
IMPRESSIONS = select(
    t.act.c.impression, t.act.c.as_of, t.act.c.sequence, t.act.c.lead, t.act.c.uses, t.act.c.brings
).where(t.act.c.patient == OF_PATIENT, t.act.c.impression.is_not(None))
PARTS = {
    "revision": select(t.patient.c.revision).where(t.patient.c.reference == OF_PATIENT),
    "response": RESPONSES,
    "impression": IMPRESSIONS,
    "task": tasks_of(NUMBER.scalar_subquery()),
}
COLUMNS = {column.name: column for part in PARTS.values() for column in part.selected_columns}


def as_part(kind: str, part: Select[Any]) -> Select[Any]:
    """The rows of one kind with the columns of all kinds."""
    own = part.selected_columns
    columns = [own.get(name, cast(null(), column.type).label(name)) for name, column in COLUMNS.items()]
    return part.with_only_columns(literal_column(f"'{kind}'").label("kind"), *columns, maintain_column_froms=True)


# One statement: all parts are of the same moment, and there is one way to the server and back.
HISTORY = union_all(*(as_part(kind, part) for kind, part in PARTS.items()))


def read_patient_history(connection: Connection, patient: str) -> PatientHistory:
    """The stored responses, impressions and Tasks of a patient, and the revision to which they belong."""
    found: dict[str, list[Any]] = {kind: [] for kind in PARTS}
    for row in connection.execute(HISTORY, {"patient": patient}):
        found[row.kind].append(row)
    return PatientHistory(
        found["revision"][0].revision if found["revision"] else 0,
        [dated_response(row) for row in found["response"]],
        [earlier_impression(row) for row in found["impression"]],
        # An ORDER BY would make SQLite read all acts.
        [stored_task(row) for row in sorted(found["task"], key=lambda row: (row.act, row.position))],
    )
