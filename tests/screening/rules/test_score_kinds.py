"""Totals that are no plain sum: means, prorated totals, factors, integers, decimals, bands by age or sex."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from service.screening.instruments.answer_sheet import AnswerSheet
from service.screening.instruments.instrument import Instrument
from service.screening.rules.age import Age
from service.screening.rules.scores import Band, BandGroup, Number, Score, ScoreRule, compute_score

EMPTY = Instrument("x", "http://example.org/x", "1", "X", "active", ())
# PEG (Krebs 2009): the mean of three items from 0 to 10.
PEG = ScoreRule(
    id="peg",
    title="PEG",
    item="total",
    summands=("p", "e", "g"),
    weights={},
    bands=(Band("mild", 0, Decimal("3.9")), Band("severe", 4, 10)),
    facts=(),
    ranges={"p": (0, 10), "e": (0, 10), "g": (0, 10)},
    is_mean=True,
    decimals=1,
)


def score(rule: ScoreRule, numbers: dict[str, int], age: Age | None = None, sex: str | None = None) -> Score:
    sheet = AnswerSheet(EMPTY, {}, {}, {link_id: Decimal(value) for link_id, value in numbers.items()})
    return compute_score(rule, sheet, age, sex)


@pytest.mark.parametrize(
    ("rule", "numbers", "total", "band"),
    [
        ({}, {"p": 7, "e": 5, "g": 6}, 6, "severe"),
        ({}, {"p": 4, "e": 4, "g": 3}, Decimal("3.7"), "mild"),
        ({}, {"p": 0, "e": 0, "g": 0}, 0, "mild"),
        ({}, {"p": 7, "e": 5}, None, None),
        ({"prorated_from": 2}, {"p": 7, "e": 5}, 6, "severe"),
        ({"prorated_from": 2}, {"p": 7}, None, None),
        ({"is_mean": False, "prorated_from": 2}, {"p": 3, "e": 2}, Decimal("7.5"), "severe"),
        ({"is_mean": False, "decimals": 0, "prorated_from": 2}, {"p": 3, "e": 2}, 8, "severe"),
        ({"factors": {"p": 2}}, {"p": 8, "e": 4, "g": 4}, 6, "severe"),
        ({"is_mean": False, "factors": {"p": Decimal("0.5")}}, {"p": 5, "e": 1, "g": 1}, Decimal("4.5"), "severe"),
    ],
)
def test_the_total_is_computed_as_the_rule_says(
    rule: dict[str, Any], numbers: dict[str, int], total: Number | None, band: str | None
) -> None:
    judged = score(replace(PEG, **rule), numbers)
    assert (judged.total, judged.band) == (total, band)


def test_the_total_that_open_items_leave_possible() -> None:
    judged = score(PEG, {"p": 7, "e": 5})
    assert (judged.low, judged.high, judged.missing) == (4, Decimal("7.3"), ("g",))


def test_the_least_and_the_greatest_total() -> None:
    assert (PEG.lowest, PEG.highest, len(list(PEG.possible_totals()))) == (0, 10, 101)


WOMEN = BandGroup((Band("mild", 0, 10),), sex="female")
OLD = BandGroup((Band("severe", 0, 10),), age_from=65)
YOUNG = BandGroup((Band("minimal", 0, 10),), age_below=18)


@pytest.mark.parametrize(
    ("age", "sex", "band"),
    [
        (Age(70, 70), "female", "severe"),
        (Age(64, 64), "female", "mild"),
        (Age(64, 65), "female", None),
        (Age(40, 40), "male", "severe"),
        (Age(40, 40), None, None),
        (Age(17, 17), None, "minimal"),
        (None, None, None),
    ],
)
def test_the_band_is_that_of_the_age_and_the_sex(age: Age | None, sex: str | None, band: str | None) -> None:
    rule = replace(PEG, groups=(YOUNG, OLD, WOMEN))
    assert score(rule, {"p": 7, "e": 5, "g": 6}, age, sex).band == band


def test_the_least_total_of_weights_from_1_is_not_0() -> None:
    five = {"never": 1, "always": 5}
    promis = replace(PEG, ranges={}, weights={"p": five, "e": five, "g": five})
    assert (promis.lowest, promis.highest) == (1, 5)
    assert (replace(promis, is_mean=False).lowest, replace(promis, is_mean=False).highest) == (3, 15)
