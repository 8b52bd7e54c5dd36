"""Totals of an instrument, computed from the answers: a sum or a mean, of weights or numbers, perhaps prorated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from service.screening.instruments.answer_sheet import AnswerSheet
from service.screening.instruments.instrument import Instrument
from service.screening.instruments.typed_value import Coding
from service.screening.kleene import Truth, and_
from service.screening.rules.age import Age

Number = int | Decimal
# Above every age.
OLDEST = 1000


@dataclass(frozen=True, slots=True)
class Band:
    """A range of totals, both ends inclusive. ``code`` is in our CodeSystem ``severity``."""

    code: str
    low: Number
    high: Number


@dataclass(frozen=True, slots=True)
class BandGroup:
    """The bands of patients of a sex (``Patient.gender``), or of an age in years: ``age_below`` is not included."""

    bands: tuple[Band, ...]
    sex: str | None = None
    age_from: int | None = None
    age_below: int | None = None

    @property
    def ages(self) -> range:
        """The ages in years that the group has."""
        return range(self.age_from or 0, OLDEST if self.age_below is None else self.age_below)

    def contains(self, other: "BandGroup") -> bool:
        """Whether the group applies to every patient to whom another one applies."""
        own, ages = self.ages, other.ages
        return self.sex in (None, other.sex) and own.start <= ages.start and ages.stop <= own.stop

    def applies(self, age: Age | None, sex: str | None) -> Truth:
        """Whether these are the bands of a patient; unknown if the age or the sex is."""
        truths: list[Truth] = []
        if self.sex is not None:
            truths.append(None if sex is None else sex == self.sex)
        if self.age_from is not None:
            truths.append(None if age is None else compare_age(age, self.age_from))
        if self.age_below is not None:
            above = None if age is None else compare_age(age, self.age_below)
            truths.append(None if above is None else not above)
        return and_(truths)


def compare_age(age: Age, least: int) -> Truth:
    """Whether the age is at least so many years; unknown if the birth date leaves it open."""
    return True if age.low >= least else False if age.high < least else None


@dataclass(frozen=True)
class ScoreRule:
    """The rule of one total. ``item`` is the linkId of the total on the form, ``summands`` are those of the items whose
    weights are added, ``weights`` are the weights of their options by linkId and code.

    ``positive_from``: the total from which a screening is positive, if the instrument has such a limit.
    ``ranges``: the least and the greatest answer of the summands that are integers. ``factors``: what an item is
    multiplied by, if not by 1. ``is_mean``: the mean of the items, not their sum. ``decimals``: those of the total.
    ``prorated_from``: the number of answered items from which the others count as the mean of these; without it there
    is no total unless all summands are answered. ``groups``: bands by age or sex, which come before ``bands``.
    """

    id: str
    title: str
    item: str
    summands: tuple[str, ...]
    weights: Mapping[str, Mapping[str, Number]]
    bands: tuple[Band, ...]
    facts: tuple[str, ...]
    positive_from: Number | None = None
    ranges: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    factors: Mapping[str, Number] = field(default_factory=dict)
    is_mean: bool = False
    decimals: int = 0
    prorated_from: int | None = None
    groups: tuple[BandGroup, ...] = ()

    @property
    def lowest(self) -> Number:
        """The least total of answers to all items."""
        return self.total_of({link_id: self.span_of(link_id)[0] for link_id in self.summands})

    @property
    def highest(self) -> Number:
        """The greatest possible total."""
        return self.total_of({link_id: self.span_of(link_id)[1] for link_id in self.summands})

    @cached_property
    def is_plain_sum(self) -> bool:
        """Whether the total is the sum of whole weights of options, all of which must be chosen."""
        return not (self.is_mean or self.ranges or self.factors or self.decimals or self.prorated_from)

    @property
    def step(self) -> Number:
        """The least difference of two totals."""
        return number_of_score(Decimal(1).scaleb(-self.decimals))

    def possible_totals(self) -> Iterator[Number]:
        """Every number from the least to the greatest total."""
        total = self.lowest
        while total <= self.highest:
            yield total
            total = number_of_score(Decimal(total) + self.step)

    def span_of(self, link_id: str) -> tuple[Number, Number]:
        """The least and the greatest weight or number of an item."""
        if link_id in self.ranges:
            return self.ranges[link_id]
        weights = self.weights[link_id].values()
        return min(weights), max(weights)

    def total_of(self, values: Mapping[str, Number]) -> Number:
        """The total of the values of items by linkId; those that are absent count as the mean of the others."""
        plain = sum(values.values()) if self.is_plain_sum and len(values) == len(self.summands) else None
        if isinstance(plain, int):
            return plain
        factor_of = {link_id: Decimal(self.factors.get(link_id, 1)) for link_id in self.summands}
        added = sum((factor_of[link_id] * value for link_id, value in values.items()), Decimal(0))
        share = sum((factor_of[link_id] for link_id in values), Decimal(0))
        total = added / share if self.is_mean else added * sum(factor_of.values()) / share
        return number_of_score(total.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP))


def number_of_score(value: Decimal) -> Number:
    """A number without decimals as an integer."""
    return int(value) if value == value.to_integral_value() else value


@dataclass(frozen=True, slots=True)
class Score:
    """The result of a ScoreRule. ``total`` and ``band`` are None while unanswered summands (``missing``) decide it.

    ``low`` and ``high`` are the least and the greatest total that the unanswered summands leave possible. ``stored`` is
    the total that the sender filled in: it is compared with ours and not used otherwise. ``not_asked``: the missing
    summands that the sender's form did not show. ``reasons``: why others have no answer, as in an AnswerSheet.
    """

    rule: ScoreRule
    total: Number | None
    band: str | None
    missing: tuple[str, ...]
    low: Number
    high: Number
    stored: Decimal | None
    not_asked: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def left_open(self) -> tuple[str, ...]:
        """The missing summands that the sender's form showed."""
        return tuple(link_id for link_id in self.missing if link_id not in self.not_asked)

    @property
    def differs(self) -> bool:
        """Whether the sender filled in a total that is not ours; true also if we have none."""
        return self.stored is not None and self.stored != self.total

    @property
    def is_positive(self) -> bool | None:
        """Whether the screening is positive; None without a total or a limit."""
        if self.total is None or self.rule.positive_from is None:
            return None
        return self.total >= self.rule.positive_from


def weights_of(instrument: Instrument, summands: tuple[str, ...]) -> dict[str, dict[str, Number]]:
    """The itemWeight of each option of each summand, by linkId and code."""
    return {
        link_id: {
            option.value.code: number_of_score(option.weight)
            for option in instrument.by_link_id[link_id].options
            if option.weight is not None and isinstance(option.value, Coding) and option.value.code is not None
        }
        for link_id in summands
        if instrument.by_link_id[link_id].type != "integer"
    }


def values_of(
    rule: ScoreRule, chosen: Mapping[str, frozenset[str]], numbers: Mapping[str, Decimal]
) -> dict[str, Number]:
    """The weight or number of each summand that is answered, by linkId."""
    values: dict[str, Number] = {}
    for link_id in rule.summands:
        if link_id in rule.ranges:
            if link_id in numbers:
                values[link_id] = number_of_score(numbers[link_id])
        elif link_id in chosen:
            values[link_id] = sum(map(rule.weights[link_id].__getitem__, chosen[link_id]))
    return values


def exact_total(rule: ScoreRule, chosen: Mapping[str, frozenset[str]], numbers: Mapping[str, Decimal]) -> Number | None:
    """The total of the answers; None if too few summands are answered."""
    return total_of_answered(rule, values_of(rule, chosen, numbers))


def total_of_answered(rule: ScoreRule, values: Mapping[str, Number]) -> Number | None:
    """The total of the values of the answered summands; None if there are too few of them."""
    needed = len(rule.summands) if rule.prorated_from is None else rule.prorated_from
    return rule.total_of(values) if values and len(values) >= needed else None


def compute_score(rule: ScoreRule, sheet: AnswerSheet, age: Age | None = None, sex: str | None = None) -> Score:
    """The total of the answers. An unanswered item is not 0: it leaves the score without a total, or is prorated."""
    values = values_of(rule, sheet.chosen, sheet.numbers)
    missing = tuple(link_id for link_id in rule.summands if link_id not in values)
    total = total_of_answered(rule, values)
    if total is None:
        low, high = (
            rule.total_of({**values, **{link_id: rule.span_of(link_id)[end] for link_id in missing}}) for end in (0, 1)
        )
    else:
        low = high = total
    stored, band = sheet.numbers.get(rule.item), band_of(rule, total, age, sex)
    not_asked = tuple(link_id for link_id in missing if sheet.asked.get(link_id) is False)
    reasons = {link_id: sheet.absent[link_id] for link_id in missing if link_id in sheet.absent}
    return Score(rule, total, band, missing, low, high, stored, not_asked, reasons)


def band_of(rule: ScoreRule, total: Number | None, age: Age | None = None, sex: str | None = None) -> str | None:
    """The code of the band that contains a total; None without a total, or without the age or sex that decides."""
    if total is None:
        return None
    found: set[str | None] = set()
    for group in (*rule.groups, BandGroup(rule.bands)):
        applies = group.applies(age, sex)
        if applies is not False:
            found.add(next((band.code for band in group.bands if band.low <= total <= band.high), None))
        if applies is True:
            break
    return found.pop() if len(found) == 1 else None
