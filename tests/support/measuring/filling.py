"""Fills the tables as if a submission had been accepted many times: copies of its rows, by SQL alone.

The copies have one frame, with the bodies of the first act, so that a million of them fit on a disk; their ids, times
and index entries are those of real ones. Five acts in a row have the same patient.
"""

from sqlalchemy import Connection

from service.adapters.database.engine import Database

ACTS_OF_A_PATIENT = 5
AT_A_TIME = 10_000
TIMES = {"low", "high", "authored", "first", "at", "as_of", "accepted", "created", "due"}
MILLISECONDS = {"stored", "effective", "ends"}
# 2025-01-01.
START = 1_735_689_600_000
IDS = {"id", "lead", "impression", "response"}
SHORT = {"sends": "'[]'", "changed": "NULL", "uses": "'[]'", "brings": "'[]'", "state": "'delivered'"}
NUMBERS = {"act": "n", "patient": f"'Patient/g' || n / {ACTS_OF_A_PATIENT}"}
# The numbers of the patients of the copies begin behind those of others.
PATIENT_NUMBER = f"1000000000 + n / {ACTS_OF_A_PATIENT}"
PATIENTS = (
    "INSERT INTO patient (number, reference, revision) {numbers} "
    f"SELECT DISTINCT {PATIENT_NUMBER}, {NUMBERS['patient']}, 1 FROM many WHERE true ON CONFLICT DO NOTHING"
)
FILLED = ("act", "response", "received", "resource", "search", "outbox")
NUMBERED = {"act": "sequence", "search": "row", "outbox": "id"}


class Dialect:
    """How a number becomes hexadecimal digits and a time, in each database."""

    def __init__(self, is_sqlite: bool) -> None:
        self.hexadecimal = "printf('%08x', n)" if is_sqlite else "lpad(to_hex(n), 8, '0')"
        moved = "datetime('2025-01-01', '+' || (n % 500000) || ' minutes')"
        minutes = f"replace({moved}, ' ', 'T')"
        written = "to_char(timestamp '2025-01-01' + (n %% 500000) * interval '1 minute', 'YYYY-MM-DD\"T\"HH24:MI:SS')"
        self.time = f"({minutes if is_sqlite else written} || '.000Z')"
        recursive = "WITH RECURSIVE many(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM many WHERE n < {last})"
        series = "WITH many AS (SELECT n FROM generate_series({first}, {last}) AS n)"
        self.numbers = recursive if is_sqlite else series

    def copied(self, column: str, table: str) -> str:
        """The value of a column in copy ``n`` of a row."""
        moved = {column: NUMBERS[column]} if column in NUMBERS else {}
        moved |= dict.fromkeys(SHORT.keys() & {column}, SHORT.get(column, ""))
        moved |= dict.fromkeys(MILLISECONDS & {column}, f"{START} + n % 500000 * 60000")
        moved |= dict.fromkeys(TIMES & {column}, self.time)
        moved |= dict.fromkeys(IDS & {column}, f"substr({column}, 1, length({column}) - 8) || {self.hexadecimal}")
        if (table, column) == ("resource", "patient"):
            moved[column] = PATIENT_NUMBER
        if column == "value":
            return self.copied_value()
        return f'CASE WHEN "{column}" IS NULL THEN NULL ELSE {moved[column]} END' if column in moved else f'"{column}"'

    def copied_value(self) -> str:
        """A searchable value: references and identifiers are those of the copy, codes stay."""
        is_id = (
            "parameter IN ('identifier', 'derived-from', 'has-member', 'investigation', 'target', 'entity', 'focus')"
        )
        copy = f"substr(value, 1, length(value) - 8) || {self.hexadecimal}"
        return f"CASE WHEN {is_id} THEN {copy} ELSE value END"


def fill(database: Database, first: int, last: int) -> None:
    """Copies the rows of act 1 as the acts from ``first`` to ``last``."""
    for start in range(first, last + 1, AT_A_TIME):
        with database.write() as connection:
            dialect, end = Dialect(database.is_sqlite), min(start + AT_A_TIME - 1, last)
            numbers = dialect.numbers.format(first=start, last=end)
            connection.exec_driver_sql(PATIENTS.format(numbers=numbers))
            for table in FILLED:
                copy_rows(connection, dialect, table, start, end)


def copy_rows(connection: Connection, dialect: Dialect, table: str, first: int, last: int) -> None:
    """Copies the rows of act 1 in one table."""
    names = [row[0] for row in connection.exec_driver_sql(f"SELECT * FROM {table} LIMIT 0").cursor.description]
    numbered = NUMBERED.get(table)
    columns = [name for name in names if name != numbered or table == "act"]
    values = ["n" if name == numbered else dialect.copied(name, table) for name in columns]
    listed = ", ".join(f'"{name}"' for name in columns)
    of_first = {
        "act": "sequence = 1",
        "resource": "act = 1",
        "outbox": "act = 1",
        "search": "id IN (SELECT id FROM resource WHERE act = 1)",
    }.get(table, "id IN (SELECT lead FROM act WHERE sequence = 1)")
    numbers = dialect.numbers.format(first=first, last=last)
    source = f"source AS MATERIALIZED (SELECT * FROM {table} WHERE {of_first})"
    insert = f"INSERT INTO {table} ({listed}) {numbers}, {source} SELECT {', '.join(values)}"
    connection.exec_driver_sql(f"{insert} FROM many CROSS JOIN source")
