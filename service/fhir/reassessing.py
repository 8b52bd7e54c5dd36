"""An act judged again because a response that it was drawn on has a new version."""

from collections.abc import Mapping
from datetime import datetime

from service.fhir.acts import Act, Part
from service.fhir.assessing import dated, judged
from service.fhir.intake import Desk
from service.fhir.records import ActRecord
from service.fhir.writing import CALLS_A_PERSON
from service.screening.assessment import highest_flags
from service.screening.flags import Flag
from service.screening.selection import Selection, newest_of, order


def reassess(record: ActRecord, parts: Mapping[str, Part], desk: Desk, now: datetime) -> Act:
    """The act by today's rules, on the set and the moment on which it was first drawn."""
    selection = same_selection(record, parts, desk)
    return Act(
        parts={id: parts[id] for id in selection.used},
        brings=(record.lead,),
        lead=record.lead,
        assessment=judged({id: parts[id] for id in selection.used}, selection, desk),
        as_of=record.as_of,
        now=now,
        previous=record.previous,
    )


def same_selection(record: ActRecord, parts: Mapping[str, Part], desk: Desk) -> Selection:
    """What the act was drawn on; of each instrument the newest within reach feeds scores and patterns."""
    ordered = sorted(map(dated, parts.values()), key=order)
    look_back = {name: own.look_back for name, own in desk.publisher.rules.instruments.items()}
    near = [
        response
        for response in ordered
        if response.usable and record.as_of - look_back[response.instrument] <= response.authored <= record.as_of
    ]
    newest = {} if parts[record.lead].unfinished else newest_of(near)
    used = [record.lead] if parts[record.lead].unfinished else [response.id for response in ordered]
    return Selection(record.as_of, tuple(used), {name: newest[name].id for name in sorted(newest)})


def rises(act: Act, before: Mapping[str, Flag]) -> bool:
    """Whether what the act brings raises a flag that calls a person, higher than the version before did."""
    own = highest_flags([act.judged(id) for id in act.brings])
    return any(
        flag.level >= CALLS_A_PERSON and (code not in before or flag.level > before[code].level)
        for code, flag in own.items()
    )
