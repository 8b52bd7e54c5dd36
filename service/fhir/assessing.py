"""An act assessed: what it brings, together with what is stored of the patient."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from service.fhir.acts import Act, Part
from service.fhir.ids import content_id
from service.fhir.intake import Desk, as_ours, make_part, prepare
from service.fhir.reading import Resource
from service.fhir.records import History, Stored
from service.fhir.responses import parse_response
from service.fhir.writing import CALLS_A_PERSON
from service.screening.age import age_at
from service.screening.assessment import Assessment, assess, highest_flags
from service.screening.faults import Fault, Unacceptable, Unavailable
from service.screening.selection import Dated, Selection, lead_of, select


class Shelf(Protocol):
    """Where stored responses are fetched from."""

    def responses(self, ids: Sequence[str]) -> Sequence[Stored]:
        """The current versions of responses."""


def assess_act(
    brought: Sequence[Part],
    desk: Desk,
    now: datetime,
    history: History | None = None,
    shelf: Shelf | None = None,
    birth_date: str | None = None,
) -> Act:
    """Selects the responses that count, judges them, and says what the act came to.

    ``history`` and ``shelf`` give what is stored of the patient; without them the act stands alone.
    """
    history = history or History()
    brought = sorted(brought, key=lambda part: (part.ordered, part.name, part.id))
    selection = select_parts(brought, history, desk)
    used = fetch(selection.used, brought, shelf, desk)
    assessment = judged(used, selection, desk, birth_date)
    own = highest_flags(assessment.responses[part.id] for part in brought)
    return Act(
        parts=used,
        brings=tuple(part.id for part in brought),
        lead=lead_of([dated(part) for part in brought]).id,
        assessment=assessment,
        as_of=selection.as_of,
        now=now,
        previous=previous_of(selection, history) if selection.newest else None,
        raises_task=any(flag.level >= CALLS_A_PERSON for flag in own.values()),
    )


def judged(parts: Mapping[str, Part], selection: Selection, desk: Desk, birth_date: str | None = None) -> Assessment:
    """The responses of a selection judged by today's rules."""
    unfinished = {id for id, part in parts.items() if part.unfinished}
    age = age_at(birth_date, selection.as_of.date())
    sheets = {id: part.sheet for id, part in parts.items()}
    return assess(desk.publisher.rules, sheets, selection.newest, age, unfinished)


def act_of(resources: Sequence[Resource], desk: Desk, now: datetime, birth_date: str | None = None) -> Act:
    """What these responses of one patient come to as one act, without anything stored.

    Raises Malformed or Unacceptable with every fault.
    """
    named = [{**resource, "id": resource.get("id") or content_id(resource)} for resource in resources]
    parts = [prepare(resource, desk, now)[0] for resource in named]
    if len({part.response.patient for part in parts}) > 1:
        text = "These responses are of more than one patient. One act is about one patient."
        raise Unacceptable([Fault("business-rule", "QuestionnaireResponse.subject", text)])
    return assess_act(parts, desk, now, birth_date=birth_date)


def select_parts(brought: Sequence[Part], history: History, desk: Desk) -> Selection:
    """The responses that count: those selected, and every one that the act brings.

    An act that brings nothing finished draws on nothing else.
    """
    act = [dated(part) for part in brought]
    if all(part.unfinished for part in brought):
        return Selection(max(d.authored for d in act), tuple(d.id for d in act), {})
    look_back = {name: own.look_back for name, own in desk.publisher.rules.instruments.items()}
    known = [response for response in history.responses if response.instrument in look_back]
    chosen = select(act, known, look_back)
    rest = tuple(part.id for part in brought if part.id not in chosen.used)
    return Selection(chosen.as_of, (*chosen.used, *rest), chosen.newest)


def fetch(ids: Sequence[str], brought: Sequence[Part], shelf: Shelf | None, desk: Desk) -> dict[str, Part]:
    """The responses of these ids, in their order."""
    parts = {part.id: part for part in brought}
    wanted = [id for id in ids if id not in parts]
    if wanted and shelf is not None:
        parts |= {part.id: part for part in (stored_part(stored, desk) for stored in shelf.responses(wanted))}
    return {id: parts[id] for id in ids}


def stored_part(stored: Stored, desk: Desk) -> Part:
    """A stored response as it counts now."""
    response = parse_response(stored.resource)
    form = desk.catalogue.find(response.questionnaire)
    if form is None:
        raise Unavailable("a stored response answers a questionnaire that is no longer published")
    return make_part(stored.resource, as_ours(response, form), form, desk, stored.received, stored.version)


def dated(part: Part) -> Dated:
    return Dated(part.id, part.name, part.ordered, part.response.status)


def previous_of(selection: Selection, history: History) -> str | None:
    """The impression before this one by moment of assessment, then by acceptance."""
    before = [mark for mark in history.impressions if mark.as_of <= selection.as_of]
    return max(before, key=lambda mark: (mark.as_of, mark.sequence)).id if before else None
