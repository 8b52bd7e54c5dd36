"""The cases that the rules are evaluated on, one per row."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from service.population.columns.rows import SheetColumns
from service.population.columns.truth_column import Bools, TruthColumn
from service.screening.rules.case import BlankMeaning, Condition, Feature, FlagKind

Levels: TypeAlias = npt.NDArray[np.int8]
Years: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class AgeColumns:
    """The least and the greatest age in whole years of each row; ``is_known``: there is one."""

    low: Years
    high: Years
    is_known: Bools

    def at(self, places: npt.NDArray[np.intp]) -> "AgeColumns":
        """The ages of other rows, by their place here."""
        return AgeColumns(self.low[places], self.high[places], self.is_known[places])


@dataclass(frozen=True)
class ScoreColumns:
    """A score of each row, in units of its last decimal: ``low`` and ``high`` are equal if there is a total.

    ``exists``: the row has the instrument. ``left_open``: an unanswered summand was shown. ``band``: the place in
    ``bands``, or NOWHERE.
    """

    exists: Bools
    is_total: Bools
    low: Years
    high: Years
    decimals: int
    left_open: Bools
    band: npt.NDArray[np.int8]
    bands: tuple[str, ...]

    def at(self, places: npt.NDArray[np.intp]) -> "ScoreColumns":
        """The scores of other rows, by their place here; a place below 0 is no score."""
        there = places >= 0
        columns = {name: getattr(self, name)[places] for name in ("is_total", "low", "high", "left_open", "band")}
        return replace(self, exists=there, **columns)


@dataclass
class CaseColumns:
    """As `Case`, of ``count`` rows. ``kinds``: of all red flags, by code. ``raised``: by code the level in each row,
    0 where it is not raised. ``memo`` has the values of the features."""

    count: int
    sheets: Mapping[str, SheetColumns]
    scores: Mapping[str, ScoreColumns]
    age: AgeColumns
    features: Mapping[str, Feature]
    kinds: Mapping[str, FlagKind]
    in_flags: bool = False
    blanks: Mapping[str, BlankMeaning] = field(default_factory=dict)
    raised: Mapping[str, Levels] = field(default_factory=dict)
    unjudged: Mapping[str, Bools] = field(default_factory=dict)
    reported: Mapping[str, Bools] = field(default_factory=dict)
    memo: dict[str, TruthColumn] = field(default_factory=dict)

    def definition(self, id: str) -> "tuple[Condition, CaseColumns]":
        """The condition of a feature that applies to these cases, and the cases on which it is evaluated."""
        feature = self.features[id]
        condition = feature.in_flags if self.in_flags and feature.in_flags is not None else feature.when
        if self.in_flags and feature.blanks_stay_unknown:
            return condition, replace(self, in_flags=False, memo={})
        return condition, self

    def nowhere(self) -> Bools:
        """False in every row."""
        return np.zeros(self.count, np.bool_)


class CannotCompile(ValueError):
    """The rules contain what has no operation on columns."""
