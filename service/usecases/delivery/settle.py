"""Settles an entry by the response of the FHIR server: delivered, sent again later, or parked."""

from collections.abc import Iterator, Mapping

from service.fhir.r4.types import Resource
from service.fhir.results.versions import says_the_same
from service.ports.fhir_server import ServerResponse
from service.ports.outbox import ServerVersion
from service.usecases.delivery.delivery import Delivery, failure_reason, may_succeed_later
from service.usecases.delivery.preconditions import SET_BY_SERVER, has_preconditions
from service.usecases.delivery.references import addresses_to_look_up, external_references, with_logical_references
from service.usecases.delivery.transaction_response import confirms_all, version_id_of, versions_written

CONFLICTS = {409, 412}
# Attempts after which an entry is parked if the FHIR server refuses to be searched.
MAX_REFUSED_LOOK_UPS = 20


def settle_response(delivery: Delivery, response: ServerResponse, before: Mapping[str, ServerVersion]) -> None:
    """Marks the entry as delivered, postpones it or parks it.

    ``before`` are the versions that earlier attempts wrote.
    """
    if confirms_all(response, delivery.sent):
        written = versions_written(delivery.sent, response, delivery.entry.versions)
        settle_written(delivery, {**before, **written})
    elif response.status in CONFLICTS and has_preconditions(delivery.sent):
        settle_conflict(delivery, response)
    elif may_succeed_later(response):
        delivery.postpone_after(response)
    else:
        settle_refusal(delivery, response)


def settle_written(delivery: Delivery, written: Mapping[str, ServerVersion]) -> None:
    """Marks the entry as delivered. A sample is read back first; if resources are missing, it is sent again."""
    if not delivery.is_read_back:
        delivery.finish(written)
        return
    seen = delivery.server.look_up([entry["request"]["url"] for entry in delivery.sent["entry"]])
    if seen.missing:
        count = len(seen.missing)
        delivery.alarm("written_resources_missing", count=count)
        reason = f"the FHIR server confirmed {count} resources that it does not have"
        delivery.postpone_after(ServerResponse(None, reason))
    elif seen.failure is None:
        delivery.finish(written)
    elif may_succeed_later(seen.failure):
        delivery.postpone_after(seen.failure)
    else:
        delivery.alarm("read_back_refused", failure_reason(seen.failure))
        delivery.finish(written)


def settle_look_up_failure(delivery: Delivery, failure: ServerResponse) -> None:
    """Waits until the FHIR server tells what it has; parks the entry if the server keeps refusing to tell."""
    if may_succeed_later(failure) or delivery.entry.attempts < MAX_REFUSED_LOOK_UPS:
        delivery.postpone_after(failure)
    else:
        delivery.park(f"the FHIR server cannot be searched by _id: {failure_reason(failure)}")


def settle_refusal(delivery: Delivery, response: ServerResponse) -> None:
    """Looks for resources that the FHIR server lacks: waits for the Patient, makes other references logical."""
    entry = delivery.entry
    references = sorted(external_references(entry.bundle), key=lambda text: text != entry.patient)
    addresses = addresses_to_look_up(references, delivery.server.base)
    seen = delivery.server.look_up(addresses.values())
    missing = {text for text in references if text not in addresses or addresses[text] in seen.missing}
    if entry.patient in missing:
        delivery.wait_for_patient()
    elif missing:
        reason = f"the FHIR server lacks {len(missing)} referenced resources: these references were made logical"
        delivery.repeat(reason, with_logical_references(entry.bundle, missing))
    elif seen.failure is not None:
        settle_look_up_failure(delivery, seen.failure)
    elif response.status in CONFLICTS:
        delivery.postpone_after(response)
    else:
        delivery.park(failure_reason(response))


def settle_conflict(delivery: Delivery, response: ServerResponse) -> None:
    """Compares the resources that somebody else changed on the FHIR server with ours.

    Equal ones and Tasks are left as they are on the server; any other is for an operator.
    """
    entry = delivery.entry
    changed = dict(resources_changed_on_server(delivery))
    if not changed:
        delivery.postpone_after(response)
        return
    sent = {each["request"]["url"]: each["resource"] for each in entry.bundle["entry"]}
    different = [url for url, current in changed.items() if not says_the_same(sent[url], current, SET_BY_SERVER)]
    if any(sent[url]["resourceType"] != "Task" for url in different):
        delivery.park(f"{len(different)} resources were changed on the FHIR server by somebody else")
        return
    rest = [each for each in entry.bundle["entry"] if each["request"]["url"] not in different]
    # Without a versionId no later version of the Task is sent: it would undo what a person has done.
    versions = {
        url: ServerVersion(entry.versions.get(url, 1), None if url in different else version_id_of(current))
        for url, current in changed.items()
    }
    reason = "the FHIR server has other versions of some resources"
    delivery.repeat(reason, {**entry.bundle, "entry": rest}, versions)


def resources_changed_on_server(delivery: Delivery) -> Iterator[tuple[str, Resource]]:
    """Address and current resource, for each Bundle entry whose versionId on the server is not the one we know."""
    conditional = [entry["request"]["url"] for entry in delivery.sent["entry"] if "ifMatch" in entry["request"]]
    seen = delivery.server.look_up(conditional, whole=True)
    for url, current in seen.found.items():
        known = delivery.entry.server_versions.get(url)
        if known is not None and version_id_of(current) not in (None, known.remote):
            yield url, current
