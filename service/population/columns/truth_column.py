"""A column of truth values of Kleene's logic: a bit for true and a bit for false per row; neither is unknown."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Bools: TypeAlias = npt.NDArray[np.bool_]
# Eight rows per byte; the bits after the last row mean nothing.
Bits: TypeAlias = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class TruthColumn:
    """The truth of a condition in each of ``count`` rows."""

    count: int
    true: Bits
    false: Bits

    @classmethod
    def of(cls, true: Bools, false: Bools) -> "TruthColumn":
        """The column of the rows where it is true and of those where it is false."""
        return cls(len(true), np.packbits(true), np.packbits(false))

    @classmethod
    def two_valued(cls, true: Bools) -> "TruthColumn":
        """The column that is false where it is not true."""
        packed = np.packbits(true)
        return cls(len(true), packed, ~packed)

    @classmethod
    def constant(cls, count: int, value: bool | None) -> "TruthColumn":
        """The column with one value in every row."""
        size = -(-count // 8)
        full, empty = np.full(size, 255, np.uint8), np.zeros(size, np.uint8)
        return cls(count, full if value is True else empty, full if value is False else empty)

    def __and__(self, other: "TruthColumn") -> "TruthColumn":
        return TruthColumn(self.count, self.true & other.true, self.false | other.false)

    def __or__(self, other: "TruthColumn") -> "TruthColumn":
        return TruthColumn(self.count, self.true | other.true, self.false & other.false)

    def __invert__(self) -> "TruthColumn":
        return TruthColumn(self.count, self.false, self.true)

    def unless_false(self) -> "TruthColumn":
        """True where it is unknown."""
        return TruthColumn(self.count, ~self.false, self.false)

    @property
    def is_true(self) -> Bools:
        """The rows where it is true."""
        return unpacked(self.true, self.count)

    @property
    def is_unknown(self) -> Bools:
        """The rows where it is neither true nor false."""
        return unpacked(~(self.true | self.false), self.count)


def unpacked(bits: Bits, count: int) -> Bools:
    """The bits of so many rows, one byte each."""
    return np.unpackbits(bits, count=count).view(np.bool_)
