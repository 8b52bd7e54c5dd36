"""What operations are given and give back: Parameters, or the one resource that they are about.

https://hl7.org/fhir/R4/operations.html#extensibility
"""

from collections.abc import Iterator, Mapping

from service.fhir.reading import Resource
from service.fhir.structure import check_structure
from service.screening.faults import Fault, Malformed


def given(body: Resource, name: str, type_name: str) -> Resource | None:
    """The resource in the parameter ``name``, or the body itself when it is of the type; None when it is left out.

    Raises Malformed for a body that is neither, and for Parameters that are not well-formed.
    """
    if body.get("resourceType") == type_name:
        return body
    if body.get("resourceType") != "Parameters":
        text = f"Send Parameters, or a {type_name} alone."
        raise Malformed([Fault("structure", "", text)])
    check_structure({**body, "parameter": list(without_resources(body))}, "Parameters")
    found = [part.get("resource") for part in parameters(body) if part.get("name") == name]
    if not found:
        return None
    if len(found) > 1 or not isinstance(found[0], dict):
        text = f"The parameter {name} holds one resource, a {type_name}."
        raise Malformed([Fault("structure", "Parameters.parameter", text)])
    return found[0]


def required(body: Resource, name: str, type_name: str) -> Resource:
    """The same where the operation cannot do without."""
    resource = given(body, name, type_name)
    if resource is None:
        text = f"The parameter {name} is missing. Put the {type_name} there."
        raise Malformed([Fault("required", "Parameters.parameter", text)])
    return resource


def value_of(body: Resource, name: str) -> str | None:
    """The text in a parameter that holds a code or an address."""
    for part in parameters(body):
        if part.get("name") == name:
            values = [value for key, value in part.items() if key.startswith("value")]
            return values[0] if values and isinstance(values[0], str) else ""
    return None


def parameters(body: Resource) -> Iterator[Resource]:
    """The parameters that are objects; anything else is a fault of the structure."""
    held = body.get("parameter", ())
    yield from (part for part in (held if isinstance(held, list) else ()) if isinstance(part, dict))


def without_resources(body: Resource) -> Iterator[object]:
    """The parameters with a stand-in for each resource: those are checked where they are used."""
    held = body.get("parameter", [])
    for part in held if isinstance(held, list) else [held]:
        if isinstance(part, dict) and isinstance(part.get("resource"), dict):
            yield {**part, "resource": {"resourceType": "Basic", "code": {"text": "stand-in"}}}
        else:
            yield part


def made(resources: Mapping[str, Resource]) -> Resource:
    """Parameters with these resources."""
    parts = [{"name": name, "resource": resource} for name, resource in resources.items()]
    return {"resourceType": "Parameters", "parameter": parts}
