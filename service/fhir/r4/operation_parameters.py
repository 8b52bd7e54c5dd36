"""Reads the input of an operation, which is Parameters or the resource itself, and builds Parameters as output.

https://hl7.org/fhir/R4/operations.html#extensibility
"""

from collections.abc import Iterator, Mapping

from service.fhir.r4.structure import check_structure
from service.fhir.r4.types import Resource
from service.issues import Issue, Malformed


def input_resource(body: Resource, name: str, type_name: str) -> Resource | None:
    """Returns the resource of the parameter ``name``, or the body itself if it is of type ``type_name``.

    Returns None if Parameters do not have the parameter. Raises Malformed if the body is of another type, or if
    the structure of Parameters is not valid.
    """
    if body.get("resourceType") == type_name:
        return body
    if body.get("resourceType") != "Parameters":
        raise Malformed([Issue("structure", "", f"`resourceType` must be Parameters or {type_name}.")])
    check_parameters(body)
    resources = [parameter.get("resource") for parameter in list_parameters(body) if parameter.get("name") == name]
    if not resources:
        return None
    if len(resources) > 1 or not isinstance(resources[0], dict):
        text = f"`parameter` must have exactly one entry named {name}, with a {type_name} in `resource`."
        raise Malformed([Issue("structure", "Parameters.parameter", text)])
    return resources[0]


def check_parameters(body: Resource) -> None:
    """Raises Malformed with every issue of the structure of Parameters, apart from the resources in it."""
    stripped = list(replace_resources(body))
    check_structure({**body, "parameter": stripped} if stripped else body, "Parameters")


def required_resource(body: Resource, name: str, type_name: str) -> Resource:
    """Returns the same as ``input_resource``. Raises Malformed also if the parameter is missing."""
    resource = input_resource(body, name, type_name)
    if resource is None:
        text = f"`parameter` has no entry named {name}. Add it, with a {type_name} in `resource`."
        raise Malformed([Issue("required", "Parameters.parameter", text)])
    return resource


def parameter_values(body: Resource, name: str) -> Iterator[str]:
    """Yields the text of each code or uri parameter of this name: "" if its value is of another type."""
    for parameter in list_parameters(body):
        if parameter.get("name") == name:
            values = [value for key, value in parameter.items() if key.startswith("value")]
            yield values[0] if values and isinstance(values[0], str) else ""


def list_parameters(body: Resource) -> Iterator[Resource]:
    """Yields the entries of Parameters.parameter that are objects. The structure check reports the others."""
    parameters = body.get("parameter", ())
    yield from (entry for entry in (parameters if isinstance(parameters, list) else ()) if isinstance(entry, dict))


def replace_resources(body: Resource) -> Iterator[object]:
    """Yields the parameters with a minimal resource in place of each one sent: the operation checks that itself."""
    parameters = body.get("parameter", [])
    for entry in parameters if isinstance(parameters, list) else [parameters]:
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
            yield {**entry, "resource": {"resourceType": "Basic", "code": {"text": "stand-in"}}}
        else:
            yield entry


def parameters_resource(resources: Mapping[str, Resource]) -> Resource:
    """Returns Parameters with one parameter for each name and its resource."""
    entries = [{"name": name, "resource": resource} for name, resource in resources.items()]
    return {"resourceType": "Parameters", "parameter": entries}
