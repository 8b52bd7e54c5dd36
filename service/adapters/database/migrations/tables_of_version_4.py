"""The tables of version 4, the last one before Alembic. They never change: later revisions start from them."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text, UniqueConstraint

metadata = MetaData()

Table("schema_version", metadata, Column("version", Integer, primary_key=True))

Table("patient", metadata, Column("reference", String, primary_key=True), Column("revision", Integer, nullable=False))

Table(
    "act",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("lead", String, nullable=False, unique=True),
    Column("patient", String, nullable=False, index=True),
    Column("as_of", String, nullable=False),
    Column("accepted", String, nullable=False),
    Column("impression", String),
    Column("previous", String),
    Column("rules", String, nullable=False),
    Column("uses", Text, nullable=False),
    Column("brings", Text, nullable=False),
    sqlite_autoincrement=True,
)

Table(
    "response",
    metadata,
    Column("id", String, primary_key=True),
    Column("patient", String, nullable=False, index=True),
    Column("instrument", String, nullable=False),
    Column("authored", String, nullable=False),
    Column("status", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("first", String, nullable=False),
)

Table(
    "received",
    metadata,
    Column("id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("digest", String, nullable=False),
)

Table(
    "identity",
    metadata,
    Column("system", String, primary_key=True),
    Column("value", String, primary_key=True),
    Column("response", String, nullable=False),
)

Table(
    "resource",
    metadata,
    Column("type", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("act", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("current", Boolean, nullable=False),
    Column("stored", String, nullable=False),
    Column("effective", String, nullable=False),
    Column("body", Text, nullable=False),
    Index("resource_place", "type", "current", "effective", "act", "position"),
    Index("resource_act", "act"),
)

Table(
    "search",
    metadata,
    Column("row", Integer, primary_key=True, autoincrement=True),
    Column("type", String, nullable=False),
    Column("id", String, nullable=False),
    Column("parameter", String, nullable=False),
    Column("system", String),
    Column("value", String),
    Column("low", String),
    Column("high", String),
    Index("search_value", "type", "parameter", "value"),
    Index("search_resource", "type", "id"),
)

Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("act", Integer, nullable=False),
    Column("patient", String, nullable=False, index=True),
    Column("bundle", Text, nullable=False),
    Column("versions", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("created", String, nullable=False),
    Column("due", String, nullable=False),
    Column("lease", String),
    Column("owner", String),
    Column("settled", String),
    Column("reason", Text),
    Index("outbox_due", "state", "due"),
    UniqueConstraint("act", "id"),
    sqlite_autoincrement=True,
)

Table(
    "posted_search",
    metadata,
    Column("name", String, primary_key=True),
    Column("type", String, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("until", String, nullable=False),
)

Table("page_key", metadata, Column("row", Integer, primary_key=True), Column("key", LargeBinary, nullable=False))

Table(
    "delivered",
    metadata,
    Column("url", String, primary_key=True),
    Column("ours", Integer, nullable=False),
    Column("theirs", String),
)

Table(
    "refused",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", String, nullable=False, index=True),
    Column("status", Integer, nullable=False),
    Column("request", String, nullable=False),
    Column("subject", String),
    Column("faults", Text, nullable=False),
    Column("fault_count", Integer, nullable=False),
    Column("answers", Text, nullable=False),
    Column("has_sign", Boolean, nullable=False),
    Index("refused_order", "has_sign", "id"),
    sqlite_autoincrement=True,
)
