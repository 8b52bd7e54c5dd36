"""The findings of a batch in groups: the rows that have a finding of one kind and code, each with its value."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from service.population.columns.assess_rows import InstrumentFindings, RowFindings
from service.population.columns.rows import NOWHERE
from service.screening.rules.patterns import Confidence
from service.screening.rules.urgency import Urgency

FindingKind = Literal["urgency", "red flag", "pattern", "band"]
LEVELS = tuple(level.code for level in Urgency)
# The words of a score that has no total, and of a total that is in no band.
NO_TOTAL, NO_BAND = "no total", "no band"
PATTERN_WORDS = tuple(
    f"{confidence.code}, {level.code}" for confidence in sorted(Confidence) for level in sorted(Urgency)
)


class FindingGroup(NamedTuple):
    """``values``: for each of ``rows`` the place in ``words``. ``totals``: of scores, NaN without a total."""

    kind: FindingKind
    code: str
    rows: npt.NDArray[np.intp]
    values: npt.NDArray[np.integer[Any]]
    words: tuple[str, ...]
    totals: npt.NDArray[np.float64] | None = None


def finding_groups(findings: RowFindings) -> Iterator[FindingGroup]:
    """All findings. Those of a submission are in the row of its last response."""
    last = np.flatnonzero(np.diff(findings.submission_of, append=len(findings.urgency)))
    yield FindingGroup("urgency", "", last, findings.urgency, LEVELS)
    for own in findings.instruments.values():
        yield from response_groups(own)
    for id, pattern in findings.patterns.items():
        there = np.flatnonzero(pattern.confidence)
        words = (pattern.confidence[there].astype(np.int16) - 1) * len(LEVELS) + pattern.urgency[there]
        yield FindingGroup("pattern", id, last[there], words, PATTERN_WORDS)


def response_groups(own: InstrumentFindings) -> Iterator[FindingGroup]:
    """The red flags and the bands of the responses to one instrument."""
    for code, levels in own.flags.items():
        there = np.flatnonzero(levels)
        yield FindingGroup("red flag", code, own.places[there], levels[there], LEVELS)
    for id, score in own.scores.items():
        there = np.flatnonzero(score.exists)
        is_total, band = score.is_total[there], score.band[there]
        values = np.where(is_total, np.where(band == NOWHERE, 1, band + 2), 0)
        totals = np.where(is_total, score.low[there] / 10**score.decimals, np.nan)
        yield FindingGroup("band", id, own.places[there], values, (NO_TOTAL, NO_BAND, *score.bands), totals)
