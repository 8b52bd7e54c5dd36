"""What a CapabilityStatement can claim, and how a client finds out whether it is true.

https://hl7.org/fhir/R4/capabilitystatement.html
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import TestResponse

from service.fhir.reading import Resource
from service.fhir.searching import SAME_AS, IndexEntry, index, parameters_of
from tests.building import phq, response
from tests.conftest import Rest, content, issues

# Everything that R4 knows, claimed or not.
INTERACTIONS = ("read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create")
EVERY_INTERACTION = (*INTERACTIONS, "search-type")
SYSTEM_INTERACTIONS = ("transaction", "batch", "search-system", "history-system")
FLAGS = ("versioning", "readHistory", "updateCreate", "conditionalCreate", "conditionalRead", "conditionalUpdate")
EVERY_FLAG = (*FLAGS, "conditionalDelete")
OPERATIONS = ("validate", "extract", "process-response", "populate", "everything", "meta", "lastn", "expand", "nope")
# What a flag says when the statement does not have it: nothing is offered.
ABSENT = {"versioning": "no-version", "conditionalRead": "not-supported", "conditionalDelete": "not-supported"}


def fill(rest: Rest) -> None:
    """Stores two acts of one patient, so that every type and every parameter has a value to find."""
    people: dict[str, Any] = {
        "identifier": {"system": "urn:example:responses", "value": "1"},
        "author": {"reference": "Practitioner/a"},
        "source": {"reference": "Patient/p1"},
        "basedOn": [{"reference": "ServiceRequest/c"}],
        "encounter": {"reference": "Encounter/e"},
    }
    for resource in (phq(), response("leg-pain", {"lp-alarm": ["bladder-bowel"]}, **people)):
        assert rest.post(resource).status_code == 201


def offered(rest: Rest) -> Resource:
    statement: Resource = content(rest.get("metadata"))["rest"][0]
    return statement


def refused(answer: TestResponse) -> None:
    """A clean refusal: the status, an outcome, and Allow with 405."""
    assert answer.status_code in (400, 404, 405)
    assert issues(answer)
    assert ("Allow" in answer.headers) == (answer.status_code == 405)


def some(rest: Rest, type_name: str) -> Resource:
    return rest.found(type_name)[0]


def place(rest: Rest, type_name: str) -> str:
    return f"{type_name}/{some(rest, type_name)['id']}"


def values(rest: Rest, type_name: str, name: str) -> Iterator[tuple[str, str]]:
    """Ids of resources, each with a value that the parameter finds it by."""
    stands_for = SAME_AS.get(name, name)
    for resource in rest.found(f"{type_name}?_count=200"):
        for entry in index(resource, parameters_of(type_name)):
            if entry.parameter == stands_for:
                yield resource["id"], written(entry)


def written(entry: IndexEntry) -> str:
    """A value as a client writes it."""
    if entry.low is not None:
        return f"ge{entry.low}"
    value = (entry.value or "").replace("\\", "\\\\").replace(",", "\\,")
    return f"{entry.system}|{value}" if entry.system else value


def search_parameter(rest: Rest, type_name: str, name: str) -> None:
    """It finds what has the value, leaves out what has not, and stands in the self link."""
    found = list(values(rest, type_name, name))
    assert found, "the test stores nothing that this parameter finds"
    id, value = found[0]
    bundle = content(rest.get(f"{type_name}?{urlencode([(name, value), ('_count', '200')])}", Prefer="handling=strict"))
    assert id in {entry["resource"]["id"] for entry in bundle["entry"]}
    assert f"{name}=" in bundle["link"][0]["url"]
    kind = parameters_of(type_name)[name].kind
    nothing = "lt0002" if kind == "date" else "urn:nothing"
    assert content(rest.get(f"{type_name}?{name}={nothing}"))["total"] == 0


def read(rest: Rest, type_name: str) -> None:
    answer = rest.get(place(rest, type_name))
    assert answer.status_code == 200
    assert answer.headers["ETag"] == f'W/"{content(answer)["meta"]["versionId"]}"'


def vread(rest: Rest, type_name: str) -> None:
    here = place(rest, type_name)
    number = content(rest.get(here))["meta"]["versionId"]
    assert content(rest.get(f"{here}/_history/{number}")) == content(rest.get(here))


def history_instance(rest: Rest, type_name: str) -> None:
    bundle = content(rest.get(f"{place(rest, type_name)}/_history"))
    assert (bundle["type"], bundle["total"]) == ("history", len(bundle["entry"]))


def search_type(rest: Rest, type_name: str) -> None:
    by_address = content(rest.get(f"{type_name}?_count=200"))
    posted = content(rest.client.post(f"/fhir/{type_name}/_search", data={"_count": "200"}))
    assert by_address["total"] == len(by_address["entry"]) > 0
    assert posted["entry"] == by_address["entry"]


def create(rest: Rest, type_name: str) -> None:
    before = content(rest.get(type_name))["total"]
    assert rest.post(phq(), type_name).status_code == 201
    assert content(rest.get(type_name))["total"] == before + 1


def update(rest: Rest, type_name: str) -> None:
    current = some(rest, type_name)
    number = int(current["meta"]["versionId"])
    answer = rest.put({**current, "status": "amended"}, version=number)
    assert (answer.status_code, answer.headers["ETag"]) == (200, f'W/"{number + 1}"')
    assert content(rest.get(f"{type_name}/{current['id']}"))["status"] == "amended"


def update_as_create(rest: Rest, type_name: str) -> None:
    assert rest.put(phq(id="mine")).status_code == 201
    assert rest.get(f"{type_name}/mine").status_code == 200


def create_on_condition(rest: Rest, type_name: str) -> None:
    condition = "identifier=urn:example:conditions|1"
    known = phq(identifier={"system": "urn:example:conditions", "value": "1"})
    answers = [rest.post(known, type_name, If_None_Exist=condition) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]


def extract(rest: Rest, type_name: str) -> None:
    given = rest.post(phq(), f"{type_name}/$extract")
    stored = rest.get(f"{place(rest, type_name)}/$extract")
    assert [content(answer)["resourceType"] for answer in (given, stored)] == ["Bundle", "Bundle"]


def validate(rest: Rest, type_name: str) -> None:
    given = rest.post(phq(status="banana"), f"{type_name}/$validate")
    stored = rest.get(f"{place(rest, type_name)}/$validate")
    assert [answer.status_code for answer in (given, stored)] == [200, 200]
    assert issues(given)[0][0] == "code-invalid"


def process_response(rest: Rest, type_name: str) -> None:
    for path in (f"{type_name}/$process-response", f"{type_name}/phq-9/$process-response"):
        answer = rest.post(phq(), path)
        assert (answer.status_code, content(answer)["resourceType"]) == (200, "OperationOutcome")
        assert rest.get(answer.headers["Location"].removeprefix("http://sural.example/fhir/")).status_code == 200


def reads_history(rest: Rest, type_name: str) -> None:
    number = content(rest.get(place(rest, type_name)))["meta"]["versionId"]
    assert rest.get(f"{place(rest, type_name)}/_history/{number}").status_code == 200


def reads_if_not_matching(rest: Rest, type_name: str) -> None:
    here = place(rest, type_name)
    assert rest.get(here, If_None_Match=rest.get(here).headers["ETag"]).status_code == 304
    assert rest.get(here, If_None_Match='W/"none"').status_code == 200


def reads_if_modified(rest: Rest, type_name: str) -> None:
    here = place(rest, type_name)
    assert rest.get(here, If_Modified_Since=rest.get(here).headers["Last-Modified"]).status_code == 304
    assert rest.get(here, If_Modified_Since="Thu, 01 Jan 2015 00:00:00 GMT").status_code == 200


def reads_if_either(rest: Rest, type_name: str) -> None:
    reads_if_not_matching(rest, type_name)
    reads_if_modified(rest, type_name)


Exercise = Callable[[Rest, str], None]

# A claim without an exercise here fails the test: write one beside what you offer.
EXERCISES: dict[tuple[str, Any], Exercise] = {
    ("interaction", "read"): read,
    ("interaction", "vread"): vread,
    ("interaction", "history-instance"): history_instance,
    ("interaction", "search-type"): search_type,
    ("interaction", "create"): create,
    ("interaction", "update"): update,
    ("updateCreate", True): update_as_create,
    ("conditionalCreate", True): create_on_condition,
    ("operation", "extract"): extract,
    ("operation", "validate"): validate,
    ("operation", "process-response"): process_response,
    ("versioning", "versioned"): read,
    ("readHistory", True): reads_history,
    ("conditionalRead", "full-support"): reads_if_either,
    ("conditionalRead", "modified-since"): reads_if_modified,
}


def send(rest: Rest, method: str, path: str, **headers: str) -> TestResponse:
    """A request that would succeed where it is offered."""
    named = {"Content-Type": "application/fhir+json", **{n.replace("_", "-"): text for n, text in headers.items()}}
    body = rest.get("QuestionnaireResponse/r-1").data if method in ("POST", "PUT", "PATCH") else None
    return rest.client.open(f"/fhir/{path}", method=method, data=body, headers=named)


REFUSALS: dict[tuple[str, Any], Exercise] = {
    ("interaction", "update"): lambda rest, type_name: refused(send(rest, "PUT", place(rest, type_name))),
    ("interaction", "patch"): lambda rest, type_name: refused(send(rest, "PATCH", place(rest, type_name))),
    ("interaction", "delete"): lambda rest, type_name: refused(send(rest, "DELETE", place(rest, type_name))),
    ("interaction", "create"): lambda rest, type_name: refused(send(rest, "POST", type_name)),
    ("interaction", "history-type"): lambda rest, type_name: refused(rest.get(f"{type_name}/_history")),
    ("system", "transaction"): lambda rest, _: refused(send(rest, "POST", "")),
    ("system", "batch"): lambda rest, _: refused(send(rest, "POST", "")),
    ("system", "search-system"): lambda rest, _: refused(rest.get("?_type=Observation")),
    ("system", "history-system"): lambda rest, _: refused(rest.get("_history")),
    ("updateCreate", False): lambda rest, type_name: refused(send(rest, "PUT", f"{type_name}/mine")),
    ("conditionalCreate", False): lambda rest, name: refused(send(rest, "POST", name, If_None_Exist="_id=r-none")),
    ("conditionalUpdate", False): lambda rest, name: refused(send(rest, "PUT", f"{name}?_id=r-1")),
    ("conditionalDelete", "not-supported"): lambda rest, name: refused(send(rest, "DELETE", f"{name}?_id=r-1")),
    # That old versions are not kept takes nothing away from a client that reads the one there is.
    ("readHistory", False): vread,
}
