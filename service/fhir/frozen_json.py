"""JSON elements that many results share. They cannot be changed, so no result can change that of another patient."""

from collections.abc import Iterable
from typing import Any, NoReturn


def refuse_change(self: object, *_: object, **__: object) -> NoReturn:
    """Raises TypeError. Replaces every method that changes an object or array."""
    raise TypeError(f"{type(self).__name__} is shared between results: copy it before you change it")


class FrozenObject(dict[str, Any]):
    """A JSON object that cannot be changed. It encodes like, and equals, a dict of the same content."""

    __slots__ = ()

    __setitem__ = __delitem__ = __ior__ = refuse_change
    clear = pop = popitem = setdefault = update = refuse_change

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy by the modules copy and pickle is a plain dict."""
        return dict, (dict(self),)


class FrozenArray(list[Any]):
    """A JSON array that cannot be changed. It encodes like, and equals, a list of the same content."""

    __slots__ = ()

    __setitem__ = __delitem__ = __iadd__ = __imul__ = refuse_change
    append = extend = insert = pop = remove = clear = sort = reverse = refuse_change

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy by the modules copy and pickle is a plain list."""
        return list, (list(self),)


def freeze_object(element: dict[str, Any]) -> FrozenObject:
    """Returns a JSON object that cannot be changed, nor any object or array inside it.

    Shared frozen elements cost nothing per result. Elements built anew for each made "assess and compose" of
    `make bench` 17 % (PHQ-9) and 40 % (leg pain) slower.
    """
    return FrozenObject({name: freeze_value(value) for name, value in element.items()})


def freeze_array(elements: Iterable[Any]) -> FrozenArray:
    """Returns a JSON array that cannot be changed, nor any object or array inside it."""
    return FrozenArray(freeze_value(value) for value in elements)


def freeze_value(value: Any) -> Any:
    """Returns an object or array frozen, any other value as it is."""
    if isinstance(value, dict):
        return freeze_object(value)
    return freeze_array(value) if isinstance(value, list) else value
