"""The search parameters and includes that a CapabilityStatement claims, with the requests that show that it is true."""

from collections.abc import Iterator
from urllib.parse import quote, urlencode

from service.fhir.search.index import IndexEntry, index_entries
from service.fhir.search.search_parameters import SAME_AS, parameters_of
from tests.support.rest import Rest, content


def searchable_values(rest: Rest, type_name: str, name: str) -> Iterator[tuple[str, str]]:
    """Ids of resources, each with a value by which the search parameter finds it."""
    stands_for = SAME_AS.get(name, name)
    for resource in rest.found(f"{type_name}?_count=200"):
        for entry in index_entries(resource, parameters_of(type_name)):
            if entry.parameter == stands_for:
                yield resource["id"], as_search_value(entry)


def as_search_value(entry: IndexEntry) -> str:
    """The value as a client writes it in a search."""
    if entry.low is not None:
        return f"ge{entry.low}"
    value = (entry.value or "").replace("\\", "\\\\").replace(",", "\\,")
    return f"{entry.system}|{value}" if entry.system else value


def search_parameter(rest: Rest, type_name: str, name: str) -> None:
    """Asserts that the parameter finds a resource by its value, nothing by another, and is in the self link."""
    found = list(searchable_values(rest, type_name, name))
    assert found, "the test stores nothing that this parameter finds"
    id, value = found[0]
    bundle = content(rest.get(f"{type_name}?{urlencode([(name, value), ('_count', '200')])}", Prefer="handling=strict"))
    assert id in {entry["resource"]["id"] for entry in bundle["entry"]}
    assert f"{name}=" in bundle["link"][0]["url"]
    kind = parameters_of(type_name)[name].type
    nothing = "lt0002" if kind == "date" else "urn:nothing"
    assert content(rest.get(f"{type_name}?{name}={nothing}"))["total"] == 0


def includes(rest: Rest, type_name: str, parameter: str, value: str) -> None:
    """Asserts that the include is applied, and returns resources beside the matches."""
    bundle = content(rest.get(f"{type_name}?{parameter}={value}&_count=200"))
    assert quote(value, safe="") in bundle["link"][0]["url"]
    kinds = {entry["resource"]["resourceType"] for entry in bundle["entry"] if entry["search"]["mode"] == "include"}
    # `has-member` and `previous` refer to matches; a Task has a Provenance only once it is cancelled.
    assert kinds or type_name == "Task" or value.rpartition(":")[2] in ("has-member", "previous")
