"""The outbox refers to what it sends, and what was delivered is kept by act. Nothing that waits is changed.

Rows are read in batches: a store may be larger than the memory.
"""

import json
from collections.abc import Iterator
from typing import Any

from alembic import op
from sqlalchemy import Column, Connection, Integer, MetaData, Row, String, Table, Text, bindparam, insert, text

revision = "0015"
down_revision = "0014"

AT_A_TIME = 200
BASE = "https://w3id.org/sural"
LEVELS = ("emergency", "same-day")
# Elements of a response that are not sent, and those of its meta.
NOT_SENT, NOT_SENT_META = ("meta", "text"), ("profile", "versionId", "lastUpdated")

delivered = Table(
    "delivered_by_act",
    MetaData(),
    Column("act", Integer, primary_key=True, autoincrement=False),
    Column("versions", Text, nullable=False),
)


def upgrade() -> None:
    """Replaces the columns of the outbox, and the table of what was delivered."""
    connection = op.get_bind()
    op.add_column("outbox", Column("sends", Text, nullable=False, server_default="[]"))
    op.add_column("outbox", Column("changed", Text))
    op.add_column("outbox", Column("urgency", String))
    for row in batches(connection, "SELECT id, act, state, bundle, versions FROM outbox", "id"):
        connection.execute(UPDATE, entry_columns(connection, row) | {"id": row.id})
    if connection.dialect.name == "postgresql":
        op.alter_column("outbox", "sends", server_default=None)
    for name in ("bundle", "versions"):
        connection.execute(text(f"ALTER TABLE outbox DROP COLUMN {name}"))
    delivered.create(connection)
    copy_delivered(connection)
    op.drop_table("delivered")
    op.rename_table("delivered_by_act", "delivered")
    if connection.dialect.name == "postgresql":
        op.execute("ALTER INDEX delivered_by_act_pkey RENAME TO delivered_pkey")


UPDATE = text("UPDATE outbox SET sends = :sends, changed = :changed, urgency = :urgency WHERE id = :id")


def batches(connection: Connection, query: str, key: str) -> Iterator[Row[Any]]:
    """The rows of a query in the order of a column, read a few at a time."""
    last, some = 0, f"{query} WHERE {key} > :last ORDER BY {key} LIMIT {AT_A_TIME}"
    while rows := connection.execute(text(some), {"last": last}).all():
        yield from rows
        last = getattr(rows[-1], key)


def entry_columns(connection: Connection, row: Row[Any]) -> dict[str, Any]:
    """What an entry sends, as places and versions. An entry that is not readable stays so."""
    levels = [level for level in LEVELS if f'"system":"{BASE}/CodeSystem/urgency","code":"{level}"' in row.bundle]
    urgency = {"urgency": " ".join(levels) or None}
    try:
        bundle, versions = json.loads(row.bundle), json.loads(row.versions)
        sent = {entry["request"]["url"]: entry["resource"] for entry in bundle["entry"]}
    except (ValueError, LookupError, TypeError):
        return {"sends": "[]", "changed": row.bundle, **urgency}
    stored = stored_versions(connection, row.act, versions)
    sends = [[place, versions[url], *profile_of(sent.get(url))] for url, (place, _) in stored.items()]
    same = list(stored) == list(sent) == list(versions) and all(
        json.dumps(outgoing(resource, sent[url])) == json.dumps(sent[url]) for url, (_, resource) in stored.items()
    )
    kept = None if same else kept_bundle(row.state, row.bundle, row.versions, bundle)
    return {"sends": json.dumps(sends, separators=(",", ":")), "changed": kept, **urgency}


def stored_versions(connection: Connection, act: int, versions: Any) -> dict[str, tuple[int, Any]]:
    """Place and content of each version that an entry sends and that is stored, by the address in the entry.

    An Observation that stands for an impression has the place of the impression, and no content here.
    """
    query = "SELECT type, id, version, position, body FROM resource WHERE act = :act"
    found: dict[str, tuple[int, Any]] = {}
    for type_name, id, version, position, body in connection.execute(text(query), {"act": act}):
        if versions.get(f"{type_name}/{id}") == version:
            found[f"{type_name}/{id}"] = (position, json.loads(body))
        elif type_name == "ClinicalImpression" and versions.get(observation_address(id)) == version:
            found[observation_address(id)] = (position, None)
    return {url: found[url] for url in versions if url in found}


def observation_address(id: str) -> str:
    """The address of the Observation that stands for an impression."""
    return f"Observation/o-{id.removeprefix('i-')}"


def profile_of(resource: Any) -> list[str]:
    """The profile that a response was sent with."""
    is_response = resource is not None and resource["resourceType"] == "QuestionnaireResponse"
    return list(resource.get("meta", {}).get("profile", ())) if is_response else []


def outgoing(resource: Any, sent: Any) -> Any:
    """A stored resource as it is sent, in the order of the elements in which it was."""
    if resource is None or resource["resourceType"] != "QuestionnaireResponse":
        return resource
    made = {name: value for name, value in resource.items() if name not in NOT_SENT}
    meta = {name: value for name, value in resource.get("meta", {}).items() if name not in NOT_SENT_META}
    profile = {"profile": profile_of(sent)} if profile_of(sent) else {}
    return {**made, "meta": {**meta, **profile}} if meta or profile else made


def kept_bundle(state: str, bundle: str, versions: str, content: Any) -> str | None:
    """What is kept of a Bundle that is not made again: all that waits, but of what is delivered the responses."""
    if state != "delivered":
        return f'{{"bundle":{bundle},"versions":{versions}}}'
    responses = [entry for entry in content["entry"] if entry["resource"]["resourceType"] == "QuestionnaireResponse"]
    kept = {"bundle": {**content, "entry": responses}, "versions": {}}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")) if responses else None


def copy_delivered(connection: Connection) -> None:
    """Writes what was delivered by act and place. Nobody asks for what is not stored any more, so that is left out."""
    act = connection.scalar(text("SELECT min(act) FROM resource"))
    while act is not None:
        versions = delivered_of(connection, act)
        if versions:
            connection.execute(insert(delivered).values(act=act, versions=json.dumps(versions, separators=(",", ":"))))
        act = connection.scalar(text("SELECT min(act) FROM resource WHERE act > :last"), {"last": act})


def delivered_of(connection: Connection, act: int) -> dict[str, list[Any]]:
    """Our version number and that of the FHIR server, by place, of each resource of an act.

    An Observation that stands for an impression has a place of its own.
    """
    query = "SELECT type, id, position FROM resource WHERE act = :act AND current"
    places: dict[str, int] = {}
    for type_name, id, position in connection.execute(text(query), {"act": act}):
        places[f"{type_name}/{id}"] = position
        if type_name == "ClinicalImpression":
            places[observation_address(id)] = -1 - position
    found = text("SELECT url, ours, theirs FROM delivered WHERE url IN :urls")
    rows = connection.execute(found.bindparams(bindparam("urls", expanding=True)), {"urls": list(places)}).all()
    return {str(places[url]): [ours, theirs] for url, ours, theirs in rows}
