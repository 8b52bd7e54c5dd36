"""The patient of each resource, and an index for each way in which a request finds resources.

An index that begins with type and patient or id is taken whatever the database knows of its tables. The index entries
of `patient` are no longer needed.
"""

from alembic import op
from sqlalchemy import Column, String, TextClause, inspect, text

revision = "0009"
down_revision = "0008"

FILL = """
UPDATE resource SET patient = (
  SELECT min(search.value) FROM search
  WHERE search.type = resource.type AND search.id = resource.id AND search.parameter = 'patient'
) WHERE current
"""
PLACE = ("act", text("position DESC"))
INDEXES: dict[str, list[str | TextClause]] = {
    "resource_current": ["id", "type"],
    "resource_patient": ["patient", "effective", *PLACE, "type"],
    "resource_effective": ["type", "effective", *PLACE],
    "resource_stored": ["type", "stored", *PLACE],
}


def upgrade() -> None:
    """Adds the column and fills it, and replaces the indexes."""
    if "patient" not in {column["name"] for column in inspect(op.get_bind()).get_columns("resource")}:
        op.add_column("resource", Column("patient", String))
        op.execute(FILL)
    op.execute("DELETE FROM search WHERE parameter = 'patient'")
    for name in ("resource_place", "resource_act"):
        op.drop_index(name, "resource", if_exists=True)
    for name, columns in INDEXES.items():
        op.create_index(
            name,
            "resource",
            columns,
            unique=name == "resource_current",
            if_not_exists=True,
            sqlite_where=text("current = 1"),
            postgresql_where=text("current"),
        )
    op.create_index("resource_act_place", "resource", ["act", "position"], if_not_exists=True)
