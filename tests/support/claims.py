"""Each claim that a CapabilityStatement can make, with the requests that show that it is true.

https://hl7.org/fhir/R4/capabilitystatement.html
"""

from collections.abc import Callable
from typing import Any

from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from tests.support.building import phq, response
from tests.support.other_systems.form_tasks import form_task
from tests.support.rest import Rest, content, issues

# Everything that R4 defines, claimed by us or not.
INTERACTIONS = ("read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create")
EVERY_INTERACTION = (*INTERACTIONS, "search-type")
SYSTEM_INTERACTIONS = ("transaction", "batch", "search-system", "history-system")
FLAGS = ("versioning", "readHistory", "updateCreate", "conditionalCreate", "conditionalRead", "conditionalUpdate")
EVERY_FLAG = (*FLAGS, "conditionalDelete")
OPERATIONS = ("validate", "extract", "process-response", "populate", "everything", "meta", "lastn", "expand", "nope")
# The value of an element that the statement lacks: not supported.
ABSENT = {"versioning": "no-version", "conditionalRead": "not-supported", "conditionalDelete": "not-supported"}


def store_submissions(rest: Rest) -> None:
    """Stores two submissions of one patient, so that every search parameter of every type finds a resource."""
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


def first_of(rest: Rest, type_name: str) -> Resource:
    return rest.found(type_name)[0]


def address_of(rest: Rest, type_name: str) -> str:
    return f"{type_name}/{first_of(rest, type_name)['id']}"


def read(rest: Rest, type_name: str) -> None:
    answer = rest.get(address_of(rest, type_name))
    assert answer.status_code == 200
    assert answer.headers["ETag"] == f'W/"{content(answer)["meta"]["versionId"]}"'


def vread(rest: Rest, type_name: str) -> None:
    here = address_of(rest, type_name)
    number = content(rest.get(here))["meta"]["versionId"]
    assert content(rest.get(f"{here}/_history/{number}")) == content(rest.get(here))


def history_instance(rest: Rest, type_name: str) -> None:
    bundle = content(rest.get(f"{address_of(rest, type_name)}/_history"))
    assert (bundle["type"], bundle["total"]) == ("history", len(bundle["entry"]))


def search_type(rest: Rest, type_name: str) -> None:
    by_address = content(rest.get(f"{type_name}?_count=200"))
    posted = content(rest.client.post(f"/fhir/{type_name}/_search", data={"_count": "200"}))
    assert by_address["total"] == len(by_address["entry"]) > 0
    assert posted["entry"] == by_address["entry"]


def create(rest: Rest, type_name: str) -> None:
    before = content(rest.get(type_name))["total"]
    assert rest.post(form_task() if type_name == "Task" else phq(), type_name).status_code == 201
    assert content(rest.get(type_name))["total"] == before + 1


def update(rest: Rest, type_name: str) -> None:
    if type_name == "Task":
        take_back(rest)
        return
    current = first_of(rest, type_name)
    number = int(current["meta"]["versionId"])
    answer = rest.put({**current, "status": "amended"}, version=number)
    assert (answer.status_code, answer.headers["ETag"]) == (200, f'W/"{number + 1}"')
    assert content(rest.get(f"{type_name}/{current['id']}"))["status"] == "amended"


def take_back(rest: Rest) -> None:
    """A Task that asks for forms may be cancelled."""
    path = content(rest.post(form_task(), "Task"))["id"]
    sent = {**content(rest.get(f"Task/{path}")), "status": "cancelled"}
    answer = rest.client.put(f"/fhir/Task/{path}", data=encode(sent), content_type="application/fhir+json")
    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"2"')
    assert content(rest.get(f"Task/{path}"))["status"] == "cancelled"


def update_as_create(rest: Rest, type_name: str) -> None:
    assert rest.put(phq(id="mine")).status_code == 201
    assert rest.get(f"{type_name}/mine").status_code == 200


def create_on_condition(rest: Rest, type_name: str) -> None:
    condition = "identifier=urn:example:conditions|1"
    known = phq(identifier={"system": "urn:example:conditions", "value": "1"})
    answers = [rest.post(known, type_name, If_None_Exist=condition) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]


def patch(rest: Rest, type_name: str) -> None:
    current = first_of(rest, type_name)
    operations = [{"op": "replace", "path": "/status", "value": "amended"}]
    headers = {"Content-Type": "application/json-patch+json"}
    answer = rest.client.patch(f"/fhir/{type_name}/{current['id']}", data=encode(operations), headers=headers)
    assert (answer.status_code, content(answer)["status"]) == (200, "amended")


def bundle_of_two(rest: Rest, bundle_type: str) -> None:
    before = content(rest.get("QuestionnaireResponse"))["total"]
    entry = {"resource": phq(), "request": {"method": "POST", "url": "QuestionnaireResponse"}}
    answer = rest.post({"resourceType": "Bundle", "type": bundle_type, "entry": [entry, entry]}, "")
    assert content(answer)["type"] == f"{bundle_type}-response"
    assert content(rest.get("QuestionnaireResponse"))["total"] == before + 2


def populate(rest: Rest, type_name: str) -> None:
    subject = {"name": "subject", "valueReference": {"reference": "Patient/p1"}}
    parameters = {"resourceType": "Parameters", "parameter": [subject]}
    answer = rest.post(parameters, f"{type_name}/phq-9/$populate")
    assert content(answer)["parameter"][0]["resource"]["resourceType"] == "QuestionnaireResponse"


def validate_questionnaire(rest: Rest, type_name: str) -> None:
    form = content(rest.get(f"{type_name}/phq-9"))
    given = rest.post({**form, "status": "banana"}, f"{type_name}/$validate")
    stored = rest.get(f"{type_name}/phq-9/$validate")
    assert [answer.status_code for answer in (given, stored)] == [200, 200]
    assert issues(given)[0][0] == "code-invalid"


def validate_either(rest: Rest, type_name: str) -> None:
    (validate_questionnaire if type_name == "Questionnaire" else validate)(rest, type_name)


def extract(rest: Rest, type_name: str) -> None:
    given = rest.post(phq(), f"{type_name}/$extract")
    stored = rest.get(f"{address_of(rest, type_name)}/$extract")
    assert [content(answer)["resourceType"] for answer in (given, stored)] == ["Bundle", "Bundle"]


def validate(rest: Rest, type_name: str) -> None:
    given = rest.post(phq(status="banana"), f"{type_name}/$validate")
    stored = rest.get(f"{address_of(rest, type_name)}/$validate")
    assert [answer.status_code for answer in (given, stored)] == [200, 200]
    assert issues(given)[0][0] == "code-invalid"


def process_response(rest: Rest, type_name: str) -> None:
    by_type = (f"{type_name}/$process-response", f"{type_name}/phq-9/$process-response")
    for path in by_type if type_name else ("$process-response",):
        answer = rest.post(phq(), path)
        assert (answer.status_code, content(answer)["resourceType"]) == (200, "OperationOutcome")
        assert rest.get(answer.headers["Location"].removeprefix("http://sural.example/fhir/")).status_code == 200


def reads_history(rest: Rest, type_name: str) -> None:
    number = content(rest.get(address_of(rest, type_name)))["meta"]["versionId"]
    assert rest.get(f"{address_of(rest, type_name)}/_history/{number}").status_code == 200


def reads_if_not_matching(rest: Rest, type_name: str) -> None:
    here = address_of(rest, type_name)
    assert rest.get(here, If_None_Match=rest.get(here).headers["ETag"]).status_code == 304
    assert rest.get(here, If_None_Match='W/"none"').status_code == 200


def reads_if_modified(rest: Rest, type_name: str) -> None:
    here = address_of(rest, type_name)
    assert rest.get(here, If_Modified_Since=rest.get(here).headers["Last-Modified"]).status_code == 304
    assert rest.get(here, If_Modified_Since="Thu, 01 Jan 2015 00:00:00 GMT").status_code == 200


def reads_if_either(rest: Rest, type_name: str) -> None:
    reads_if_not_matching(rest, type_name)
    reads_if_modified(rest, type_name)


Exercise = Callable[[Rest, str], None]

# A claim without an exercise here fails the test: add the exercise together with the claim.
EXERCISES: dict[tuple[str, Any], Exercise] = {
    ("interaction", "read"): read,
    ("interaction", "vread"): vread,
    ("interaction", "history-instance"): history_instance,
    ("interaction", "search-type"): search_type,
    ("interaction", "create"): create,
    ("interaction", "update"): update,
    ("interaction", "patch"): patch,
    ("system", "batch"): lambda rest, _: bundle_of_two(rest, "batch"),
    ("system", "transaction"): lambda rest, _: bundle_of_two(rest, "transaction"),
    ("system operation", "process-response"): process_response,
    ("updateCreate", True): update_as_create,
    ("conditionalCreate", True): create_on_condition,
    ("operation", "extract"): extract,
    ("operation", "validate"): validate_either,
    ("operation", "populate"): populate,
    ("operation", "process-response"): process_response,
    ("versioning", "versioned"): read,
    ("readHistory", True): reads_history,
    ("conditionalRead", "full-support"): reads_if_either,
    ("conditionalRead", "modified-since"): reads_if_modified,
}
