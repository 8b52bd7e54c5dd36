"""Rows of coded answers as columns of numpy: a batch whose submissions are whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from service.population.columns.truth_column import Bools
from service.screening.instruments.coded_answers import UNSURE, Questions

Integers: TypeAlias = npt.NDArray[np.integer]
Times: TypeAlias = npt.NDArray[np.int64]
# The place of something that is not there.
NOWHERE = -1
# The day of a birth date that is not known.
NO_DAY = np.iinfo(np.int32).min


@dataclass(frozen=True)
class CodedRows:
    """A batch of responses. The rows of a submission follow each other, in the order in which it brought them.

    ``questions``: by instrument. ``instrument``: the place of the name in ``instruments``. ``authored``: microseconds
    since 1970 in UTC. ``is_finished``: all answers were judged, not those to safety items alone. ``born_first`` and
    ``born_last``: the days since 1970 between which the patient was born, or NO_DAY. ``sex``: the place in ``sexes``.
    ``answers``: by linkId, the integers of `coded_answers`. ``numbers``: by linkId, NaN without an answer.
    """

    questions: Mapping[str, Questions]
    instruments: tuple[str, ...]
    submission: Times
    instrument: Integers
    authored: Times
    is_finished: Bools
    born_first: Integers
    born_last: Integers
    sexes: tuple[str, ...]
    sex: Integers
    answers: Mapping[str, Integers]
    numbers: Mapping[str, npt.NDArray[np.float64]]

    @property
    def count(self) -> int:
        """The number of rows."""
        return len(self.submission)

    def rows_of(self, name: str) -> npt.NDArray[np.intp]:
        """The places of the rows of an instrument."""
        if name not in self.instruments:
            return np.zeros(0, np.intp)
        return np.flatnonzero(self.instrument == self.instruments.index(name))


@dataclass(frozen=True)
class SheetColumns:
    """The answers of one instrument in the rows ``places`` of a batch; NOWHERE is no answer sheet."""

    rows: CodedRows
    questions: Questions
    places: npt.NDArray[np.intp]
    read: dict[str, Integers] = field(default_factory=dict)

    def column(self, link_id: str) -> Integers:
        """The integers of a question; without an answer sheet whether it was shown is unknown."""
        if link_id not in self.read:
            found = self.rows.answers.get(link_id)
            column = np.zeros(len(self.places), np.uint16) if found is None else found[self.places]
            self.read[link_id] = np.where(self.places == NOWHERE, column.dtype.type(UNSURE), column)
        return self.read[link_id]

    def options(self, link_id: str) -> tuple[str, ...]:
        """The codes of the options of a question; none if the rows do not have it."""
        return self.questions.get(link_id, ())
