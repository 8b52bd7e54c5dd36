"""The operation `$populate` of Questionnaire.

https://hl7.org/fhir/uv/sdc/STU4/OperationDefinition-Questionnaire-populate.html
"""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Blueprint, Response

from service.fhir.questionnaires.launch_context import read_launch_context
from service.fhir.questionnaires.submission_rules import local_patient, patient_forms
from service.fhir.r4 import operation_parameters as parameters
from service.fhir.r4.operation_outcome import outcome
from service.fhir.r4.structure import check_structure
from service.fhir.r4.types import Resource
from service.fhir.search.query import SearchQuery, SearchTerm, SearchValue
from service.issues import Issue, Malformed, Unprocessable
from service.usecases.operations.populate import KnownAnswers, populate
from service.web.access.door import granted_reader
from service.web.context import app_context
from service.web.errors import NotHere
from service.web.fhir.http.known_parameters import require_known_parameters
from service.web.fhir.http.negotiation import require_json_accepted
from service.web.fhir.http.operation_input import read_operation_body, read_resource_at
from service.web.responses import fhir_response

FORM = ("canonical", "questionnaire", "questionnaireRef", "identifier")
INPUTS = (*FORM, "subject", "context", "launchContext", "local")
ONCE = {"subject": "valueReference", "local": "valueBoolean"}
NOTHING_EARLIER = (
    "Nothing was filled in: no finished response of this patient to this version of the form is stored here."
)

populating = Blueprint("populating", __name__, url_prefix="/fhir")
populating.before_request(require_json_accepted)
populating.before_request(require_known_parameters)


@populating.post("/Questionnaire/$populate")
def populate_named_form() -> Response:
    """Parameters with the response to the Questionnaire that the Parameters name."""
    body = read_parameters(*INPUTS)
    return populated(named_questionnaire(body), body)


@populating.post("/Questionnaire/<id>/$populate")
def populate_published_form(id: str) -> Response:
    """Parameters with the response to this Questionnaire. SDC ignores other names of a form here."""
    questionnaire, body = read_resource_at("Questionnaire", id), read_parameters(*INPUTS)
    text = "This parameter was not used: the Questionnaire is the one in the address."
    return populated(questionnaire, body, [unused(entry["name"], text) for entry in entries_of(body, *FORM)])


def read_parameters(*names: str) -> Resource:
    """The Parameters in the body, with these parameters only. Raises Malformed with every issue."""
    body = read_operation_body(*names)
    parameters.check_parameters(body)
    issues = [issue for name, kind in ONCE.items() for issue in repetition_issues(body, name, kind)]
    if issues:
        raise Malformed(issues)
    return body


def repetition_issues(body: Resource, name: str, kind: str) -> Iterator[Issue]:
    """An issue for each parameter of this name after the first, or with another value than one of this kind."""
    for index, entry in enumerate(entries_of(body, name)):
        if index or kind not in entry:
            text = f"`{name}` must be sent once, with a `{kind}`."
            yield Issue("value", f"Parameters.parameter.where(name='{name}')", text)


def populated(questionnaire: Resource, body: Resource, issues: Sequence[Issue] = ()) -> Response:
    """Parameters with the response, for the subject and with the answers that the input makes known.

    With `issues` if a part of the input was not used.
    """
    subject = read_subject(body)
    launch = read_launch_context(body, subject["reference"], app_context().bases)
    wants_earlier = any(value is True for value in values_of_parameter(body, "local"))
    earlier = earlier_items(questionnaire, subject["reference"]) if wants_earlier else []
    known = KnownAnswers(launch.patient, earlier, safety_items(questionnaire))
    notes = [*issues, *launch.unused, *([unused("local", NOTHING_EARLIER)] if wants_earlier and not earlier else [])]
    output = {"response": populate(questionnaire, subject, known), **({"issues": outcome(notes)} if notes else {})}
    return fhir_response(parameters.parameters_resource(output))


def unused(name: str, text: str) -> Issue:
    """The note that a parameter was not used."""
    return Issue("informational", f"Parameters.parameter.where(name='{name}')", text, severity="information")


def entries_of(body: Resource, *names: str) -> Iterator[Resource]:
    """The parameters with one of these names."""
    yield from (entry for entry in parameters.list_parameters(body) if entry.get("name") in names)


def values_of_parameter(body: Resource, *names: str) -> Iterator[Any]:
    """The values and resources of the parameters with one of these names."""
    for entry in entries_of(body, *names):
        yield from (value for key, value in entry.items() if key.startswith("value") or key == "resource")


def read_subject(body: Resource) -> Resource:
    """The Reference to the patient, relative. Raises Malformed if there is none, Unprocessable if it is not local."""
    given = next((value for value in values_of_parameter(body, "subject") if isinstance(value, dict)), None)
    if given is None:
        text = "`parameter` has no entry named subject. Add it, with a Reference to the Patient."
        raise Malformed([Issue("required", "Parameters.parameter", text)])
    bases = app_context().bases
    reference = local_patient(str(given.get("reference", "")), bases)
    if reference is None:
        text = f"`subject` must be a reference to a Patient of this site: {', '.join(patient_forms(bases))}."
        raise Unprocessable([Issue("value", "Parameters.parameter.where(name='subject')", text)])
    return {"reference": reference}


def named_questionnaire(body: Resource) -> Resource:
    """The Questionnaire that the Parameters name or contain. Raises Malformed unless they do that exactly once."""
    given = [(name, value) for name in FORM for value in values_of_parameter(body, name)]
    if len(given) != 1:
        text = f"`parameter` must have exactly one of {', '.join(FORM)}: it names the Questionnaire."
        raise Malformed([Issue("required", "Parameters.parameter", text)])
    name, value = given[0]
    if isinstance(value, dict) and value.get("resourceType") == "Questionnaire":
        check_structure(value, "Questionnaire")
        return value
    found = find_questionnaire(name, value)
    if found is None:
        raise NotHere(f"The Questionnaire that `{name}` names is not published here. Send the Questionnaire itself.")
    return found


def find_questionnaire(name: str, value: Any) -> Resource | None:
    """The published Questionnaire with this canonical, Reference or Identifier, or None."""
    library = app_context().library
    if name == "identifier":
        identifier = value if isinstance(value, dict) else {}
        wanted = SearchValue(identifier.get("system"), str(identifier.get("value", "")))
        query = SearchQuery("Questionnaire", (SearchTerm("identifier", "token", (wanted,)),), 1)
    else:
        reference = str(value.get("reference", "")) if isinstance(value, dict) else str(value)
        id = reference.removeprefix(f"{app_context().base}/").removeprefix("Questionnaire/")
        published = library.read("Questionnaire", id)
        if published is not None:
            return published.resource
        query = SearchQuery("Questionnaire", (SearchTerm("url", "uri", (SearchValue(value=reference),)),), 200)
    found = library.search(query).found
    return found[-1].resource if found else None


def earlier_items(questionnaire: Resource, patient: str) -> list[Resource]:
    """The items of the newest finished response of the patient to this version of the form."""
    canonical = f"{questionnaire.get('url')}|{questionnaire.get('version')}"
    terms = (
        SearchTerm("patient", "reference", (SearchValue(value=patient),)),
        SearchTerm("questionnaire", "reference", (SearchValue(value=str(questionnaire.get("url"))),)),
        SearchTerm("status", "token", (SearchValue(value="completed"), SearchValue(value="amended"))),
    )
    found = granted_reader("QuestionnaireResponse", "s").search(SearchQuery("QuestionnaireResponse", terms, 1)).found
    answered = found[0].resource if found else {}
    items: list[Resource] = answered.get("item", [])
    return items if answered.get("questionnaire") in (questionnaire.get("url"), canonical) else []


def safety_items(questionnaire: Resource) -> frozenset[str]:
    """The items of the form that an earlier answer must never fill in: a person may have changed since."""
    context = app_context().assessment_context
    form = context.catalogue.find(str(questionnaire.get("url")))
    rules = None if form is None else context.knowledge.rules.instruments.get(form.instrument.name)
    return frozenset(() if rules is None else rules.safety_items)
