"""The input of an operation: its body, its Parameters, and a stored or published resource in the address.

https://hl7.org/fhir/R4/operations.html
"""

from flask import request
from werkzeug.exceptions import NotFound

from service.fhir.r4.operation_parameters import list_parameters
from service.fhir.r4.strict_json import load
from service.fhir.r4.types import Resource
from service.issues import Issue, Malformed
from service.web.access.door import granted_reader
from service.web.fhir.http.negotiation import require_json_body
from service.web.fhir.http.routes import checked_id


def read_operation_body(*names: str) -> Resource:
    """The resource in the body: the one that the operation is about, or Parameters that have only these names.

    Raises Malformed with each other parameter: if it was ignored, the operation would do another thing than asked.
    """
    require_json_body()
    body = load(request.get_data())
    if body.get("resourceType") == "Parameters":
        refuse_other_parameters(body, names)
    return body


def refuse_other_parameters(body: Resource, names: tuple[str, ...]) -> None:
    """Raises Malformed with each parameter that has another name than these."""
    rule = f"must be one of {', '.join(names)}" if names else "is not supported: the operation has no parameters here"
    text = f"`parameter.name` {rule}. Leave this parameter out."
    issues = [
        Issue("not-supported", f"Parameters.parameter[{index}]", text)
        for index, parameter in enumerate(list_parameters(body))
        if isinstance(parameter.get("name"), str) and parameter["name"] not in names
    ]
    if issues:
        raise Malformed(issues)


def read_resource_at(type_name: str, id: str) -> Resource:
    """The current version of a stored or published resource. Raises NotFound if there is none."""
    stored = granted_reader(type_name).read(type_name, checked_id(id))
    if stored is None:
        raise NotFound
    return stored.resource
