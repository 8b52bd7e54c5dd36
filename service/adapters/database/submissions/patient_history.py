"""The history of a patient: what an assessment of a new response needs of the responses before it."""

from sqlalchemy import BindParameter, Connection, and_, bindparam, select

from service.adapters.database import tables as t
from service.adapters.database.store_rows import dated_response, earlier_impression
from service.adapters.database.tasks.history import tasks_of
from service.ports.responses import PatientHistory

OF_PATIENT: BindParameter[str] = bindparam("patient")
KNOWN_PATIENT = select(t.patient.c.number, t.patient.c.revision).where(t.patient.c.reference == OF_PATIENT)
# Each response has a resource; an outer join makes SQLite begin with the responses of the patient.
RESPONSES = (
    select(t.response, t.resource.c.act, t.resource.c.position)
    .outerjoin(
        t.resource,
        and_(t.resource.c.type == "QuestionnaireResponse", t.resource.c.id == t.response.c.id, t.resource.c.current),
    )
    .where(t.response.c.patient == OF_PATIENT)
)
IMPRESSIONS = select(t.act).where(t.act.c.patient == OF_PATIENT, t.act.c.impression.is_not(None))


def read_patient_history(connection: Connection, patient: str) -> PatientHistory:
    """The stored responses, impressions and Tasks of a patient, and the revision to which they belong."""
    named = {"patient": patient}
    known = connection.execute(KNOWN_PATIENT, named).first()
    if known is None:
        # Whatever is stored of a patient has its number: most new responses are of patients without any.
        return PatientHistory(0, [], [], [])
    dated = [dated_response(row) for row in connection.execute(RESPONSES, named)]
    impressions = [earlier_impression(row) for row in connection.execute(IMPRESSIONS, named)]
    return PatientHistory(known.revision, dated, impressions, tasks_of(connection, known.number))
