"""Recognises the instrument that a response answers by the codes of its questions and answers, under an unknown name.

Only what is unmistakable is recognised: the codes of all scored questions of one instrument and of no other, and every
answer by the code of one of its options.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from service.screening.instruments.editions import Edition, InstrumentEdition, SenderForm
from service.screening.instruments.instrument import Instrument
from service.screening.instruments.response import AnsweredItem, Response, walk_answered_items
from service.screening.instruments.typed_value import Coding

# A LOINC code at the end of a linkId, alone or after a slash or another prefix: "/44250-9", "phq.44250-9".
CODE = re.compile(r"(?:.*[^0-9-])?([0-9]{3,7}-[0-9])")


@dataclass(frozen=True)
class Candidate:
    """An instrument that may be recognised. ``scored``: the linkIds of its scored questions."""

    instrument: Instrument
    system: str
    scored: tuple[str, ...]

    @property
    def codes(self) -> dict[str, str]:
        """The linkId of each question that has a code of the system, by that code."""
        return {
            coding.code: item.link_id
            for item in self.instrument.by_link_id.values()
            for coding in item.code
            if coding.system == self.system and coding.code is not None
        }

    @property
    def scored_codes(self) -> frozenset[str]:
        """The codes of the scored questions."""
        return frozenset(code for code, link_id in self.codes.items() if link_id in self.scored)

    @property
    def total_codes(self) -> frozenset[str]:
        """The codes of the items that are no question, such as the total."""
        items = self.instrument.by_link_id
        return frozenset(code for code, link_id in self.codes.items() if items[link_id].type == "decimal")


@dataclass(frozen=True)
class Recognition:
    """The form that was recognised, or None; then ``missing`` are the codes of questions that would have made it clear,
    ``others`` is the number of answered items that are not of the instrument, ``uncoded`` are the codes of questions
    with an answer that is not given by the code of an option, ``possible`` the names of the instruments considered.
    """

    form: InstrumentEdition | None = None
    missing: tuple[str, ...] = ()
    others: int = 0
    uncoded: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()


def recognise(response: Response, candidates: Sequence[Candidate]) -> Recognition:
    """The instrument whose questions and answers the response names by their codes, or what is missing."""
    named = named_items(response.items)
    best = [candidate for candidate in candidates if candidate.scored_codes and candidate.scored_codes <= named.keys()]
    known = {code for candidate in candidates for code in candidate.codes}
    if not best:
        return Recognition(missing=nearest_missing(named.keys(), candidates))
    chosen = max(best, key=lambda candidate: len(candidate.scored_codes))
    # A larger instrument with questions left out looks like a smaller one: the code of a total tells them apart.
    larger = [c for c in candidates if chosen.scored_codes < c.scored_codes and not chosen.total_codes & named.keys()]
    if larger:
        lacking = sorted(larger[0].scored_codes - named.keys())
        return Recognition(missing=tuple(lacking), possible=(chosen.instrument.name, larger[0].instrument.name))
    foreign = sorted((named.keys() & known) - chosen.codes.keys())
    if foreign:
        return Recognition(others=len(foreign), possible=(chosen.instrument.name,))
    return check_answers_of(response, chosen, named)


def check_answers_of(response: Response, chosen: Candidate, named: Mapping[str, AnsweredItem]) -> Recognition:
    """The recognised form, unless an answer is not given by an offered code or an item is not named by a code."""
    link_ids = {named[code].link_id: link_id for code, link_id in chosen.codes.items() if code in named}
    others = [i for i in walk_answered_items(response.items) if i.answers and i.link_id not in link_ids]
    uncoded = tuple(
        code
        for code, item in sorted(named.items())
        if code in chosen.scored_codes and not is_coded(item, chosen.instrument.by_link_id[chosen.codes[code]].codings)
    )
    if others or uncoded:
        return Recognition(None, (), len(others), uncoded, (chosen.instrument.name,))
    form = make_form(response.questionnaire, chosen, link_ids)
    return Recognition(InstrumentEdition(chosen.instrument, form, recognised=True))


def is_coded(item: AnsweredItem, options: Collection[Coding]) -> bool:
    """True if every answer is a Coding with system and code of an option; also if there is none, for a reason."""
    given = [answer.value for answer in item.answers]
    return all(isinstance(value, Coding) and value in options for value in given) and bool(given or item.absent)


def make_form(canonical: str, chosen: Candidate, link_ids: Mapping[str, str]) -> Edition:
    """The edition that the response answers: our questions that it does not name are not in its form."""
    shown = set(link_ids.values())
    others = frozenset(link_id for link_id in chosen.instrument.by_link_id if link_id not in shown)
    return Edition(canonical, link_ids=link_ids, form=SenderForm(others, frozenset(shown - set(chosen.scored))))


def named_items(items: Sequence[AnsweredItem]) -> dict[str, AnsweredItem]:
    """The items at any depth whose linkId ends in a code, by this code; without codes that occur twice."""
    found: dict[str, list[AnsweredItem]] = {}
    for item in walk_answered_items(tuple(items)):
        match = CODE.fullmatch(item.link_id)
        if match:
            found.setdefault(match[1], []).append(item)
    return {code: each[0] for code, each in found.items() if len(each) == 1}


def nearest_missing(named: Iterable[str], candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """The codes that are missing of the instrument of which most are there; none if not one is."""
    present = set(named)
    found = [(len(c.scored_codes & present), c.scored_codes - present) for c in candidates if c.scored_codes & present]
    return tuple(sorted(max(found, key=lambda each: (each[0], -len(each[1])))[1])) if found else ()
