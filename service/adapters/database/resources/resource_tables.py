"""The tables of the resources and of their search index."""

from typing import Any

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text, text

from service.adapters.database.resources.column_types import Instant, ResourceType

metadata = MetaData()

# The bodies of all resources of an act that were written at once, compressed (keeping/bodies.py).
content = Table(
    "content",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("act", Integer, nullable=False, index=True),
    Column("frame", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

# Every version of every resource. `effective` is the first instant of its effective time, or of storing version 1;
# `ends` is the first instant after that time, null if it has none. Search results are ordered by `effective`, then by
# (act, position), which is that of version 1. `patient` is the number of the patient by whom the search parameter
# `patient` finds it, `tokens` that of its set of tokens. `within` has its references to resources of the same act:
# " d0 m3 " refers as `derived-from` to the one at position 0, as `has-member` to that at 3 (searching/index_kinds.py).
# The indexes of current versions are those by which searches are found (searching/driving_term.py): each begins with
# what a request names, or with a type and the order of the results. They end with the act: the few resources of one act
# are sorted, and PostgreSQL keeps equal entries once.
resource = Table(
    "resource",
    metadata,
    Column("type", ResourceType, primary_key=True),
    Column("id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("act", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("current", Boolean, nullable=False),
    Column("stored", Instant, nullable=False),
    Column("effective", Instant, nullable=False),
    Column("ends", Instant),
    Column("patient", Integer),
    Column("tokens", Integer),
    Column("within", Text),
    # The frame with its body, and the line in it.
    Column("content", Integer, nullable=False),
    Column("line", Integer, nullable=False),
)


def index_current(name: str, *columns: Any) -> Index:
    """Adds an index of the current versions. SQLite uses it only for a condition that is written in the same way."""
    return Index(name, *columns, sqlite_where=text("current = 1"), postgresql_where=resource.c.current)


CURRENT_INDEXES = (
    index_current("resource_patient", resource.c.patient, resource.c.effective, resource.c.act),
    index_current("resource_effective", resource.c.type, resource.c.effective, resource.c.act),
    index_current("resource_stored", resource.c.type, resource.c.stored, resource.c.act),
    index_current("resource_tokens", resource.c.tokens),
)
Index("resource_act", resource.c.act)

# A set of tokens that one resource type or several resources have; `digest` is the SHA-256 of its members.
token_set = Table(
    "token_set",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("digest", String, nullable=False, unique=True),
    sqlite_autoincrement=True,
)

# The members of the sets of tokens. `system` is empty without one; `value` is empty for an identifier that is the id.
token = Table(
    "token",
    metadata,
    Column("set", Integer, primary_key=True),
    Column("parameter", String, primary_key=True),
    Column("system", String, primary_key=True),
    Column("value", String, primary_key=True),
    Column("type", ResourceType, nullable=False),
    Index("token_value", "type", "parameter", "value"),
)

# The search index of the current version of each resource, but for what the table `resource` has a column for.
search = Table(
    "search",
    metadata,
    Column("row", Integer, primary_key=True, autoincrement=True),
    Column("type", ResourceType, nullable=False),
    Column("id", String, nullable=False),
    Column("parameter", String, nullable=False),
    Column("system", String),
    Column("value", String),
    Column("low", String),
    Column("high", String),
    Index("search_value", "type", "parameter", "value"),
    Index("search_resource", "id", "type"),
)
