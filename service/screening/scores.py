"""Totals of an instrument from the raw answers, with an explicit policy for missing ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from service.screening.instrument import Instrument
from service.screening.sheet import AnswerSheet


@dataclass(frozen=True, slots=True)
class Band:
    """A range of totals, both ends included, with its code in our CodeSystem ``severity``."""

    code: str
    low: int
    high: int


@dataclass(frozen=True)
class ScoreRule:
    """How a total is made: ``item`` is the total on the form, ``summands`` the items whose weights are added.

    The policy for missing answers is the instruments' own: no total unless all are answered.
    """

    id: str
    title: str
    item: str
    summands: tuple[str, ...]
    weights: Mapping[str, Mapping[str, int]]
    bands: tuple[Band, ...]
    facts: tuple[str, ...]

    @property
    def highest(self) -> int:
        """The greatest total there can be."""
        return sum(max(weights.values()) for weights in self.weights.values())


@dataclass(frozen=True, slots=True)
class Score:
    """A judged score: ``total`` and ``band`` are absent while ``missing`` names open items.

    ``low`` and ``high`` bound what the total can be: answered items alone, and with the open ones at their most.
    ``stored`` is the total that the sender put on the form, compared and never trusted.
    """

    rule: ScoreRule
    total: int | None
    band: str | None
    missing: tuple[str, ...]
    low: int
    high: int
    stored: Decimal | None

    @property
    def differs(self) -> bool:
        """Whether the sender's total is another than ours (or was given where there can be none)."""
        return self.stored is not None and self.stored != self.total


def weights_of(instrument: Instrument, summands: tuple[str, ...]) -> dict[str, dict[str, int]]:
    """The weight of each option of each summand, as the questionnaire publishes them."""
    return {
        link_id: {
            option.value.code: int(option.weight)
            for option in instrument.by_link_id[link_id].options
            if option.weight is not None
        }
        for link_id in summands
    }


def score(rule: ScoreRule, sheet: AnswerSheet) -> Score:
    """Adds the weights of the answers. A missing answer is never 0: it leaves the score without a total."""
    low = most = 0
    missing = []
    for link_id in rule.summands:
        weights = rule.weights[link_id]
        given = sheet.chosen.get(link_id)
        if given is None:
            missing.append(link_id)
            most += max(weights.values())
        else:
            low += sum(weights[code] for code in given)
    total = None if missing else low
    return Score(rule, total, band_of(rule, total), tuple(missing), low, low + most, sheet.numbers.get(rule.item))


def band_of(rule: ScoreRule, total: int | None) -> str | None:
    """The code of the band that a total falls in."""
    if total is None:
        return None
    return next((band.code for band in rule.bands if band.low <= total <= band.high), None)
