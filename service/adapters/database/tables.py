"""The tables. Times are FHIR instants in UTC, whose text sorts by time in both databases."""

import hashlib

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from service.adapters.database.keeping.column_type import Compressed
from service.adapters.database.resources import resource_tables

LONGEST_KEY = 200

metadata = resource_tables.metadata
resource, search = resource_tables.resource, resource_tables.search
content, token, token_set = resource_tables.content, resource_tables.token, resource_tables.token_set

# The version of the tables for programs before Alembic: 1000, which they refuse.
schema = Table("schema_version", metadata, Column("version", Integer, primary_key=True))

# One row per patient. `revision` increases with every write for the patient, so that a concurrent one is detected; it
# is 0 before the first submission. `number` stands for the patient in other tables, and is never that of another one.
patient = Table(
    "patient",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("reference", String, nullable=False, unique=True),
    Column("revision", Integer, nullable=False),
    sqlite_autoincrement=True,
)

# Submissions in order of acceptance, each with its impression; `uses` and `brings` are JSON arrays of response ids:
# all that it used, and those that it brought itself. `birth_date` is that of the assessment, null if it was unknown.
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
    Column("brings", Text, nullable=False),
    Column("birth_date", String),
    sqlite_autoincrement=True,
)

# The current state of each response, as the selection needs it; `first` is the time of receipt of version 1.
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
    Column("is_test", Boolean, nullable=False),
)

# Every version of each response as received, byte for byte. `digest` is that of its content (r4/strict_json.py).
received = Table(
    "received",
    metadata,
    Column("id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("body", Compressed, nullable=False),
    Column("digest", String, nullable=False),
)

# Identifiers and Idempotency-Keys by which a resend of a response is recognised.
identity = Table(
    "identity",
    metadata,
    Column("system", String, primary_key=True),
    Column("value", String, primary_key=True),
    Column("response", String, nullable=False),
)

# One entry per submission and per change of one, sent in order per patient. `state` is waiting, delivered or parked;
# `lease` and `owner` are set while a worker sends the entry. `attempts` and `failures` are incremented with the lease;
# `failures` is set to 0 when the entry is settled by a response of the FHIR server.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("act", Integer, nullable=False),
    Column("patient", String, nullable=False, index=True),
    # Place and version of each resource (sending/outgoing.py): a JSON array.
    Column("sends", Text, nullable=False),
    # The Bundle and our version numbers by address, if `sends` does not give them: JSON. Of a delivered entry only the
    # responses, as they were landed.
    Column("changed", Text),
    # The urgent levels of its red flags, separated by a space.
    Column("urgency", String),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("created", String, nullable=False),
    Column("due", String, nullable=False),
    Column("lease", String),
    Column("owner", String),
    Column("settled", String),
    Column("reason", Text),
    # What was changed for a FHIR server that cannot take the entry as it was.
    Column("degraded", Text),
    Index("outbox_due", "state", "due"),
    UniqueConstraint("act", "id"),
    sqlite_autoincrement=True,
)

# The parameters of posted searches, until their page links expire.
posted_search = Table(
    "posted_search",
    metadata,
    Column("name", String, primary_key=True),
    Column("type", String, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("until", String, nullable=False),
)

# The key that signs page links: one row, common to all processes.
page_key = Table(
    "page_key", metadata, Column("row", Integer, primary_key=True), Column("key", LargeBinary, nullable=False)
)

# The last version of each resource of an act that we delivered, by its place (sending/places.py): a JSON object with
# our version number and the versionId of the FHIR server, {"0":[1,"7"],"1":[1,null]}.
delivered = Table(
    "delivered",
    metadata,
    Column("act", Integer, primary_key=True, autoincrement=False),
    Column("versions", Text, nullable=False),
)

# Responses that were refused, without their content: `faults` and `answers` (to safety questions) are JSON arrays.
refused = Table(
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

# Visits of patients to the form: `session`, `responses` and `draft` are JSON. A link has one visit.
form_visit = Table(
    "form_visit",
    metadata,
    Column("id", String, primary_key=True),
    Column("patient", String, nullable=False),
    Column("link", String, unique=True),
    Column("session", Text, nullable=False),
    Column("responses", Text, nullable=False),
    Column("draft", Text, nullable=False),
    Column("opened", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("is_stored", Boolean, nullable=False),
    Column("sent", String),
    Index("form_visit_unsent", "opened", sqlite_where=text("sent IS NULL"), postgresql_where=text("sent IS NULL")),
)

# The browsers that may work on a visit: `key` is the SHA-256 of a secret, never the secret itself.
form_session = Table(
    "form_session",
    metadata,
    Column("key", String, primary_key=True),
    Column("visit", String, nullable=False, index=True),
    Column("until", String, nullable=False, index=True),
)

# The last version seen of each response on the FHIR server with the base `source`, and what became of it. `is_origin`:
# the response was first accepted from there, so the ids of its results are derived from `source` too.
fetched = Table(
    "fetched",
    metadata,
    Column("id", String, primary_key=True),
    Column("source", String, nullable=False),
    Column("version", String),
    Column("updated", String),
    Column("outcome", String, nullable=False),
    Column("is_origin", Boolean, nullable=False),
)

# Responses on the FHIR server that are new or changed, until they are picked up. `times` counts the notices.
notice = Table(
    "notice",
    metadata,
    Column("id", String, primary_key=True),
    Column("times", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first", String, nullable=False),
    Column("due", String, nullable=False, index=True),
)

# The greatest event number that each subscription has told of.
subscription = Table(
    "subscription", metadata, Column("reference", String, primary_key=True), Column("last", Integer, nullable=False)
)

# Ranges of event numbers whose notifications did not arrive, until they are asked for.
missed = Table(
    "missed",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("subscription", String, nullable=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("due", String, nullable=False, index=True),
)

# The search for changes on the FHIR server: `since` is `meta.lastUpdated` of the last response that it found.
change_search = Table(
    "change_search",
    metadata,
    Column("source", String, primary_key=True),
    Column("since", String),
    Column("due", String, nullable=False),
)

# Links by which a patient opens forms: `digest` is the SHA-256 of the token, `birth_date` an HMAC under the token, so
# that neither can be told from the row. `session` is the JSON of the FormSession that the link gives.
form_link = Table(
    "form_link",
    metadata,
    Column("id", String, primary_key=True),
    Column("digest", String, nullable=False, unique=True),
    Column("patient", String, nullable=False),
    Column("session", Text, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made", String, nullable=False),
    Column("until", String, nullable=False),
    Column("birth_date", String),
    Column("wrong_dates", Integer, nullable=False),
    Column("used", String),
    Column("revoked", String),
    Column("task", String, unique=True),
)


def index_key(value: str) -> str:
    """The value, or its digest if it is long: PostgreSQL indexes at most 2,700 bytes."""
    return value if len(value) <= LONGEST_KEY else f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"
