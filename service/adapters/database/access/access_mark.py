"""The mark of a database that has been used with access control: it is not opened without it again."""

from datetime import datetime

from sqlalchemy import insert, select

from service.adapters.database.access.access_tables import secured
from service.adapters.database.engine import Database
from service.adapters.database.sqlite_file import WrongDatabase
from service.fhir.r4.datetimes import format_instant


def keep_access_control(database: Database, is_open: bool, now: datetime) -> None:
    """Marks the database at the first start with access control. Raises WrongDatabase at a start without it later."""
    with database.read() as connection:
        since = connection.scalar(select(secured.c.since))
    if since is not None and is_open:
        text = f"The database has been used with access control since {since}, and is not opened without it."
        raise WrongDatabase(f"{text} Set SURAL_ISSUERS, or set SURAL_DATABASE to another database.")
    if since is None and not is_open:
        with database.write() as connection:
            connection.execute(insert(secured).values(row=1, since=format_instant(now)))
