"""Which responses an act of submitting draws on: the newest usable one of each instrument, as of one moment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

USABLE = frozenset({"completed", "amended", "stopped"})


@dataclass(frozen=True, slots=True)
class Dated:
    """A response as the selection sees it. ``authored`` is its order in time, aware, in UTC."""

    id: str
    instrument: str
    authored: datetime
    status: str

    @property
    def usable(self) -> bool:
        return self.status in USABLE


@dataclass(frozen=True, slots=True)
class Selection:
    """``as_of`` the moment looked from; ``used`` every response drawn on (flags of all count); ``newest``
    the one of each instrument that feeds scores and patterns."""

    as_of: datetime
    used: tuple[str, ...]
    newest: Mapping[str, str]


def order(response: Dated) -> tuple[datetime, str]:
    """Newer is greater; the id decides between equals."""
    return response.authored, response.id


def lead_of(act: Iterable[Dated]) -> Dated:
    """The response on which everything hangs that belongs to the act."""
    return max(act, key=lambda response: (response.authored, response.instrument, response.id))


def select(act: Sequence[Dated], stored: Sequence[Dated], look_back: Mapping[str, timedelta]) -> Selection:
    """Selects from the act's usable responses and those stored of the same patient."""
    own = {response.id for response in act}
    usable = [r for r in (*act, *(s for s in stored if s.id not in own)) if r.usable]
    as_of = as_of_moment([r for r in act if r.usable], usable, look_back)
    newest = newest_of([r for r in usable if as_of - look_back[r.instrument] <= r.authored <= as_of])
    used = {response.id for response in act if response.usable} | {r.id for r in newest.values()}
    ordered = sorted((r for r in usable if r.id in used), key=order)
    return Selection(as_of, tuple(r.id for r in ordered), {name: newest[name].id for name in sorted(newest)})


def as_of_moment(act: Sequence[Dated], usable: Sequence[Dated], look_back: Mapping[str, timedelta]) -> datetime:
    """The newest moment of the patient if the act still counts there, else the act's own newest.

    The act still counts when each of its instruments lies within its look-back and nothing newer
    of that instrument is stored.
    """
    latest = max(r.authored for r in usable)
    current = newest_of(usable)
    counts = all(
        current[name].id == response.id and latest - look_back[name] <= response.authored
        for name, response in newest_of(act).items()
    )
    return latest if counts else max(r.authored for r in act)


def newest_of(responses: Iterable[Dated]) -> dict[str, Dated]:
    """The newest response of each instrument."""
    newest: dict[str, Dated] = {}
    for response in responses:
        held = newest.get(response.instrument)
        if held is None or order(response) > order(held):
            newest[response.instrument] = response
    return newest
