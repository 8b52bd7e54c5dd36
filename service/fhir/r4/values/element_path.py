"""The place of an element in a resource, and how an issue names it."""

from typing import Any

# The path of an element as a linked list: the path of its parent, and its name or index there. The path string is
# built only when an issue is reported: the benchmark "bytes in to Bundle bytes out" of `make bench` visits
# every element of a response, and nearly none of them has an issue.
ElementPath = tuple[Any, str | int]


def format_path(path: ElementPath) -> str:
    """Returns the FHIRPath of an element, such as ``"QuestionnaireResponse.item[0].answer[0].value"``."""
    steps: list[str] = []
    rest: ElementPath | None = path
    while rest is not None:
        rest, step = rest
        steps.append(f"[{step}]" if isinstance(step, int) else f".{step}")
    return "".join(reversed(steps)).lstrip(".")


def name_element(path: ElementPath) -> str:
    """Returns how an issue names an element: "`item`", or "Each entry of `item`" for an entry of an array."""
    parent, step = path
    return f"Each entry of {name_element(parent)}" if isinstance(step, int) else f"`{step}`"
