"""The patterns of each case: as `evaluate_patterns` gives them for one case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from service.population.columns.case_columns import CaseColumns, Levels
from service.population.columns.conditions import truth_of
from service.population.columns.truth_column import Bools
from service.screening.rules.patterns import Confidence, Pattern


@dataclass(frozen=True)
class PatternColumns:
    """The confidence of a pattern in each row, 0 where it is not reported, and its urgency."""

    confidence: Levels
    urgency: Levels

    def at(self, rows: Bools) -> "PatternColumns":
        """The same among more rows: it is not reported where ``rows`` is false."""
        wide = PatternColumns(np.zeros(len(rows), np.int8), np.zeros(len(rows), np.int8))
        wide.confidence[rows], wide.urgency[rows] = self.confidence, self.urgency
        return wide


def pattern_columns(patterns: Sequence[Pattern], case: CaseColumns) -> dict[str, PatternColumns]:
    """Evaluates the patterns in their order: conditions may name patterns that come earlier."""
    reported: dict[str, Bools] = {}
    found: dict[str, PatternColumns] = {}
    case = replace(case, reported=reported, memo={})
    for pattern in patterns:
        found[pattern.id] = one_pattern(pattern, case, found)
        reported[pattern.id] = found[pattern.id].confidence > 0
    return found


def one_pattern(pattern: Pattern, case: CaseColumns, above: Mapping[str, PatternColumns]) -> PatternColumns:
    """The confidence and urgency of one pattern."""
    is_reported = truth_of(pattern.gate_condition, case).is_true
    if not is_reported.any():
        return PatternColumns(np.zeros(case.count, np.int8), np.zeros(case.count, np.int8))
    score = np.zeros(case.count, np.int16)
    for line in pattern.lines:
        score += truth_of(line.when, case).is_true * np.int16(line.weight)
    if pattern.minimum is not None:
        is_reported &= score >= pattern.minimum
    confidence = confidence_column(pattern, score, case, above)
    urgency = urgency_column(pattern, case)
    return PatternColumns(np.where(is_reported, confidence, 0).astype(np.int8), urgency * is_reported)


def confidence_column(
    pattern: Pattern, score: npt.NDArray[np.int16], case: CaseColumns, above: Mapping[str, PatternColumns]
) -> Levels:
    """As `pattern_confidence`."""
    if pattern.danger:
        return np.full(case.count, Confidence.NEEDS_CHECKING, np.int8)
    if pattern.band_of is not None:
        band = above[pattern.band_of].confidence
    else:
        band = np.zeros(case.count, np.int8)
        for confidence, low in sorted(pattern.bands):
            band[score >= low] = confidence
    if pattern.raise_band is not None:
        raised = np.minimum(Confidence.FITS_WELL, band + 1)
        band = np.where(truth_of(pattern.raise_band.when, case).is_true, raised, band).astype(np.int8)
    cap = pattern.cap_band
    if cap is not None and cap.cap is not None:
        band = np.where(truth_of(cap.when, case).is_true, np.minimum(cap.cap, band), band).astype(np.int8)
    return band


def urgency_column(pattern: Pattern, case: CaseColumns) -> Levels:
    """As `pattern_urgency`."""
    urgency = np.zeros(case.count, np.int8)
    for line in reversed(pattern.urgency):
        urgency[truth_of(line.when, case).is_true] = line.level
    for each in pattern.at_least:
        if each.flag in case.raised:
            of_flag = np.where(truth_of(each.when, case).is_true, case.raised[each.flag], 0)
            urgency = np.maximum(urgency, of_flag).astype(np.int8)
    return urgency
