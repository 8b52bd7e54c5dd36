"""What a new version of a response does to every act that was drawn on it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from service.fhir.acts import Act, Part
from service.fhir.assessing import assess_act, stored_part
from service.fhir.intake import Desk
from service.fhir.reading import Resource
from service.fhir.reassessing import reassess, rises
from service.fhir.records import ActRecord, Held, History, Revised, Stored, Version
from service.fhir.revising import WITHDRAWN, Key, cancelled, versions, withdrawable, withdrawn
from service.fhir.times import instant
from service.fhir.writing import claim, everything, outgoing, provenance
from service.screening.assessment import highest_flags, judge_early, judge_response
from service.screening.flags import Flag


class Shelf(Protocol):
    """Where acts and what they wrote are fetched from."""

    def responses(self, ids: Sequence[str]) -> Sequence[Stored]:
        """The current versions of responses."""

    def acts_using(self, id: str) -> Sequence[ActRecord]:
        """The acts that were drawn on a response, in the order of acceptance."""

    def results(self, sequence: int) -> Mapping[Key, Held]:
        """The current versions of what an act wrote, responses left out."""


@dataclass(frozen=True)
class Change:
    """One response in its version before and in its new one."""

    old: Part
    new: Part

    @property
    def is_withdrawal(self) -> bool:
        return self.new.response.status == WITHDRAWN

    @property
    def draws_anew(self) -> bool:
        """Whether its own act has to look again for what counts: it is finished only now, or of another time."""
        return self.old.unfinished or self.old.ordered != self.new.ordered


def revise_acts(change: Change, desk: Desk, shelf: Shelf, now: datetime, history: History) -> Iterator[Revised]:
    """The act of the response itself first, then every other that used it, each with what changes in it."""
    records = shelf.acts_using(change.new.id)
    own = next(record for record in records if record.lead == change.new.id)
    if change.is_withdrawal:
        yield withdrawal(own, change, desk, shelf, now)
    else:
        yield own_act(own, change, desk, shelf, now, history)
    for record in records:
        if record is not own:
            yield other_act(record, change, desk, shelf, now)


def withdrawal(record: ActRecord, change: Change, desk: Desk, shelf: Shelf, now: datetime) -> Revised:
    """Everything of an act taken back. A Task that nobody has begun is cancelled."""
    publisher, part = desk.publisher, change.new
    reason = publisher.lexicon.wording["task"]["withdrawn"]
    held = shelf.results(record.sequence).values()
    taken_back = [withdrawn(one) for one in held if withdrawable(one.resource)]
    tasks = [cancelled(one, reason, instant(now)) for one in held if is_open_task(one.resource)]
    targets = [part.resource, *(version.resource for version in (*taken_back, *tasks))]
    trace = provenance(part, [part], now, targets, publisher)
    rest = [Version(claim(trace, publisher.profiles), 1)]
    return Revised(record, None, (response_version(part, desk), *taken_back, *rest, *tasks))


def is_open_task(resource: Resource) -> bool:
    return (resource["resourceType"], resource.get("status")) == ("Task", "requested")


def own_act(record: ActRecord, change: Change, desk: Desk, shelf: Shelf, now: datetime, history: History) -> Revised:
    """The act of the response itself, with its Observations."""
    new = change.new
    if change.draws_anew and not new.unfinished:
        act = assess_act([new], desk, now, others(history, new), shelf)
    else:
        act = reassess(record, {**fetched(record, change, desk, shelf), new.id: new}, desk, now)
    act = replace(act, previous=record.previous or act.previous, raises_task=rises(act, flags_of(change.old, desk)))
    changed = versions(results(act, desk), shelf.results(record.sequence))
    return Revised(record, act, (response_version(new, desk), *changed))


def others(history: History, part: Part) -> History:
    """What is stored of the patient, without the impression of the response itself."""
    own = part.slot("ClinicalImpression", "impression")
    return replace(history, impressions=[mark for mark in history.impressions if mark.id != own])


def other_act(record: ActRecord, change: Change, desk: Desk, shelf: Shelf, now: datetime) -> Revised:
    """An act that only used the response: its impression is drawn again, without it when it was withdrawn."""
    parts = fetched(record, change, desk, shelf)
    if not change.is_withdrawal:
        parts[change.new.id] = change.new
    act = reassess(record, parts, desk, now)
    return Revised(record, act, tuple(versions(results(act, desk), shelf.results(record.sequence))))


def fetched(record: ActRecord, change: Change, desk: Desk, shelf: Shelf) -> dict[str, Part]:
    """The other responses that the act was drawn on."""
    wanted = [id for id in record.uses if id != change.new.id]
    parts = [stored_part(stored, desk) for stored in shelf.responses(wanted)] if wanted else []
    return {part.id: part for part in parts}


def results(act: Act, desk: Desk) -> list[Resource]:
    """What the act writes, responses left out."""
    return [made for made in everything(act, desk.publisher) if made["resourceType"] != "QuestionnaireResponse"]


def response_version(part: Part, desk: Desk) -> Version:
    return Version(part.resource, part.version, claim(outgoing(part.resource), desk.publisher.profiles))


def flags_of(part: Part, desk: Desk) -> Mapping[str, Flag]:
    """The flags that a response raises by itself."""
    judge = judge_early if part.unfinished else judge_response
    return highest_flags([judge(desk.publisher.rules, part.sheet, None)])
