"""The numbers by which other tables name a patient."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from service.adapters.database import tables as t
from service.adapters.database.resources.new_rows import insert_if_new

NUMBER = select(t.patient.c.number).where(t.patient.c.reference == bindparam("named"))
NONE_KNOWN: Mapping[str, int] = MappingProxyType({})


def numbers_of(references: Iterable[str]) -> Select[Any]:
    """Selects the numbers of patients, given as references such as "Patient/p1"; none for an unknown one."""
    return select(t.patient.c.number).where(t.patient.c.reference.in_(list(references)))


def number_patients(
    connection: Connection, references: Iterable[str | None], known: Mapping[str, int] = NONE_KNOWN
) -> dict[str | None, int | None]:
    """The number of each patient, which gets one if there is none yet; None for None. ``known`` are not read."""
    numbers: dict[str | None, int | None] = {None: None}
    numbers.update(known)
    for reference in sorted(each for each in set(references) if each is not None and each not in numbers):
        found = connection.execute(NUMBER, {"named": reference}).first()
        numbers[reference] = insert_patient(connection, reference) if found is None else found.number
    return numbers


def insert_patient(connection: Connection, reference: str) -> int:
    """Inserts a patient without a submission, unless another transaction does. Returns its number."""
    connection.execute(insert_if_new(connection, t.patient), {"reference": reference, "revision": 0})
    return int(connection.execute(NUMBER, {"named": reference}).scalar_one())
