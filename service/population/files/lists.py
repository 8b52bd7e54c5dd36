"""The lists of a batch: a line per finding, or per finding that two rule sets do not share."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from service.population.files.finding_groups import FindingGroup, FindingKind

# The columns of a response that each line repeats.
REPEATED = ["response", "submission", "patient", "instrument", "authored"]
Places: TypeAlias = npt.NDArray[np.intp]
# How often a finding occurs: by kind, code and value, or by kind, code, old and new value.
Counts = Counter[tuple[str | None, ...]]


class Vocabulary:
    """The distinct words of a column, each with a number; 0 is no word."""

    def __init__(self) -> None:
        self.words: list[str | None] = [None]
        self.number_of: dict[str, int] = {}

    def number(self, word: str) -> int:
        """The number of a word."""
        if word not in self.number_of:
            self.number_of[word] = len(self.words)
            self.words.append(word)
        return self.number_of[word]

    def numbers(self, group: FindingGroup) -> npt.NDArray[np.int32]:
        """The number of the value of each row of a group."""
        table = np.array([self.number(word) for word in group.words], np.int32)
        found: npt.NDArray[np.int32] = table[group.values]
        return found

    def column(self, numbers: npt.NDArray[np.int32]) -> pa.Array:
        """The words with these numbers."""
        return pa.DictionaryArray.from_arrays(numbers, pa.array(self.words, pa.string())).cast(pa.string())


class Lines(NamedTuple):
    """Lines of a list about one kind and code: their rows, and the columns beside."""

    kind: FindingKind
    code: str
    rows: Places
    columns: tuple[npt.NDArray[Any], ...]


def list_findings(rows: pa.Table, groups: Iterable[FindingGroup]) -> tuple[pa.Table, Counts]:
    """A line per finding, in the order of the rows, and the number of findings of each kind, code and value."""
    words, lines, counts = Vocabulary(), list[Lines](), Counts()
    for group in groups:
        totals = np.full(len(group.rows), np.nan) if group.totals is None else group.totals
        lines.append(Lines(group.kind, group.code, group.rows, (words.numbers(group), totals)))
        for place, number in enumerate(np.bincount(group.values, minlength=len(group.words)).tolist()):
            if number:
                counts[group.kind, group.code, group.words[place]] += number
    return list_of(rows, lines, (("value", words.column), ("total", number_column))), counts


def list_changes(rows: pa.Table, old: Sequence[FindingGroup], new: Sequence[FindingGroup]) -> tuple[pa.Table, Counts]:
    """A line per finding that was gained, lost or changed, and the number of each change, of urgency also of none."""
    words, lines, counts = Vocabulary(), list[Lines](), Counts()
    for kind, code in dict.fromkeys((group.kind, group.code) for group in (*old, *new)):
        before, after = (spread(groups, kind, code, rows.num_rows, words) for groups in (old, new))
        same_total = (before[1] == after[1]) | (np.isnan(before[1]) & np.isnan(after[1]))
        changed = np.flatnonzero((before[0] != after[0]) | ~same_total)
        columns = (before[0][changed], after[0][changed], before[1][changed], after[1][changed])
        lines.append(Lines(kind, code, changed, columns))
        counted = np.flatnonzero(before[0] | after[0]) if kind == "urgency" else changed
        count_pairs(counts, kind, code, before[0][counted], after[0][counted], words)
    named = (("old", words.column), ("new", words.column), ("old_total", number_column), ("new_total", number_column))
    return list_of(rows, lines, named), counts


def spread(
    groups: Iterable[FindingGroup], kind: FindingKind, code: str, count: int, words: Vocabulary
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """The number of the value, and the total, of every row; 0 and NaN in those without the finding."""
    values, totals = np.zeros(count, np.int32), np.full(count, np.nan)
    for group in groups:
        if (group.kind, group.code) == (kind, code):
            values[group.rows] = words.numbers(group)
            if group.totals is not None:
                totals[group.rows] = group.totals
    return values, totals


def count_pairs(
    counts: Counts,
    kind: FindingKind,
    code: str,
    old: npt.NDArray[np.int32],
    new: npt.NDArray[np.int32],
    words: Vocabulary,
) -> None:
    """Counts each pair of old and new value."""
    pairs, numbers = np.unique(np.stack((old, new)), axis=1, return_counts=True)
    for (before, after), number in zip(pairs.T.tolist(), numbers.tolist(), strict=True):
        counts[kind, code, words.words[before], words.words[after]] += number


def list_of(
    rows: pa.Table, lines: Sequence[Lines], named: Sequence[tuple[str, Callable[[npt.NDArray[Any]], pa.Array]]]
) -> pa.Table:
    """The lines as a table in the order of the rows. ``named``: name and type of each column beside."""
    places = np.concatenate([each.rows for each in lines] or [np.zeros(0, np.intp)])
    order = np.argsort(places, kind="stable")
    kinds, codes = Vocabulary(), Vocabulary()
    sizes = [len(each.rows) for each in lines]
    kind = np.repeat(np.array([kinds.number(each.kind) for each in lines], np.int32), sizes)
    code = np.repeat(np.array([codes.number(each.code) for each in lines], np.int32), sizes)
    table = rows.select(REPEATED).take(pa.array(places[order]))
    table = table.append_column("kind", kinds.column(kind[order])).append_column("code", codes.column(code[order]))
    for number, (name, column) in enumerate(named):
        values = np.concatenate([each.columns[number] for each in lines] or [np.zeros(0)])
        table = table.append_column(name, column(values[order]))
    return table


def number_column(values: npt.NDArray[Any]) -> pa.Array:
    """Numbers; none where there is NaN."""
    return pa.array(values.astype(np.float64), from_pandas=True)


def sorted_counts(counts: Counts) -> Iterator[tuple[tuple[str | None, ...], int]]:
    """The counts by kind and code, the most frequent first."""
    return iter(sorted(counts.items(), key=lambda e: (e[0][0] or "", e[0][1] or "", -e[1], str(e[0]))))
