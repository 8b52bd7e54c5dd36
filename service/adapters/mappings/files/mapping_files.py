"""The files in mappings/, each checked against its schema.

The schema of a file is imported when the file is read: `sural validate` reads the instrument files alone
(`make bench`: start of the commands).
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from marshmallow import Schema

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.adapters.mappings.schemas.instrument_file import InstrumentSchema
from service.adapters.mappings.schemas.validation import validate_schema

# Module and class of the schema of each shared file; every other file is that of the instrument of its name.
SHARED_FILES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ruleset": ("ruleset_files", "RuleSetSchema"),
        "patterns": ("patterns_file", "PatternsSchema"),
        "codes": ("terminology_files", "CodesSchema"),
        "sources": ("terminology_files", "SourcesSchema"),
        "wording": ("terminology_files", "WordingSchema"),
        "advice": ("advice_file", "AdviceSchema"),
        "summary": ("summary_file", "SummarySchema"),
        "excused": ("ruleset_files", "ExcusedSchema"),
        "hazards": ("hazards_file", "HazardsSchema"),
        "form": ("form_file", "FormSchema"),
    }
)
# Files that the service does without: the hazard log is for people and for `make check`, form.yaml for our own forms.
NOT_REQUIRED = {"hazards", "form"}


def read_mappings(folder: Path, shipped: Path, faults: list[str]) -> dict[str, dict[str, Any]]:
    """The content of every file, by file name without ".yaml"; adds the faults of all files.

    Without a wording.yaml in the folder it is that of the ``shipped`` folder: which sentences there are depends on the
    version of the software, so that kept rules of an earlier version need none of their own.
    """
    paths = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    paths.setdefault("wording", shipped / "wording.yaml")
    required = [name for name in SHARED_FILES if name not in NOT_REQUIRED]
    faults += [f"{name}.yaml: the file is missing" for name in required if name not in paths]
    return dict(read_files([*paths.values()], faults))


def read_instrument_files(folder: Path, faults: list[str]) -> dict[str, dict[str, Any]]:
    """The content of the instrument files alone, for example of phq-9.yaml; adds their faults."""
    paths = [path for path in sorted(folder.glob("*.yaml")) if path.stem not in SHARED_FILES]
    return dict(read_files(paths, faults))


def read_files(paths: list[Path], faults: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """File names without ".yaml" and contents; adds the faults of the files."""
    for path in paths:
        try:
            content = read_yaml(path)
        except ValueError as problem:
            faults.append(f"{path.name}: {problem}")
            continue
        checked, schema_faults = validate_schema(schema_of(path.stem), content)
        faults += [f"{path.name}: {fault}" for fault in schema_faults]
        yield path.stem, checked


def schema_of(name: str) -> Schema:
    """The schema of a file by its name without ".yaml"."""
    if name not in SHARED_FILES:
        return InstrumentSchema()
    module_name, class_name = SHARED_FILES[name]
    schema: type[Schema] = getattr(import_module(f"service.adapters.mappings.schemas.{module_name}"), class_name)
    return schema()
