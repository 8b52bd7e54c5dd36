"""Validation of the content of a file against its schema."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError


def validate_schema(schema: Schema, content: Any) -> tuple[dict[str, Any], list[str]]:
    """The content as the schema loads it, and every fault with its location. With a fault, the content is empty."""
    if not isinstance(content, Mapping):
        return {}, ["the file must contain a mapping"]
    try:
        return dict(schema.load(content)), []
    except ValidationError as problem:
        return {}, list(fault_locations(problem.messages))


def fault_locations(messages: Any, path: str = "") -> list[str]:
    """Nested messages as lines, each with its location, e.g. ``flags.fever.levels[0].level: Must be one of ...``."""
    if isinstance(messages, dict):
        lines = []
        for key, inner in messages.items():
            step = f"[{key}]" if isinstance(key, int) else f".{key}" if path else str(key)
            lines += fault_locations(inner, "" if key == "_schema" else f"{path}{step}")
        return lines
    return [f"{path}: {message}" for message in messages]
