"""YAML files read without surprises: `no` is a word, `1:30` and dates are strings, a key stands once."""

import re
from pathlib import Path
from typing import Any

import yaml


class StrictLoader(yaml.SafeLoader):
    """The safe loader with the plain scalars of YAML 1.2, refusing repeated keys."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 PyYAML declares it per instance


def unique_mapping(loader: StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in made:
            raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", key_node.start_mark)
        made[key] = loader.construct_object(value_node, deep=True)
    return made


StrictLoader.add_constructor("tag:yaml.org,2002:map", unique_mapping)
for tag, pattern, first in (
    ("bool", r"true|false", "tf"),
    ("int", r"-?[0-9]+", "-0123456789"),
    ("float", r"-?[0-9]+\.[0-9]+", "-0123456789"),
    ("null", r"null|~", "n~"),
):
    StrictLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


def read_yaml(path: Path) -> Any:
    """The content of one file. Raises ValueError with the place of what is not YAML."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=StrictLoader)  # noqa: S506 it is the safe loader with fewer types
    except yaml.MarkedYAMLError as problem:
        where = f"line {problem.problem_mark.line + 1}" if problem.problem_mark else "somewhere"
        raise ValueError(f"{where}: {problem.problem}") from None
