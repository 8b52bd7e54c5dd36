"""The log of a test, as lines and as the objects in them."""

import io
import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Log:
    """All that was logged."""

    stream: io.StringIO = field(default_factory=io.StringIO)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The object in each line."""
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def of(self, event: str) -> list[tuple[Any, ...]]:
        """Level, entry, attempts and reason of each line of an event."""
        names = ("level", "entry", "attempts", "reason")
        return [tuple(line.get(name) for name in names) for line in self.lines if line["event"] == event]
