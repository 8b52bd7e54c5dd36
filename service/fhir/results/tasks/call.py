"""The call for a person to look at one red flag, which a new Task makes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Call:
    """``flag``: the code of the red flag. ``is_old``: the answers were old when they came, so nothing is urgent.

    ``based_on``: references of open Tasks for the flag that do not suffice: nobody will take them, or a person has
    begun them at a lower level.
    """

    flag: str
    is_old: bool = False
    based_on: tuple[str, ...] = ()
