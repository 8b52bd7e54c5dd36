"""The tables. Moments are FHIR instants in UTC, so that their text sorts as their time, in either database."""

import hashlib

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text, UniqueConstraint

SCHEMA_VERSION = 2
LONGEST_KEY = 200

metadata = MetaData()

schema = Table("schema_version", metadata, Column("version", Integer, primary_key=True))

# One row per patient; its revision changes with every act, so that two acts never assess past each other.
patient = Table(
    "patient", metadata, Column("reference", String, primary_key=True), Column("revision", Integer, nullable=False)
)

# Acts in the order of acceptance, each with its impression.
act = Table(
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
    sqlite_autoincrement=True,
)

# The current state of each response, as far as selecting and ordering needs it.
response = Table(
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

# Responses as received, byte for byte.
received = Table(
    "received",
    metadata,
    Column("id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("digest", String, nullable=False),
)

# The identifier that makes a resend known.
identity = Table(
    "identity",
    metadata,
    Column("system", String, primary_key=True),
    Column("value", String, primary_key=True),
    Column("response", String, nullable=False),
)

# Every version of every resource. Place (act, position) is that of the first version: searches are ordered by it.
resource = Table(
    "resource",
    metadata,
    Column("type", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("act", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("current", Boolean, nullable=False),
    Column("stored", String, nullable=False),
    Column("body", Text, nullable=False),
    Index("resource_place", "type", "current", "act", "position"),
)

# What can be searched for in the current version of each resource.
search = Table(
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

# One entry per act and per change of one, sent in order per patient. State: waiting, delivered or parked;
# leased while being sent.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("act", Integer, nullable=False),
    Column("patient", String, nullable=False, index=True),
    Column("bundle", Text, nullable=False),
    # Our version of each entry of the Bundle, by its address.
    Column("versions", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
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

# The parameters of searches that were posted, as long as their pages may be asked for.
posted_search = Table(
    "posted_search",
    metadata,
    Column("name", String, primary_key=True),
    Column("type", String, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("until", String, nullable=False),
)

# The one key that links to further pages are signed with: the same for every process.
page_key = Table(
    "page_key", metadata, Column("row", Integer, primary_key=True), Column("key", LargeBinary, nullable=False)
)

# What the FHIR server holds of us: our version, and what the server calls it.
delivered = Table(
    "delivered",
    metadata,
    Column("url", String, primary_key=True),
    Column("ours", Integer, nullable=False),
    Column("theirs", String),
)


def key(text: str) -> str:
    """A text as it stands in an index: a digest of a long one, as PostgreSQL indexes no more than 2,700 bytes."""
    return text if len(text) <= LONGEST_KEY else f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
