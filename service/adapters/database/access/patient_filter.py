"""The resources of one patient: the one condition that every reading and writing statement for a patient has.

A resource belongs to an act, and an act to one patient: the subject of its responses. Being the author of a response,
or its focus, gives no access to it, although R4 counts an author into the compartment of a patient.
https://hl7.org/fhir/R4/compartmentdefinition-patient.html
"""

from sqlalchemy import ColumnElement, Connection, select, true

from service.adapters.database import tables as t
from service.issues import Forbidden, Issue


def of_patient(patient: str | None) -> ColumnElement[bool]:
    """Selects the resources of a patient, given as a reference such as "Patient/p1"; all of them for None."""
    if patient is None:
        return true()
    return t.resource.c.act.in_(select(t.act.c.sequence).where(t.act.c.patient == patient))


def require_own_patient(patient: str | None, subject: str) -> None:
    """Raises Forbidden if a store of one patient is asked to write for another one."""
    if patient is not None and subject != patient:
        text = "`subject` must be the patient that the token is for."
        raise Forbidden([Issue("forbidden", "QuestionnaireResponse.subject", text)])


def own_system(system: str, patient: str | None) -> str:
    """The system under which an identifier is kept: that of a patient's client does not meet that of another patient,
    whose existence a refusal would tell."""
    return system if patient is None else f"{patient} {system}"


def find_identity(connection: Connection, system: str, value: str, patient: str | None) -> str | None:
    """The id of the response with this identifier or Idempotency-Key, of this patient if there is one."""
    for each in dict.fromkeys((system, own_system(system, patient))):
        where = (t.identity.c.system == t.index_key(each), t.identity.c.value == t.index_key(value))
        found = select(t.identity.c.response).join(t.response, t.response.c.id == t.identity.c.response).where(*where)
        id: str | None = connection.scalar(found if patient is None else found.where(t.response.c.patient == patient))
        if id is not None:
            return id
    return None
