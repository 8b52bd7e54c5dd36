"""How soon someone must be seen."""

from enum import IntEnum
from functools import cached_property


class Urgency(IntEnum):
    """Ordered, so that the highest of several is their ``max``."""

    NONE = 0
    ROUTINE = 1
    SOON = 2
    SAME_DAY = 3
    EMERGENCY = 4

    @cached_property
    def code(self) -> str:
        """The code in our CodeSystem ``urgency``."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def of(cls, code: str) -> "Urgency":
        """Reads a code; raises KeyError for one that is none."""
        return cls[code.upper().replace("-", "_")]
