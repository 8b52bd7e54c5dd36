"""A new version of a stored response: corrected, completed or withdrawn, with everything that rests on it.

https://hl7.org/fhir/R4/http.html#update
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from service.fhir.acts import Part
from service.fhir.assessing import stored_part
from service.fhir.changes import Change, revise_acts
from service.fhir.changes import Shelf as ActShelf
from service.fhir.intake import Desk, prepare, prepare_withdrawal
from service.fhir.reading import Resource
from service.fhir.records import Clash, Held, History, Known, Receipt, Revised, Revision
from service.fhir.revising import WITHDRAWN
from service.screening.faults import Fault, Outdated, Unacceptable, Unavailable
from service.submit import TRIES, digest_of, score_warnings


class Store(ActShelf, Protocol):
    """Where responses and results are kept."""

    def read(self, type_name: str, id: str) -> Held | None:
        """The current version of a resource."""

    def by_identifier(self, system: str, value: str) -> Known | None:
        """The response that carries this identifier, or None."""

    def history(self, patient: str) -> History:
        """What is stored of a patient."""

    def revise(self, revision: Revision) -> None:
        """Writes everything in one transaction; raises Clash when the patient's revision is another by now."""


def amend(resource: Resource, body: bytes, version: int, desk: Desk, store: Store, now: datetime) -> Receipt | None:
    """Takes in a new version of the response with this id; None when there is no such response.

    ``version`` is the one that the sender changed. The same content again writes nothing. Raises Outdated when
    the version is not the current one, Malformed or Unacceptable with every fault, Unavailable when others kept
    writing to the same patient.
    """
    id = resource["id"]
    for _ in range(TRIES):
        held = store.read("QuestionnaireResponse", id)
        if held is None:
            return None
        if held.version != version:
            raise Outdated(
                [Fault("conflict", "", "This is not the current version. Read it again before changing it.")]
            )
        old, new, warnings = read_change(resource, held, desk, store, now)
        if same_content(old.resource, new.resource):
            return Receipt(id, held.version, held.stored, False, held.resource)
        history = store.history(new.response.patient)
        revised = tuple(revise_acts(Change(old, new), desk, store, now, history))
        revision = Revision(
            new, body, digest_of(resource), revised, now, history.revision, desk.publisher.rules.canonical
        )
        try:
            store.revise(revision)
        except Clash:
            continue
        return Receipt(id, new.version, now, False, new.resource, (*warnings, *differing_totals(revised)))
    raise Unavailable("other responses of this patient kept arriving")


def differing_totals(revised: Sequence[Revised]) -> list[Fault]:
    """Totals of the sender that differ from ours, in the act of the response itself."""
    own = revised[0].act if revised else None
    return [] if own is None else score_warnings(own)


def read_change(
    resource: Resource, held: Held, desk: Desk, store: Store, now: datetime
) -> tuple[Part, Part, Sequence[Fault]]:
    """The version before, and the new one checked by itself and against it. Raises Malformed or Unacceptable."""
    (stored,) = store.responses([resource["id"]])
    old = stored_part(stored, desk)
    taking = prepare_withdrawal if resource.get("status") == WITHDRAWN else prepare
    part, warnings = taking(resource, desk, now)
    new = replace(part, received=stored.received, version=held.version + 1)
    if same_content(old.resource, new.resource):
        return old, new, warnings
    faults = [*transition_faults(old, new), *identifier_faults(resource, store)]
    if faults:
        raise Unacceptable(faults)
    return old, new, warnings


def same_content(old: Resource, new: Resource) -> bool:
    """Whether two versions say the same, apart from what the service itself notes in their meta."""
    return without_version(old) == without_version(new)


def without_version(resource: Resource) -> Resource:
    meta = {k: v for k, v in resource.get("meta", {}).items() if k not in ("versionId", "lastUpdated")}
    return {**{k: v for k, v in resource.items() if k != "meta"}, **({"meta": meta} if meta else {})}


def transition_faults(old: Part, new: Part) -> Iterator[Fault]:
    """What a new version of a response may not do."""
    root = "QuestionnaireResponse"
    if new.response.patient != old.response.patient:
        yield Fault(
            "business-rule", f"{root}.subject", "A response stays with its patient. Withdraw it and send a new one."
        )
    if new.name != old.name:
        text = "A response stays with its questionnaire. Withdraw it and send a new one."
        yield Fault("business-rule", f"{root}.questionnaire", text)
    if old.response.status == WITHDRAWN:
        yield Fault("business-rule", f"{root}.status", "A withdrawn response stays withdrawn. Send a new one.")
    elif not old.unfinished and new.response.status == "in-progress":
        yield Fault(
            "business-rule", f"{root}.status", "A finished response cannot be in progress again. Send it as amended."
        )


def identifier_faults(resource: Resource, store: Store) -> Iterator[Fault]:
    """An identifier that another response has."""
    identifier = resource.get("identifier", {})
    known = None
    if identifier.get("system") and identifier.get("value"):
        known = store.by_identifier(identifier["system"], identifier["value"])
    if known is not None and known.receipt.id != resource["id"]:
        text = "Another response has this identifier. Leave it out or give another."
        yield Fault("duplicate", "QuestionnaireResponse.identifier", text)
