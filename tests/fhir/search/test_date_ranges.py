"""Date prefixes: each compares the range of a resource with the searched range as R4 defines it.

https://hl7.org/fhir/R4/search.html#prefix
"""

import pytest
from sqlalchemy import Column, MetaData, String, Table, create_engine, insert, select

from service.fhir.search.date_ranges import PREFIXES, span

SEARCHED = "2026-11"
# Range of the resource, and the prefixes that find it when a client searches for the month of November 2026.
CASES = [
    ("2026-10-31", {"ne", "lt", "le", "eb"}),
    ("2026-10", {"ne", "lt", "le", "eb"}),
    ("2026-11-01", {"eq", "ge", "le", "ap"}),
    ("2026-11", {"eq", "ge", "le", "ap"}),
    ("2026-11-30T23:59:59.999Z", {"eq", "ge", "le", "ap"}),
    ("2026", {"ne", "gt", "ge", "lt", "le", "ap"}),
    ("2026-12-01", {"ne", "gt", "ge", "sa"}),
    ("2026-12", {"ne", "gt", "ge", "sa"}),
]


@pytest.mark.parametrize(("dated", "prefixes"), CASES)
def test_a_prefix_compares_ranges_in_memory(dated: str, prefixes: set[str]) -> None:
    assert {prefix for prefix, compare in PREFIXES.items() if compare(*span(dated), *span(SEARCHED))} == prefixes


@pytest.mark.parametrize(("dated", "prefixes"), CASES)
def test_a_prefix_compares_ranges_in_sql(dated: str, prefixes: set[str]) -> None:
    table = Table("range", MetaData(), Column("low", String), Column("high", String))
    engine = create_engine("sqlite://")
    low, high = span(dated)
    with engine.begin() as connection:
        table.metadata.create_all(connection)
        connection.execute(insert(table).values(low=low, high=high))
        found = {
            prefix
            for prefix, compare in PREFIXES.items()
            if connection.execute(select(table).where(compare(table.c.low, table.c.high, *span(SEARCHED)))).all()
        }
    engine.dispose()
    assert found == prefixes
