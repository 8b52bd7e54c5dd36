"""Applies a JSON Patch to a resource, within bounds of size and depth.

https://www.rfc-editor.org/rfc/rfc6902
https://hl7.org/fhir/R4/http.html#patch
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from service.fhir.r4.strict_json import check_json_content, decode, parse
from service.fhir.r4.types import Resource
from service.fhir.r4.values.clean_json import MAX_DEPTH
from service.issues import Issue, Malformed, Unprocessable

MAX_OPERATIONS = 200
# JSON values that all operations of a patch may visit: without a bound, repeated copies double the resource each time.
MAX_VALUES = 100_000
INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
POINTER = re.compile(r"(/([^~/]|~[01])*)+")
# The members that an operation needs beside `op` and `path`.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "add": ("value",),
    "remove": (),
    "replace": ("value",),
    "move": ("from",),
    "copy": ("from",),
    "test": ("value",),
}


class PatchError(Exception):
    """An operation cannot be applied. The text says why."""


def load_patch(body: bytes) -> list[Any]:
    """Returns the operations of a JSON Patch, a JSON array, in a body. Raises Malformed as ``strict_json.load`` does.

    Values in it may be empty: an operation may add an empty array that the next one fills.
    """
    text = decode(body)
    value = parse(text)
    if not isinstance(value, list):
        raise Malformed([Issue("structure", "", "The body must be a JSON array.")])
    check_json_content(replace_empty(value), text)
    return value


def replace_empty(value: Any, depth: int = 1) -> Any:
    """Returns the value with true in place of null and of each empty string, array and object in it.

    What is nested deeper than ``MAX_DEPTH`` stays as it is, because it is refused in any case.
    """
    if depth > MAX_DEPTH:
        return value
    if isinstance(value, dict) and value:
        return type(value)((name, replace_empty(inner, depth + 1)) for name, inner in value.items())
    if isinstance(value, list) and value:
        return [replace_empty(inner, depth + 1) for inner in value]
    is_empty = value is None or (isinstance(value, str | list | dict) and not value)
    return True if is_empty else value


def apply_patch(resource: Resource, patch: Sequence[Any]) -> Resource:
    """Returns the resource after all operations; the resource itself is not changed.

    Raises Malformed if the patch is no JSON Patch or too costly, Unprocessable if an operation cannot be applied.
    """
    issues = list(patch_issues(patch))
    if issues:
        raise Malformed(issues)
    patcher = Patcher(copied(resource))
    for index, operation in enumerate(patch):
        try:
            patcher.apply(operation)
        except PatchError as problem:
            raise Unprocessable([Issue("processing", f"[{index}]", str(problem))]) from None
    patched: Resource = patcher.resource
    return patched


def patch_issues(patch: Sequence[Any]) -> Iterator[Issue]:
    """Yields each fault in the form of a patch."""
    if len(patch) > MAX_OPERATIONS:
        yield Issue("too-costly", "", f"A patch must have at most {MAX_OPERATIONS} operations. Send several patches.")
        return
    for index, operation in enumerate(patch):
        name = operation.get("op") if isinstance(operation, dict) else None
        if not isinstance(name, str) or name not in NEEDS:
            yield Issue("structure", f"[{index}]", f"`op` must be one of {', '.join(NEEDS)}.")
            continue
        for member in ("path", *NEEDS[name]):
            if member not in operation:
                yield Issue("required", f"[{index}]", f"`{member}` is missing. Add it.")
            elif member != "value" and not is_pointer(operation[member]):
                yield Issue("value", f"[{index}]", f"`{member}` must be a JSON Pointer to an element, such as /status.")


def is_pointer(value: Any) -> bool:
    """True for a JSON Pointer that is not the whole document: https://www.rfc-editor.org/rfc/rfc6901"""
    return isinstance(value, str) and POINTER.fullmatch(value) is not None


def read_pointer(pointer: str) -> list[str]:
    """Returns the steps of a JSON Pointer: "/item/0" gives ["item", "0"]."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def copied(value: Any) -> Any:
    """Returns a deep copy of a JSON value."""
    if isinstance(value, dict):
        return {name: copied(inner) for name, inner in value.items()}
    return [copied(inner) for inner in value] if isinstance(value, list) else value


@dataclass
class Patcher:
    """A resource that is being patched, and the number of JSON values that operations may still visit."""

    resource: Any
    values_left: int = MAX_VALUES

    def apply(self, operation: Mapping[str, Any]) -> None:
        """Applies one operation. Raises PatchError if that is not possible."""
        steps = read_pointer(operation["path"])
        match operation["op"]:
            case "add":
                self.add(steps, operation["value"])
            case "remove":
                self.remove(steps)
            case "replace":
                self.remove(steps)
                self.add(steps, operation["value"])
            case "move":
                self.move(read_pointer(operation["from"]), steps)
            case "copy":
                self.add(steps, self.find(read_pointer(operation["from"])))
            case _:
                self.test(steps, operation["value"])

    def find(self, steps: Sequence[str]) -> Any:
        """Returns the value at a pointer. Raises PatchError if there is none."""
        value = self.resource
        for step in steps:
            if isinstance(value, dict) and step in value:
                value = value[step]
            elif isinstance(value, list) and INDEX.fullmatch(step) and int(step) < len(value):
                value = value[int(step)]
            else:
                raise PatchError("`path` or `from` must name an element that is there. Read the resource again.")
        return value

    def add(self, steps: Sequence[str], value: Any) -> None:
        """Adds a copy of the value: as a member of an object, or before an entry or at the end of an array."""
        self.visit(value, len(steps) + 1)
        parent, last = self.find(steps[:-1]), steps[-1]
        if isinstance(parent, dict):
            parent[last] = copied(value)
        elif isinstance(parent, list) and last == "-":
            parent.append(copied(value))
        elif isinstance(parent, list) and INDEX.fullmatch(last) and int(last) <= len(parent):
            parent.insert(int(last), copied(value))
        else:
            raise PatchError("`path` must name a member of an object, or an index of an array or `-` for its end.")

    def remove(self, steps: Sequence[str]) -> Any:
        """Removes the value at a pointer, and returns it."""
        value, parent = self.find(steps), self.find(steps[:-1])
        parent.pop(steps[-1] if isinstance(parent, dict) else int(steps[-1]))
        return value

    def move(self, source: Sequence[str], target: Sequence[str]) -> None:
        """Moves a value, which must not go into itself."""
        if list(target[: len(source)]) == list(source) and len(target) > len(source):
            raise PatchError("`path` must not be inside of `from`.")
        self.add(target, self.remove(source))

    def test(self, steps: Sequence[str], value: Any) -> None:
        """Raises PatchError unless the value at the pointer equals this one."""
        self.visit(value, 1)
        if not is_same_value(self.find(steps), value):
            raise PatchError("`test` failed: the element has another value. Read the resource again.")

    def visit(self, value: Any, depth: int) -> None:
        """Counts the values in a value. Raises Malformed if there are too many, or they are nested too deeply."""
        self.values_left -= 1
        if self.values_left < 0:
            raise Malformed([Issue("too-costly", "", "The patch copies too much. Send a smaller patch, or an update.")])
        if isinstance(value, dict | list):
            if depth > MAX_DEPTH:
                text = f"The patch must nest objects and arrays at most {MAX_DEPTH} levels deep."
                raise Malformed([Issue("too-long", "", text)])
            for inner in value.values() if isinstance(value, dict) else value:
                self.visit(inner, depth + 1)


def is_same_value(first: Any, second: Any) -> bool:
    """True if two JSON values are equal: numbers by value, and true is not 1."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(is_same_value(first[name], second[name]) for name in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(is_same_value, first, second))
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    numbers = (int, Decimal)
    return bool(first == second) and isinstance(first, numbers) == isinstance(second, numbers)
