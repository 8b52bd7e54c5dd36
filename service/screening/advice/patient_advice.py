"""The page of a patient as a value, which an explanation or a form renders."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from service.screening.advice.advice import BlockName
from service.screening.rules.case import Reason
from service.screening.rules.urgency import Urgency

SENTENCE_END = re.compile(r"(?<=[.!?]) ")


class PatientLine(NamedTuple):
    """One paragraph of the page. ``told``: the answers behind it. ``entries``: a list that follows the text."""

    text: str
    told: tuple[Reason, ...] = ()
    entries: tuple[str, ...] = ()


class PatientBlock(NamedTuple):
    """One block of the page, with its heading; an empty heading for a block without one."""

    name: BlockName
    heading: str
    lines: tuple[PatientLine, ...]


@dataclass(frozen=True)
class PatientAdvice:
    """The page of a patient: its blocks in order, without those that are empty. ``level`` is that of the response."""

    level: Urgency
    blocks: tuple[PatientBlock, ...]

    def block(self, name: BlockName) -> tuple[PatientLine, ...]:
        """Returns the lines of a block; none if the page does not contain it."""
        return next((block.lines for block in self.blocks if block.name == name), ())


def without_repetition(blocks: Iterable[PatientBlock]) -> Iterator[PatientBlock]:
    """Yields the blocks without each sentence and each list of answers that is above it already."""
    sentences: set[str] = set()
    told: set[tuple[Reason, ...]] = set()
    for block in blocks:
        lines = []
        for line in block.lines:
            fresh = [part for part in SENTENCE_END.split(line.text) if part not in sentences]
            sentences.update(fresh)
            if fresh:
                lines.append(line._replace(text=" ".join(fresh), told=() if line.told in told else line.told))
            told.add(line.told)
        yield block._replace(lines=tuple(lines))
