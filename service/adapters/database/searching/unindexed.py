"""A column that SQLite must not look up in an index.

Without statistics SQLite takes the index with the most equal columns, and a resource type is equal in a third of the
table. A unary plus keeps a column out of that choice: https://www.sqlite.org/optoverview.html#uplus
PostgreSQL estimates from its statistics, and gets the column as it is.
"""

from typing import Any

from sqlalchemy import Column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement


class Unindexed(ColumnElement[Any]):
    """A column that is compared row by row."""

    inherit_cache = False

    def __init__(self, column: Column[Any]) -> None:
        self.column = column
        self.type = column.type


@compiles(Unindexed)
def compile_unindexed(element: Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    """The column."""
    return compiler.process(element.column, **options)


@compiles(Unindexed, "sqlite")
def compile_for_sqlite(element: Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    """The column after a unary plus."""
    return f"+{compiler.process(element.column, **options)}"
