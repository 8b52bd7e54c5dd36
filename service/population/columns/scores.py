"""The totals and bands of an instrument in each row: as `compute_score` gives them for one answer sheet.

All numbers are whole: totals in units of their last decimal, weights and factors in units of their common divisor.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from service.population.columns.case_columns import AgeColumns, Levels, ScoreColumns, Years
from service.population.columns.rows import NOWHERE, CodedRows, Integers, SheetColumns
from service.population.columns.truth_column import Bools, TruthColumn
from service.screening.instruments.coded_answers import FIRST_OPTION, OTHER, SHOWN, UNSURE
from service.screening.rules.scores import BandGroup, Number, ScoreRule

# The state of a band before any group of bands applies.
UNDECIDED = -2


def score_columns(rule: ScoreRule, sheet: SheetColumns, age: AgeColumns, rows: CodedRows) -> ScoreColumns:
    """The score of each row of a sheet."""
    unit = common_unit(number for weights in rule.weights.values() for number in weights.values())
    values = {link_id: summand(rule, link_id, sheet, unit) for link_id in rule.summands}
    answered = {link_id: is_answered(rule, link_id, sheet) for link_id in rule.summands}
    needed = len(rule.summands) if rule.prorated_from is None else max(1, rule.prorated_from)
    is_total: Bools = np.sum(list(answered.values()), axis=0) >= needed
    total = rounded_total(rule, values, answered, unit)
    everywhere = {link_id: np.ones(len(known), np.bool_) for link_id, known in answered.items()}
    low, high = (
        np.where(is_total, total, rounded_total(rule, filled(rule, values, answered, unit, end), everywhere, unit))
        for end in (0, 1)
    )
    left_open = np.zeros(len(low), np.bool_)
    for link_id, known in answered.items():
        left_open |= ~known & (sheet.column(link_id) & (SHOWN | UNSURE) != 0)
    names = tuple(dict.fromkeys(band.code for group in groups_of(rule) for band in group.bands))
    band = np.where(is_total, bands_of(rule, names, low, age, sex_column(rows, sheet)), NOWHERE).astype(np.int8)
    there = np.ones(len(low), np.bool_)
    return ScoreColumns(there, is_total, low, high, rule.decimals, left_open, band, names)


def common_unit(numbers: Iterable[Number]) -> int:
    """The least whole number by which all numbers become whole."""
    return math.lcm(1, *(Fraction(number).denominator for number in numbers))


def summand(rule: ScoreRule, link_id: str, sheet: SheetColumns, unit: int) -> Years:
    """The weight or number of an item in each row, in units of 1 / ``unit``; 0 without an answer."""
    if link_id in rule.ranges:
        numbers = sheet.rows.numbers.get(link_id)
        found = np.full(len(sheet.places), np.nan) if numbers is None else numbers[sheet.places]
        return np.rint(np.nan_to_num(found)).astype(np.int64) * unit
    column, total = sheet.column(link_id), np.zeros(len(sheet.places), np.int64)
    for place, code in enumerate(sheet.options(link_id)):
        weight = rule.weights[link_id].get(code)
        if weight:
            total += ((column >> FIRST_OPTION + place) & 1).astype(np.int64) * int(Fraction(weight) * unit)
    return total


def is_answered(rule: ScoreRule, link_id: str, sheet: SheetColumns) -> Bools:
    """The rows with an answer to an item."""
    if link_id not in rule.ranges:
        return sheet.column(link_id) >= OTHER
    numbers = sheet.rows.numbers.get(link_id)
    return np.zeros(len(sheet.places), np.bool_) if numbers is None else ~np.isnan(numbers[sheet.places])


def filled(
    rule: ScoreRule, values: Mapping[str, Years], answered: Mapping[str, Bools], unit: int, end: int
) -> dict[str, Years]:
    """The values of the items, with the least or greatest one where an item is not answered."""
    spans = {link_id: int(Fraction(rule.span_of(link_id)[end]) * unit) for link_id in values}
    return {link_id: np.where(answered[link_id], value, spans[link_id]) for link_id, value in values.items()}


def rounded_total(rule: ScoreRule, values: Mapping[str, Years], counted: Mapping[str, Bools], unit: int) -> Years:
    """As `ScoreRule.total_of`, of the items that are counted, in units of the last decimal, halves away from zero."""
    factors = {link_id: Fraction(rule.factors.get(link_id, 1)) for link_id in values}
    scale = common_unit(factors.values())  # type: ignore[arg-type]
    whole = {link_id: int(factor * scale) for link_id, factor in factors.items()}
    added = sum(np.where(counted[link_id], value, 0) * whole[link_id] for link_id, value in values.items())
    share = sum(counted[link_id] * np.int64(whole[link_id]) for link_id in values)
    times = 10**rule.decimals * (1 if rule.is_mean else sum(whole.values()))
    divisor = np.where(share == 0, 1, share) * (unit * (1 if rule.is_mean else scale))
    return halves_away(np.asarray(added * times), divisor)


def halves_away(number: Years, divisor: Years) -> Years:
    """The quotient as a whole number; a half is rounded away from zero."""
    rounded: Years = np.sign(number) * ((2 * np.abs(number) + divisor) // (2 * divisor))
    return rounded


def groups_of(rule: ScoreRule) -> tuple[BandGroup, ...]:
    """The bands of a sex or an age, then those of all others."""
    return (*rule.groups, BandGroup(rule.bands))


def bands_of(
    rule: ScoreRule, names: tuple[str, ...], total: Years, age: AgeColumns, sexes: Iterable[tuple[str, Bools]]
) -> Levels:
    """As `band_of`: the place of the band of each total, or NOWHERE."""
    band = np.full(len(total), UNDECIDED, np.int8)
    open_rows, by_sex = np.ones(len(total), np.bool_), dict(sexes)
    for group in groups_of(rule):
        applies = group_applies(group, age, by_sex, len(total))
        in_group = band_in_group(group, names, total, rule.decimals)
        may = open_rows & (applies.is_true | applies.is_unknown)
        differs = may & (band != UNDECIDED) & (band != in_group)
        band = np.where(differs, NOWHERE, np.where(may & (band == UNDECIDED), in_group, band)).astype(np.int8)
        open_rows &= ~applies.is_true & ~differs
    return np.where(band == UNDECIDED, NOWHERE, band).astype(np.int8)


def group_applies(group: BandGroup, age: AgeColumns, by_sex: Mapping[str, Bools], count: int) -> TruthColumn:
    """As `BandGroup.applies`."""
    applies = TruthColumn.constant(count, True)
    if group.sex is not None:
        same, known = by_sex.get(group.sex), any_sex(by_sex, count)
        true = np.zeros(count, np.bool_) if same is None else same
        applies &= TruthColumn.of(true, known & ~true)
    if group.age_from is not None:
        applies &= age_reaches(age, group.age_from)
    if group.age_below is not None:
        applies &= ~age_reaches(age, group.age_below)
    return applies


def any_sex(by_sex: Mapping[str, Bools], count: int) -> Bools:
    """The rows whose sex is known."""
    known: Bools = np.logical_or.reduce([np.zeros(count, np.bool_), *by_sex.values()])
    return known


def age_reaches(age: AgeColumns, years: int) -> TruthColumn:
    """As `compare_age`."""
    return TruthColumn.of(age.is_known & (age.low >= years), age.is_known & (age.high < years))


def band_in_group(group: BandGroup, names: tuple[str, ...], total: Years, decimals: int) -> Levels:
    """The place of the band of each total in the bands of a group; the first of several."""
    found = np.full(len(total), NOWHERE, np.int8)
    for band in reversed(group.bands):
        low, high = math.ceil(band.low * 10**decimals), math.floor(band.high * 10**decimals)
        found[(total >= low) & (total <= high)] = names.index(band.code)
    return found


def sex_column(rows: CodedRows, sheet: SheetColumns) -> Iterator[tuple[str, Bools]]:
    """Each sex with the rows of it."""
    sexes: Integers | npt.NDArray[np.int8] = rows.sex[sheet.places]
    for place, name in enumerate(rows.sexes):
        yield name, sexes == place
