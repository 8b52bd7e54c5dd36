"""Reads YAML strictly: `no`, `1:30` and dates are strings, and a repeated key is an error."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml


class StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader with the plain scalars of YAML 1.2. It raises ConstructorError for a repeated key.

    libyaml, if PyYAML has it, parses the mapping files in a tenth of the time (`make bench`: start of the commands).
    """

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 PyYAML declares it per instance


def construct_unique_mapping(loader: StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    """A mapping of the file. Raises ConstructorError if it repeats a key."""
    made: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in made:
            raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} occurs twice", key_node.start_mark)
        made[key] = loader.construct_object(value_node, deep=True)
    return made


StrictLoader.add_constructor("tag:yaml.org,2002:map", construct_unique_mapping)
for tag, pattern, first in (
    ("bool", r"true|false", "tf"),
    ("int", r"-?[0-9]+", "-0123456789"),
    ("float", r"-?[0-9]+\.[0-9]+", "-0123456789"),
    ("null", r"null|~", "n~"),
):
    StrictLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


def read_yaml(path: Path) -> Any:
    """The content of one file. Raises ValueError, with the line, if it is not YAML or repeats a key."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=StrictLoader)  # noqa: S506 it is the safe loader with fewer types
    except yaml.MarkedYAMLError as problem:
        where = f"line {problem.problem_mark.line + 1}" if problem.problem_mark else "unknown line"
        raise ValueError(f"{where}: {problem.problem}") from None


def top_level_scalar(path: Path, key: str) -> str | None:
    """The scalar at a key of the outermost mapping; None without one, or if the file is no YAML before it.

    Reads the file only up to the key, for the start of the commands in `make bench`.
    """
    depth, names, last = 0, True, None
    with path.open("rb") as stream, suppress(yaml.MarkedYAMLError):
        for event in yaml.parse(stream, Loader=StrictLoader):
            if depth == 1 and isinstance(event, yaml.NodeEvent):
                value: str | None = getattr(event, "value", None)
                if not names and last == key:
                    return value
                names, last = not names, value
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
    return None
