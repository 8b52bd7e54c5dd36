"""How many resources match a search: exact where that costs little, or where the client asks for it.

https://hl7.org/fhir/R4/search.html#total
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, func, select

from service.adapters.database import tables as t
from service.fhir.search.query import Total

# Above this number there is no total, unless the client asks for the exact one.
MOST_COUNTED = 1_000


def count_matches(
    connection: Connection, matching: Sequence[ColumnElement[bool]], wanted: Total, is_few: bool
) -> int | None:
    """The number of resources that match; None if there are many and nobody asked for their number.

    ``is_few``: an index leads to them, so that all are counted.
    """
    if wanted == "none":
        return None
    if wanted == "accurate" or is_few:
        return connection.scalar(select(func.count()).select_from(t.resource).where(*matching)) or 0
    some = select(t.resource.c.id).where(*matching).limit(MOST_COUNTED + 1)
    counted = connection.scalar(select(func.count()).select_from(some.subquery())) or 0
    return counted if counted <= MOST_COUNTED else None
