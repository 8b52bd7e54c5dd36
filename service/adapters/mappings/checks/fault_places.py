"""Adds to each fault of a mapping file its line, the id of the entry, and the key that was perhaps meant."""

import difflib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from marshmallow import Schema, fields

from service.adapters.mappings.files.mapping_files import schema_of
from service.adapters.mappings.files.strict_yaml import StrictLoader

FAULT = re.compile(r"([\w.\-]+)\.yaml: ([^\s:]+)(?: \([^)]*\))?(?:: | )(.*)", re.DOTALL)
STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
IDS = ("id", "code", "canonical", "level")


def faults_with_places(faults: Iterable[str], folder: Path) -> list[str]:
    """The faults, each with what can be said of its place."""
    nodes: dict[str, yaml.Node | None] = {}
    return [place_in_mappings(fault, folder, nodes) for fault in faults]


def place_in_mappings(fault: str, folder: Path, nodes: dict[str, yaml.Node | None]) -> str:
    """One fault with the line and the id, in brackets at its end."""
    found = FAULT.fullmatch(fault)
    if found is None:
        return fault
    name, location, text = found.groups()
    if name not in nodes:
        nodes[name] = read_nodes(folder / f"{name}.yaml")
    root = nodes[name]
    if root is None:
        return fault
    steps = [word or int(index) for word, index in STEP.findall(location)]
    line, entry = find_line(root, steps)
    said = [f"line {line}"] if line else []
    said += [f"id {entry}"] if entry and f"({entry})" not in fault else []
    if text.startswith("Unknown field") and (meant := meant_key(name, steps)):
        said.append(f"did you mean {meant}?")
    return f"{fault} ({', '.join(said)})" if said else fault


def read_nodes(path: Path) -> yaml.Node | None:
    """The nodes of a YAML file with their lines; None if it cannot be read."""
    try:
        return yaml.compose(path.read_text(encoding="utf-8"), Loader=StrictLoader)
    except (OSError, yaml.YAMLError):
        return None


def find_line(root: yaml.Node, steps: list[str | int]) -> tuple[int, str]:
    """The line of the deepest node that the steps reach, and the id of the last entry of a list on the way."""
    node, line, entry = root, 0, ""
    while steps:
        following, used = next_node(node, steps)
        if following is None:
            break
        key_line, node = following
        line, steps = key_line, steps[used:]
        entry = entry_id(node) or entry
    return line, entry


def next_node(node: yaml.Node, steps: list[str | int]) -> tuple[tuple[int, yaml.Node] | None, int]:
    """The node that the first steps lead to with its line, and the number of these steps: a key may contain dots."""
    if isinstance(node, yaml.SequenceNode):
        for index, each in enumerate(node.value):
            if steps[0] == index or steps[0] == entry_id(each):
                return (each.start_mark.line + 1, each), 1
        return None, 0
    if isinstance(node, yaml.MappingNode):
        for count in range(len(steps), 0, -1):
            wanted = ".".join(str(step) for step in steps[:count])
            for key, value in node.value:
                if key.value == wanted:
                    return (key.start_mark.line + 1, value), count
        # The faults of rules begin with the id of an entry, e.g. "patterns.yaml: sciatica.gate".
        for key, value in node.value:
            if key.value == steps[0] or isinstance(value, yaml.SequenceNode):
                found, used = next_node(value, steps) if isinstance(value, yaml.SequenceNode) else (None, 0)
                if found is not None and isinstance(steps[0], str):
                    return found, used
    return None, 0


def entry_id(node: yaml.Node) -> str:
    """The id of an entry of a list, if it has one."""
    if not isinstance(node, yaml.MappingNode):
        return ""
    values = {key.value: value.value for key, value in node.value if isinstance(value, yaml.ScalarNode)}
    return next((str(values[key]) for key in IDS if key in values), "")


def meant_key(file: str, steps: list[str | int]) -> str | None:
    """The key of the schema that is nearest to an unknown one; None if none is near."""
    schema: Schema | None = schema_of(file)
    *path, last = steps
    for step in path:
        schema = inner_schema(schema, step) if schema is not None else None
    known = list(keys_of(schema)) if schema is not None else []
    # Abbreviations such as "min" are near to the longer word.
    longer = [key for key in known if key.startswith(str(last)) or str(last).startswith(key)]
    return next(iter(difflib.get_close_matches(str(last), known, 1, 0.5) or longer), None)


def keys_of(schema: Schema) -> Iterator[str]:
    """The keys that a schema knows."""
    return (field.data_key or name for name, field in schema.fields.items())


def inner_schema(schema: Schema, step: str | int) -> Schema | None:
    """The schema of the value under a key; an index or a free key stays in the schema of the entries."""
    for name, field in schema.fields.items():
        if (field.data_key or name) == step:
            return nested_schema(field)
    return schema


def nested_schema(field: fields.Field[Any]) -> Schema | None:
    """The schema in a field, in its entries or in its values."""
    if isinstance(field, fields.Nested):
        return field.schema if isinstance(field.schema, Schema) else None
    if isinstance(field, fields.List):
        return nested_schema(field.inner)
    return nested_schema(field.value_field) if isinstance(field, fields.Dict) and field.value_field else None
