"""The transaction Bundle of a submission: responses, Observations, ClinicalImpression, Provenance, Task.

Every entry is a PUT to a derived id: sending the Bundle twice writes each resource once.
https://hl7.org/fhir/R4/http.html#transaction
"""

from collections.abc import Mapping, Sequence

from service.fhir.r4.types import Resource
from service.fhir.results.impression.clinical_impression import clinical_impression
from service.fhir.results.knowledge_base import KnowledgeBase
from service.fhir.results.observations import response_observations
from service.fhir.results.origin.security_labels import PATIENT, SOFTWARE, asserter, labels_of, with_labels
from service.fhir.results.origin.who_answered import is_asserted_by_patient
from service.fhir.results.provenance import provenance
from service.fhir.results.submission import SourceResponse, Submission
from service.fhir.results.tasks.review_task import review_task
from service.fhir.results.versions import address_of

# Elements of Resource.meta that only the sender's server can mean.
SENDER_META = ("profile", "versionId", "lastUpdated")


def transaction_bundle(submission: Submission, knowledge: KnowledgeBase) -> Resource:
    """Returns the Bundle without ``entry.fullUrl``, which depends on the server that the Bundle is sent to."""
    return as_transaction(result_resources(submission, knowledge))


def result_resources(submission: Submission, knowledge: KnowledgeBase) -> list[Resource]:
    """Returns the responses that the submission brings, and all its results.

    Elements that results share are frozen (tests/fhir/results/test_frozen_json.py). A response shares its elements
    with the resource received.
    """
    responses = [outgoing_copy(source.resource) for source in submission.own_sources]
    labels = labels_of(submission.sources.values())
    of_impression = [*labels, *asserter(SOFTWARE, knowledge)]
    impression = [with_labels(each, of_impression) for each in impressions(submission, knowledge)]
    findings = [*own_observations(submission, knowledge), *impression]
    sources, targets = submission.sources.values(), [*responses, *findings]
    slot = submission.version_slot
    trace = provenance(submission.lead_source, sources, submission.now, targets, knowledge, slot)
    written = [*targets, with_labels(trace, labels), *tasks(submission, knowledge)]
    return [with_profiles(resource, knowledge.profiles) for resource in written] if knowledge.profiles else written


def tasks(submission: Submission, knowledge: KnowledgeBase) -> list[Resource]:
    """Returns the Tasks that the submission makes, with the labels of the responses used that are no tests.

    A test beside the response that raises the Task must not make a test of it.
    """
    if not submission.calls:
        return []
    labels = labels_of(source for source in submission.sources.values() if not source.is_test)
    return [with_labels(review_task(submission, call, knowledge), labels) for call in submission.calls]


def own_observations(submission: Submission, knowledge: KnowledgeBase) -> list[Resource]:
    """Returns the Observations of the responses that the submission brings."""
    return [
        observation
        for source in submission.own_sources
        for observation in labelled_observations(source, submission, knowledge)
    ]


def labelled_observations(source: SourceResponse, submission: Submission, knowledge: KnowledgeBase) -> list[Resource]:
    """Returns the Observations of one response with its labels, and with the label of who asserts each."""
    age = submission.assessment.case.age
    observations = response_observations(source, submission.results_of(source.id), knowledge, age)
    labels = labels_of([source])
    if not labels and not knowledge.asserter_labels:
        return observations
    answers = set(source.answer_ids.values())
    return [
        with_labels(each, [*labels, *asserter_of(each, each["id"] in answers, source, knowledge)])
        for each in observations
    ]


def asserter_of(
    observation: Resource, is_answer: bool, source: SourceResponse, knowledge: KnowledgeBase
) -> list[Resource]:
    """Returns the label of who asserts an Observation: the patient an answer, software what it computes.

    A panel asserts nothing.
    """
    if "hasMember" in observation or not knowledge.asserter_labels:
        return []
    if is_answer:
        return asserter(PATIENT, knowledge) if is_asserted_by_patient(source) else []
    return asserter(SOFTWARE, knowledge)


def impressions(submission: Submission, knowledge: KnowledgeBase) -> list[Resource]:
    """Returns the ClinicalImpression; none for a partial submission that raises no red flag, and never did."""
    if submission.is_partial and not submission.assessment.raised and not submission.has_lowered_answers:
        return []
    return [clinical_impression(submission, knowledge)]


def outgoing_copy(resource: Resource) -> Resource:
    """Returns a response as received, without its narrative and the meta elements of the sender's server."""
    if "meta" not in resource and "text" not in resource:
        return {**resource}
    meta = {name: value for name, value in resource.get("meta", {}).items() if name not in SENDER_META}
    elements = {name: value for name, value in resource.items() if name not in ("meta", "text")}
    return {**elements, "meta": meta} if meta else elements


def with_profiles(resource: Resource, profiles: Mapping[str, str]) -> Resource:
    """Returns the resource with the ``meta.profile`` that a setting names for its type, and no other profile."""
    profile = profiles.get(resource["resourceType"])
    if profile is None:
        return resource
    return {**resource, "meta": {**resource.get("meta", {}), "profile": [profile]}}


def as_transaction(resources: Sequence[Resource]) -> Resource:
    """Returns a transaction Bundle with one PUT per resource."""
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"resource": each, "request": {"method": "PUT", "url": address_of(each)}} for each in resources],
    }


def with_full_urls(bundle: Resource, base: str) -> Resource:
    """Returns the Bundle as it is sent to a server: every entry with its absolute url below ``base``."""
    entries = [{"fullUrl": f"{base}/{entry['request']['url']}", **entry} for entry in bundle["entry"]]
    return {**bundle, "entry": entries}
