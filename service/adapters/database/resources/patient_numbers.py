"""The numbers by which other tables name a patient."""

from collections.abc import Iterable

from sqlalchemy import Connection, Select, insert, select

from service.adapters.database import tables as t


def numbers_of(references: Iterable[str]) -> Select[tuple[int]]:
    """Selects the numbers of patients, given as references such as "Patient/p1"; none for an unknown one."""
    return select(t.patient.c.number).where(t.patient.c.reference.in_(list(references)))


def number_patients(connection: Connection, references: Iterable[str | None]) -> dict[str | None, int | None]:
    """The number of each patient, which gets one if there is none yet; None for None."""
    numbers: dict[str | None, int | None] = {None: None}
    for reference in sorted(each for each in set(references) if each is not None):
        known = connection.execute(numbers_of([reference])).first()
        numbers[reference] = insert_patient(connection, reference) if known is None else known.number
    return numbers


def insert_patient(connection: Connection, reference: str) -> int:
    """Inserts a patient without a submission. Returns its number."""
    row = insert(t.patient).values(reference=reference, revision=0)
    return int(connection.execute(row.returning(t.patient.c.number)).scalar_one())
