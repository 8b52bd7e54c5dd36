"""Damages what is stored, as a broken disk does."""

from sqlalchemy import select, update

from service.adapters.database import tables as t
from service.adapters.database.engine import Database


def break_frames(database: Database, patient: str) -> None:
    """Changes the last bytes of each frame of a patient, which are its checksum."""
    acts = select(t.act.c.sequence).where(t.act.c.patient == patient)
    with database.write() as connection:
        for row in connection.execute(select(t.content).where(t.content.c.act.in_(acts))).all():
            broken = bytes(row.frame[:-4]) + b"\0\1\2\3"
            connection.execute(update(t.content).where(t.content.c.id == row.id).values(frame=broken))
