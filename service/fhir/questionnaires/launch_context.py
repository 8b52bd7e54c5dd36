"""Reads the launch context of `$populate`: the Patient, as a resource or as a reference to one that was sent along.

https://hl7.org/fhir/uv/sdc/STU4/OperationDefinition-Questionnaire-populate.html
https://hl7.org/fhir/uv/sdc/STU4/CodeSystem-launchContext.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.fhir.questionnaires.submission_rules import local_patient
from service.fhir.r4.operation_parameters import list_parameters
from service.fhir.r4.types import Resource
from service.issues import Issue, Malformed, Unprocessable

# SDC calls the parameter `context`; `launchContext` is its name in other releases and clients.
NAMES = ("context", "launchContext")
PATIENT = "patient"


@dataclass(frozen=True)
class LaunchContext:
    """The Patient of the context, or an empty object, and issues for each part that was not used."""

    patient: Resource
    unused: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class ContextContent:
    """One `content` of a context: a resource or a reference, with the name of its context and its path."""

    name: str
    path: str
    resource: Resource | None
    reference: str | None


def read_launch_context(body: Resource, subject: str, bases: Sequence[str]) -> LaunchContext:
    """Returns the launch context in Parameters, for the patient ``subject``, such as "Patient/1".

    The service holds no Patients and calls no other server, so a reference leads only to a resource in the Parameters.
    Raises Malformed with every fault of form, Unprocessable if a context is about another patient.
    """
    contents = read_contents(body)
    patients = [content for content in contents if content.name == PATIENT]
    if len(patients) > 1:
        text = "The launch context `patient` must have one resource or reference only. Leave this one out."
        raise Malformed([Issue("structure", each.path, text) for each in patients[1:]])
    if not patients:
        return LaunchContext({}, unused_contents(contents))
    require_subject(patients[0], subject, bases)
    patient = patients[0].resource or supplied_patient(contents, subject)
    if patient is None:
        text = "The Patient is not held here, so nothing was filled in from it. Send the Patient itself in `content`."
        missing = Issue("not-found", patients[0].path, text, severity="information")
        return LaunchContext({}, (missing, *unused_contents(contents)))
    return LaunchContext(patient, unused_contents(contents, patient))


def read_contents(body: Resource) -> list[ContextContent]:
    """Returns each `content` of each context. Raises Malformed with every issue of their form."""
    contents: list[ContextContent] = []
    issues: list[Issue] = []
    for index, entry in enumerate(list_parameters(body)):
        if entry.get("name") in NAMES:
            read_context(entry, f"Parameters.parameter[{index}]", contents, issues)
    if issues:
        raise Malformed(issues)
    return contents


def read_context(entry: Resource, path: str, contents: list[ContextContent], issues: list[Issue]) -> None:
    """Adds the contents of one context, or an issue for each part that is missing or of another type."""
    parts = list(enumerate(entry.get("part", ())))
    names = [part.get("valueString", part.get("valueCode")) for _, part in parts if part.get("name") == "name"]
    given = [(f"{path}.part[{index}]", part) for index, part in parts if part.get("name") == "content"]
    if len(names) != 1 or not isinstance(names[0], str):
        issues.append(Issue("required", path, "`part` must have one entry named name, with a `valueString`. Add it."))
        return
    if not given:
        text = "`part` must have an entry named content, with a resource or a Reference. Add it."
        issues.append(Issue("required", path, text))
    for place, part in given:
        resource, reference = part.get("resource"), part.get("valueReference", {}).get("reference")
        if resource is None and reference is None:
            text = "The entry named content must have a `resource`, or a `valueReference` with a `reference`."
            issues.append(Issue("value", place, text))
        contents.append(ContextContent(names[0], place, resource, reference))


def require_subject(content: ContextContent, subject: str, bases: Sequence[str]) -> None:
    """Raises Unprocessable unless the content is the Patient in `subject`, or a reference to it."""
    named = content.reference
    if content.resource is not None:
        named = f"{content.resource.get('resourceType')}/{content.resource.get('id')}"
    if local_patient(str(named), bases) != subject:
        text = "The launch context `patient` must be the Patient in `subject`. Send a Patient with its `id`."
        raise Unprocessable([Issue("business-rule", content.path, text)])


def supplied_patient(contents: Sequence[ContextContent], subject: str) -> Resource | None:
    """Returns the Patient that was sent in another context, by itself or in a Bundle, or None."""
    supplied = (each for content in contents if content.resource for each in with_entries(content.resource))
    return next((each for each in supplied if f"{each.get('resourceType')}/{each.get('id')}" == subject), None)


def unused_contents(contents: Sequence[ContextContent], patient: Resource | None = None) -> tuple[Issue, ...]:
    """Returns an issue for each content of another context, apart from the one that has this Patient."""
    text = "This launch context was not used: the service uses `patient` only."
    others = [content for content in contents if content.name != PATIENT]
    return tuple(
        Issue("not-supported", content.path, text, severity="information")
        for content in others
        if not any(each is patient for each in with_entries(content.resource or {}))
    )


def with_entries(resource: Resource) -> Iterator[Resource]:
    """Yields the resource and, of a Bundle, the resources in it."""
    yield resource
    entries = resource.get("entry", ()) if resource.get("resourceType") == "Bundle" else ()
    yield from (entry["resource"] for entry in entries if "resource" in entry)
