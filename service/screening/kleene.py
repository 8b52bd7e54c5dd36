"""Three-valued logic: true, false, and unknown (None), the truth of a condition on an unanswered question.

https://en.wikipedia.org/wiki/Three-valued_logic#Kleene_and_Priest_logics
"""

from collections.abc import Iterable

Truth = bool | None


def and_(values: Iterable[Truth]) -> Truth:
    """False if any value is false; otherwise unknown if any value is unknown; otherwise true."""
    result: Truth = True
    for value in values:
        if value is False:
            return False
        if value is None:
            result = None
    return result


def or_(values: Iterable[Truth]) -> Truth:
    """True if any value is true; otherwise unknown if any value is unknown; otherwise false."""
    result: Truth = False
    for value in values:
        if value is True:
            return True
        if value is None:
            result = None
    return result


def not_(value: Truth) -> Truth:
    """The opposite of a value; the opposite of unknown is unknown."""
    return None if value is None else not value
