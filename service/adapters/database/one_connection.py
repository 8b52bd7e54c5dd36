"""Reads and writes on one connection, so that several steps are one transaction and each sees those before."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection


class Transactions(Protocol):
    """Gives a connection in a transaction."""

    def read(self) -> AbstractContextManager[Connection]:
        """A connection to read."""

    def write(self) -> AbstractContextManager[Connection]:
        """A connection to write."""

    def write_together(self, act: Callable[[Connection], None]) -> None:
        """Writes in a transaction that may be that of other threads too; ``act`` may be undone and called again."""


@dataclass(frozen=True)
class OneConnection:
    """Gives the connection of a transaction that is open; whoever opened it commits it or rolls it back."""

    connection: Connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """The connection."""
        yield self.connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The connection."""
        yield self.connection

    def write_together(self, act: Callable[[Connection], None]) -> None:
        """Writes with the connection."""
        act(self.connection)
