"""A column that SQLite must not look up in an index.

Without statistics SQLite takes the index with the most equal columns, and a resource type is equal in a third of the
table. A unary plus keeps a column out of that choice: https://www.sqlite.org/optoverview.html#uplus
PostgreSQL estimates from its statistics, and gets the column as it is.
"""

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class Unindexed(FunctionElement[Any]):
    """A column that is compared row by row. A function, so that a statement with it is compiled once."""

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(Unindexed)
def compile_unindexed(element: Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    """The column."""
    return compiler.process(element.clauses.clauses[0], **options)


@compiles(Unindexed, "sqlite")
def compile_for_sqlite(element: Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    """The column after a unary plus."""
    return f"+{compiler.process(element.clauses.clauses[0], **options)}"
