"""The figures of the database. Each statement reads an index, or only entries that are not delivered."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import get_args

from sqlalchemy import Connection, case, func, select

from service.adapters.database.engine import Database
from service.adapters.database.operations.outbox_listing import has_flag
from service.adapters.database.sending.outgoing import URGENT
from service.adapters.database.tables import notice, outbox, received, resource
from service.adapters.database.tasks.table import task
from service.fhir.r4.datetimes import parse_datetime
from service.ports.figures import Figures
from service.ports.outbox import PAUSED, OutboxState
from service.ports.tasks import WATCHED
from service.screening.rules.urgency import Urgency

# The deliveries whose times are read.
LATEST = 100
# Entries whose Bundles are searched for a flag at a time, the oldest first.
ENTRIES_AT_A_TIME = 200
NOT_DELIVERED: tuple[OutboxState, ...] = ("waiting", "parked")


def read_figures(database: Database, now: datetime) -> Figures:
    """The figures of now. Raises Unavailable if the database cannot be read."""
    with database.read() as connection:
        deliveries = list(read_deliveries(connection))
        retries, paused = count_attempts(connection)
        notices, noticed = connection.execute(select(func.count(), func.min(notice.c.first))).one()
        return Figures(
            accepted=connection.scalar(select(func.count()).select_from(received)) or 0,
            assessed=count_assessments(connection),
            entries=count_states(connection),
            retries=retries,
            paused=paused,
            waiting=age_of(first_entry(connection, "waiting"), now),
            parked=age_of(first_entry(connection, "parked"), now),
            urgent={level.code: age_of(first_urgent(connection, level), now) for level in URGENT},
            deliveries=tuple(max(settled - created, timedelta()) for created, settled in deliveries),
            untaken={level.code: age_of(first_untaken(connection, level), now) for level in WATCHED},
            escalated={level.code: count_escalations(connection, level) for level in WATCHED},
            since_delivery=age_of(max((settled for _, settled in deliveries), default=None), now),
            notices=notices,
            noticed=age_of(time_of_instant(noticed), now),
        )


def count_assessments(connection: Connection) -> int:
    """The number of versions of impressions."""
    impressions = select(func.count()).select_from(resource).where(resource.c.type == "ClinicalImpression")
    return connection.scalar(impressions) or 0


def count_states(connection: Connection) -> dict[OutboxState, int]:
    """The number of entries in each state."""
    by_state = select(outbox.c.state, func.count()).group_by(outbox.c.state)
    counts = {row[0]: int(row[1]) for row in connection.execute(by_state)}
    return {state: counts.get(state, 0) for state in get_args(OutboxState)}


def count_attempts(connection: Connection) -> tuple[int, int]:
    """Of the entries that are not delivered: the attempts beyond the first, and how many wait for access."""
    waits = (outbox.c.state == "waiting") & (outbox.c.reason == PAUSED)
    counts = select(func.sum(outbox.c.attempts - 1), func.sum(case((waits, 1), else_=0)))
    retries, paused = connection.execute(counts.where(outbox.c.state.in_(NOT_DELIVERED), outbox.c.attempts > 0)).one()
    return int(retries or 0), int(paused or 0)


def first_entry(connection: Connection, state: OutboxState) -> datetime | None:
    """When the first entry in this state was created."""
    first = select(func.min(outbox.c.id)).where(outbox.c.state == state).scalar_subquery()
    return time_of_instant(connection.scalar(select(outbox.c.created).where(outbox.c.id == first)))


def first_urgent(connection: Connection, level: Urgency) -> datetime | None:
    """When the first entry was created that is not delivered and has a red flag of this level."""
    # Ordered here: for an ORDER BY by id SQLite may read the delivered ones as well.
    ids = sorted(connection.scalars(select(outbox.c.id).where(outbox.c.state.in_(NOT_DELIVERED))))
    for start in range(0, len(ids), ENTRIES_AT_A_TIME):
        some = outbox.c.id.in_(ids[start : start + ENTRIES_AT_A_TIME])
        flagged = select(outbox.c.created).where(some, has_flag(level)).order_by(outbox.c.id).limit(1)
        created = connection.scalar(flagged)
        if created is not None:
            return time_of_instant(created)
    return None


def first_untaken(connection: Connection, level: Urgency) -> datetime | None:
    """When the first Task of this level was written that nobody has taken."""
    first = select(func.min(task.c.written)).where(task.c.urgency == level.code, task.c.taken.is_(None))
    return time_of_instant(connection.scalar(first.where(task.c.root.is_(None))))


def count_escalations(connection: Connection, level: Urgency) -> int:
    """How often Tasks of this level were escalated."""
    which = (task.c.urgency == level.code, task.c.escalated > 0)
    return int(connection.scalar(select(func.sum(task.c.escalated)).where(*which)) or 0)


def read_deliveries(connection: Connection) -> Iterator[tuple[datetime, datetime]]:
    """Acceptance and delivery of the entries that were due last, of those that are delivered."""
    latest = select(outbox.c.created, outbox.c.settled).where(outbox.c.state == "delivered")
    for row in connection.execute(latest.order_by(outbox.c.due.desc()).limit(LATEST)):
        created, settled = time_of_instant(row.created), time_of_instant(row.settled)
        if created is not None and settled is not None:
            yield created, settled


def time_of_instant(instant: str | None) -> datetime | None:
    """The time in a column with an instant."""
    return None if instant is None else parse_datetime(instant).sort_key


def age_of(time: datetime | None, now: datetime) -> timedelta | None:
    """The time since then; zero if the clock was set back, None without a time."""
    return None if time is None else max(now - time, timedelta())
