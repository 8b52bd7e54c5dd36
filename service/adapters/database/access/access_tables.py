"""The tables of the audit trail and of the rate limits, and the mark that the service has run with access control."""

from sqlalchemy import Column, Integer, String, Table, Text

from service.adapters.database.tables import metadata

# AuditEvents in the order of writing, each with the hash of it and of the one before (audit_trail.py). Triggers forbid
# to change or delete them.
audit = Table(
    "audit",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("previous", String, nullable=False),
    Column("hash", String, nullable=False),
)

# One row once the service has run with access control on this database: it is never opened without it again.
secured = Table("secured", metadata, Column("row", Integer, primary_key=True), Column("since", String, nullable=False))

# How many requests were counted under a key until a time: the rate limits of all processes.
request_count = Table(
    "request_count",
    metadata,
    Column("key", String, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("until", String, nullable=False, index=True),
)
