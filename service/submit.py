"""Taking responses in: the one door for REST, the patient form, the command line and re-assessment."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.fhir.acts import Act
from service.fhir.assessing import act_of, assess_act
from service.fhir.encoding import encode
from service.fhir.ids import BASE, canonical_json
from service.fhir.intake import Desk, prepare
from service.fhir.reading import Resource
from service.fhir.records import Acceptance, Clash, History, Known, Receipt, ResendKey, Stored
from service.fhir.writing import compose
from service.screening.faults import Fault, Unacceptable, Unavailable

TRIES = 5
KEY_SYSTEM = f"{BASE}/idempotency-key"


class Store(Protocol):
    """Where responses and results are kept."""

    def by_identifier(self, system: str, value: str) -> Known | None:
        """The response that carries this identifier, or None."""

    def history(self, patient: str) -> History:
        """What is stored of a patient."""

    def responses(self, ids: Sequence[str]) -> Sequence[Stored]:
        """The current versions of responses."""

    def accept(self, acceptance: Acceptance) -> None:
        """Writes everything in one transaction; raises Clash when the patient's revision is another by now."""


@dataclass(frozen=True)
class Once:
    """By what a resend is known, beside the identifier of the response: the key of the request, and what the
    client's condition finds."""

    key: str | None = None
    found: Callable[[], Receipt | None] = lambda: None


def submit(
    resource: Resource,
    body: bytes,
    desk: Desk,
    store: Store,
    now: datetime,
    new_id: Callable[[], str],
    once: Once = Once(),
) -> Receipt:
    """Takes one response in: check, assess with what is known of the patient, compose, store.

    Raises Malformed or Unacceptable with every fault; Unavailable when others kept writing to the same patient.
    """
    digest, keys = digest_of(resource), keys_of(resource, once)
    known = known_receipt(keys, digest, store)
    if known is not None:
        return known
    part, warnings = prepare({**resource, "id": new_id()}, desk, now)
    for _ in range(TRIES):
        known = known_receipt(keys, digest, store) or once.found()
        if known is not None:
            return known
        history = store.history(part.response.patient)
        act = assess_act([part], desk, now, history, store)
        bundle = compose(act, desk.publisher)
        rules = desk.publisher.rules.canonical
        acceptance = Acceptance(act, bundle, {part.id: body}, {part.id: digest}, history.revision, rules, keys)
        try:
            store.accept(acceptance)
        except Clash:
            continue
        return Receipt(part.id, part.version, now, True, part.resource, (*warnings, *score_warnings(act)))
    raise Unavailable("other responses of this patient kept arriving")


def dry_run(resources: Sequence[Resource], desk: Desk, now: datetime, birth_date: str | None = None) -> Resource:
    """The Bundle that these responses of one patient would give as one act; reads and writes no store.

    Raises Malformed or Unacceptable with every fault.
    """
    return compose(act_of(resources, desk, now, birth_date), desk.publisher)


def dry_run_with_warnings(resource: Resource, desk: Desk, now: datetime) -> tuple[Resource, list[Fault]]:
    """The same for one response, with what its sender should know."""
    act = act_of([resource], desk, now)
    own = {**resource, "id": act.lead}
    return compose(act, desk.publisher), [*prepare(own, desk, now)[1], *score_warnings(act)]


def as_bytes(resource: Resource) -> bytes:
    """A response that came inside something else, as it is kept."""
    return encode(resource)


def keys_of(resource: Resource, once: Once) -> list[ResendKey]:
    """By what a resend of this request is known."""
    identifier = resource.get("identifier")
    keys = []
    if isinstance(identifier, dict) and identifier.get("system") and identifier.get("value"):
        keys.append(ResendKey(str(identifier["system"]), str(identifier["value"]), "QuestionnaireResponse.identifier"))
    if once.key is not None:
        keys.append(ResendKey(KEY_SYSTEM, once.key, ""))
    return keys


def known_receipt(keys: Sequence[ResendKey], digest: str, store: Store) -> Receipt | None:
    """The receipt of the same request taken before. Raises Unacceptable when it had other content."""
    for key in keys:
        known = store.by_identifier(key.system, key.value)
        if known is not None and known.digest != digest:
            text = "A response with this identifier or key and other content is stored. Give a new response a new one."
            raise Unacceptable([Fault("duplicate", key.place, text)])
        if known is not None:
            return known.receipt
    return None


def digest_of(resource: Resource) -> str:
    """A digest of the content that white space and the order of properties do not change."""
    return hashlib.sha256(canonical_json(resource)).hexdigest()


def score_warnings(act: Act) -> list[Fault]:
    """Totals of the sender that differ from ours."""
    text = "The total sent differs from the total of the answers, which counts."
    return [
        Fault("business-rule", path_of(act, id, score.rule.item), text, severity="warning", link_id=score.rule.item)
        for id in act.brings
        for score in act.judged(id).scores
        if score.differs
    ]


def path_of(act: Act, id: str, link_id: str) -> str:
    """Where the answer to an item stands in what was received."""
    items = act.parts[id].response.items
    return next((f"{item.path}.answer[0].value" for item in items if item.link_id == link_id), "QuestionnaireResponse")
