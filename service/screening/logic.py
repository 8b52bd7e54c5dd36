"""Three-valued logic (Kleene): true, false, and unknown for what was left unanswered."""

from collections.abc import Iterable

Truth = bool | None


def every(values: Iterable[Truth]) -> Truth:
    """AND: false as soon as one part is false, else unknown as soon as one part is unknown."""
    result: Truth = True
    for value in values:
        if value is False:
            return False
        if value is None:
            result = None
    return result


def some(values: Iterable[Truth]) -> Truth:
    """OR: true as soon as one part is true, else unknown as soon as one part is unknown."""
    result: Truth = False
    for value in values:
        if value is True:
            return True
        if value is None:
            result = None
    return result


def negated(value: Truth) -> Truth:
    """NOT: unknown stays unknown."""
    return None if value is None else not value
