"""What the search index stores of a resource: its rows, and the patient that finds it."""

from typing import Any

from service.adapters.database import tables as t
from service.adapters.database.searching.clauses import NAMED_COLUMNS
from service.fhir.r4.types import Resource
from service.fhir.search.index import index_entries
from service.fhir.search.search_parameters import PARAMETERS, SAME_AS

# Search parameters that need no index entries. `subject` is the same as `patient`.
IN_COLUMNS = {*NAMED_COLUMNS, *SAME_AS, "_lastUpdated"}


def patient_of_resource(resource: Resource) -> str | None:
    """The value by which the search parameter `patient` finds a resource; None if its type has no such parameter."""
    parameter = PARAMETERS[resource["resourceType"]].get("patient")
    entries = [] if parameter is None else index_entries(resource, {parameter.name: parameter})
    return next((t.index_key(entry.value) for entry in entries if entry.value is not None), None)


def search_rows(resource: Resource) -> list[dict[str, Any]]:
    """The rows of the search index, without those parameters for which the table `resource` has a column."""
    type_name, id = resource["resourceType"], resource["id"]
    parameters = {name: each for name, each in PARAMETERS[type_name].items() if name not in IN_COLUMNS}
    return [
        {
            "type": type_name,
            "id": id,
            "parameter": entry.parameter,
            "system": entry.system,
            "value": None if entry.value is None else t.index_key(entry.value),
            "low": entry.low,
            "high": entry.high,
        }
        for entry in index_entries(resource, parameters)
    ]
