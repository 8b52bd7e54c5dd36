"""Selection of the responses for an assessment, as of a time: docs/decisions/retired-answers.md."""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from service.screening.rules.assessment import InstrumentRules

USABLE = frozenset({"completed", "amended", "stopped"})


class Acceptance(NamedTuple):
    """Place of a response in the order of acceptance: place of its submission, and place in it.

    ``submission`` is infinite until the response is stored: it will be accepted after all others.
    """

    submission: float = math.inf
    position: int = 0


NOT_YET = Acceptance()


@dataclass(frozen=True, slots=True)
class Dated:
    """A response as the selection needs it. ``authored`` is in UTC, with time zone.

    ``is_test``: it is labelled as a test.
    """

    id: str
    instrument: str
    authored: datetime
    status: str
    accepted: Acceptance = NOT_YET
    is_test: bool = False

    @property
    def usable(self) -> bool:
        """Whether its status allows to use its answers."""
        return self.status in USABLE


@dataclass(frozen=True, slots=True)
class AnswerState:
    """What a response answers. ``has_scores``: every score of its instrument has a total.

    ``settled``: linkIds of the safety items that are answered, or switched off by the answer to another safety item.
    """

    has_scores: bool
    settled: frozenset[str]


# The state of the response with an id. It is read only for responses that can matter: they may be in a store.
StateOf = Callable[[str], AnswerState]


@dataclass(frozen=True, slots=True)
class Selection:
    """``as_of``: time of the assessment. ``used``: ids of all responses that red flags are evaluated on, oldest first.

    ``newest``: by instrument, the id of the response that gives scores and patterns. ``retired``: by response id, the
    safety items whose answers in this response newer answers have retired.
    """

    as_of: datetime
    used: tuple[str, ...]
    newest: Mapping[str, str]
    retired: Mapping[str, frozenset[str]]


def order(response: Dated) -> tuple[datetime, Acceptance]:
    """Sort key from the oldest to the newest; the order of acceptance decides between equal times."""
    return response.authored, response.accepted


def lead_of(submission: Iterable[Dated]) -> Dated:
    """The lead response: the results that belong to the whole submission are derived from its id.

    It is the greatest by time, instrument and place in the submission.
    """
    return sorted(submission, key=lambda response: (response.authored, response.instrument))[-1]


def select(
    submission: Sequence[Dated],
    stored: Sequence[Dated],
    instruments: Mapping[str, InstrumentRules],
    state_of: StateOf,
    as_of: datetime | None = None,
) -> Selection:
    """Selects from the usable responses of a submission and of those stored for the same patient.

    ``as_of`` is the time of an earlier assessment that must not change; without it, it is determined here.
    A submission of tests uses stored tests only; any other uses none.
    """
    own, of_tests = {response.id for response in submission}, all(response.is_test for response in submission)
    others = (response for response in stored if response.id not in own and response.is_test is of_tests)
    candidates = (*others, *submission)
    usable = sorted((response for response in candidates if response.usable), key=order)
    if as_of is None:
        as_of = as_of_moment([response for response in usable if response.id in own], usable, instruments)
    used = {response.id for response in usable if response.id in own}
    newest: dict[str, str] = {}
    retired: dict[str, frozenset[str]] = {}
    for name in sorted({response.instrument for response in usable}):
        look_back = instruments[name].look_back
        near = [r for r in usable if r.instrument == name and as_of - look_back <= r.authored <= as_of]
        if len(near) == 1 and near[0].id in own:
            newest[name] = near[0].id
        elif near:
            newest[name] = scoring_response(near, own, state_of)
            unretired = dict(unretired_responses(near, instruments[name].safety_items, state_of))
            used |= {*unretired, newest[name]}
            stored_used = [r.id for r in near if r.id in used - own]
            if not unretired.keys() >= set(stored_used):
                settled = frozenset[str]().union(*(state_of(id).settled for id in unretired))
                unretired = dict.fromkeys(stored_used, settled) | unretired
            retired |= {id: unretired[id] for id in stored_used}
    return Selection(as_of, tuple(r.id for r in usable if r.id in used), newest, retired)


def unretired_responses(
    near: Sequence[Dated], safety_items: Collection[str], state_of: StateOf
) -> Iterator[tuple[str, frozenset[str]]]:
    """The responses of one instrument that no newer ones retire, each with the safety items that these settle.

    A response is retired when the newer ones together settle every safety item. ``near`` is ordered, oldest first.
    """
    settled = frozenset[str]()
    for response in reversed(near):
        yield response.id, settled
        if response is not near[0]:
            settled |= state_of(response.id).settled
        if settled.issuperset(safety_items):
            return


def scoring_response(near: Sequence[Dated], own: Collection[str], state_of: StateOf) -> str:
    """The id of the newest response of one instrument whose scores all have a total; without any, of the newest.

    Of equal times one of the submission's ``own`` is the newest.
    """
    if len(near) == 1:
        return near[0].id
    newest_first = sorted(near, key=lambda r: (r.authored, r.id in own, r.accepted))[::-1]
    return next((r.id for r in newest_first if state_of(r.id).has_scores), newest_first[0].id)


def as_of_moment(
    submission: Sequence[Dated], usable: Sequence[Dated], instruments: Mapping[str, InstrumentRules]
) -> datetime:
    """The time of the patient's newest response if the submission is still current then; otherwise its own newest time.

    It is current if each of its instruments is within its look-back and no newer response of that instrument is
    stored. ``submission`` and ``usable`` are ordered, oldest first.
    """
    latest, newest = usable[-1].authored, newest_of(usable)
    is_current = all(
        newest[name].id == response.id and latest - instruments[name].look_back <= response.authored
        for name, response in newest_of(submission).items()
    )
    return latest if is_current else submission[-1].authored


def newest_of(ordered: Iterable[Dated]) -> dict[str, Dated]:
    """The newest response of each instrument; ``ordered`` is from the oldest to the newest."""
    return {response.instrument: response for response in ordered}
