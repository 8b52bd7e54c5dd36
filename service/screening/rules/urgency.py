"""The levels of urgency: how soon a clinician must see the patient."""

from enum import IntEnum
from functools import cached_property


class Urgency(IntEnum):
    """Ordered from NONE to EMERGENCY, so that ``max`` gives the highest of several."""

    NONE = 0
    ROUTINE = 1
    SOON = 2
    SAME_DAY = 3
    EMERGENCY = 4

    @cached_property
    def code(self) -> str:
        """The code in our CodeSystem ``urgency``, e.g. ``same-day``."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def of(cls, code: str) -> "Urgency":
        """The level of a code, e.g. of ``same-day``. Raises KeyError if there is no such code."""
        return cls[code.upper().replace("-", "_")]
