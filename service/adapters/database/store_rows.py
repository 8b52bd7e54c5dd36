"""From rows of the database to the values of the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping

from service.adapters.database import tables as t
from service.adapters.database.keeping.bodies import resource_of, select_resources
from service.fhir.r4.datetimes import parse_datetime
from service.fhir.r4.strict_json import parse
from service.fhir.r4.types import StoredResource
from service.ports.responses import EarlierImpression, EarlierVersion, StoredResponse
from service.ports.submissions import SubmissionRecord
from service.screening.rules.response_selection import Acceptance, Dated


def as_time(instant: str) -> datetime:
    """The time in a column that contains an instant."""
    return parse_datetime(instant).sort_key


def dated_response(row: Row[Any]) -> Dated:
    """A row of the table `response`, with the place of the response in the order of acceptance."""
    place = Acceptance(row.act, row.position)
    return Dated(row.id, row.instrument, as_time(row.authored), row.status, place, row.is_test)


def earlier_versions(connection: Connection, ids: Sequence[str]) -> dict[str, list[EarlierVersion]]:
    """The versions of responses before the current ones, the oldest first, by id."""
    found: dict[str, list[EarlierVersion]] = {}
    if ids:
        where = (t.resource.c.type == "QuestionnaireResponse", t.resource.c.id.in_(ids), ~t.resource.c.current)
        for row in connection.execute(select_resources().where(*where).order_by(t.resource.c.version)):
            found.setdefault(row.id, []).append(EarlierVersion(resource_of(row), as_time(row.stored)))
    return found


def stored_response(row: RowMapping, earlier: Sequence[EarlierVersion]) -> StoredResponse:
    """A row of the table `resource` with the version, time of receipt and place of its response."""
    accepted = Acceptance(row["act"], row["position"])
    received, stored = as_time(row["first"]), as_time(row["stored"])
    source = row["source"] or ""
    return StoredResponse(resource_of(row), received, row["version"], stored, accepted, earlier, source)


def earlier_impression(row: Row[Any]) -> EarlierImpression:
    """The impression in a row of the table `act`."""
    return EarlierImpression(
        row.impression, as_time(row.as_of), row.sequence, row.lead, tuple(parse(row.uses)), tuple(parse(row.brings))
    )


def submission_record(row: Row[Any]) -> SubmissionRecord:
    """A row of the table `act`."""
    responses = (tuple(parse(row.uses)), tuple(parse(row.brings)))
    return SubmissionRecord(row.sequence, row.lead, as_time(row.as_of), *responses, row.previous, row.birth_date)


def stored_resource(row: Row[Any]) -> StoredResource:
    """A row of `select_resources`."""
    return StoredResource(resource_of(row), row.version, as_time(row.stored))
