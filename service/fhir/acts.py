"""One act of submitting, as the writing of results needs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from service.fhir.ids import derived_id
from service.fhir.reading import Resource
from service.fhir.times import day, instant
from service.screening.assessment import Assessment, JudgedResponse
from service.screening.instrument import Item
from service.screening.response import Response
from service.screening.selection import USABLE
from service.screening.sheet import AnswerSheet


@dataclass(frozen=True)
class Part:
    """One response that the act draws on: as received, as read in our linkIds and codes, and its version here."""

    resource: Resource
    response: Response
    sheet: AnswerSheet
    received: datetime
    version: int = 1
    source: str = ""

    @property
    def id(self) -> str:
        return self.response.id

    @property
    def name(self) -> str:
        """The name of the instrument answered."""
        return self.sheet.instrument.name

    @property
    def unfinished(self) -> bool:
        """Whether only its safety items are judged yet."""
        return self.response.status not in USABLE

    @property
    def ordered(self) -> datetime:
        """Its place in time: authored, or the receipt that stands in for it."""
        return self.response.authored.order if self.response.authored else self.received

    @property
    def day(self) -> str:
        """The day of answering, as received."""
        authored = self.response.authored
        return authored.text[:10] if authored else day(self.received)

    @property
    def reference(self) -> Resource:
        return {"reference": f"QuestionnaireResponse/{self.id}"}

    def slot(self, type_name: str, slot: str) -> str:
        """The id of what stands in a slot of this response."""
        return derived_id(type_name, self.source, self.id, slot)

    def answer_id(self, link_id: str, key: str) -> str:
        """The id of the Observation of one answer; ``key`` is its system|code or its position."""
        return self.slot("Observation", f"item/{self.paths[link_id]}/{key}")

    @cached_property
    def paths(self) -> dict[str, str]:
        """The linkIds from the root down to each item, joined."""
        return dict(link_id_paths(self.sheet.instrument.items))


def link_id_paths(items: tuple[Item, ...], above: str = "") -> list[tuple[str, str]]:
    """Every linkId with its path."""
    found = []
    for item in items:
        path = f"{above}/{item.link_id}" if above else item.link_id
        found.append((item.link_id, path))
        found += link_id_paths(item.items, path)
    return found


@dataclass(frozen=True)
class Act:
    """What one act brings (``brings``, by id among ``parts``), all that it draws on, and what came of it.

    ``previous`` is the id of the impression before; ``raises_task`` says whether a person must be called.
    """

    parts: Mapping[str, Part]
    brings: tuple[str, ...]
    lead: str
    assessment: Assessment
    as_of: datetime
    now: datetime
    previous: str | None = None
    raises_task: bool = False

    @property
    def early(self) -> bool:
        """Whether the act brings nothing finished, so that only safety items were judged."""
        return all(part.unfinished for part in self.brought)

    @property
    def lead_part(self) -> Part:
        return self.parts[self.lead]

    @property
    def brought(self) -> list[Part]:
        """The responses that the act brings."""
        return [self.parts[id] for id in self.brings]

    @property
    def patient(self) -> Resource:
        return {"reference": self.lead_part.response.patient}

    @property
    def impression_id(self) -> str:
        return self.lead_part.slot("ClinicalImpression", "impression")

    @property
    def effective(self) -> str:
        """The moment of assessment, in the words of the response that gave it."""
        for part in self.parts.values():
            authored = part.response.authored
            if authored is not None and authored.order == self.as_of:
                return authored.text
        return instant(self.as_of)

    def judged(self, id: str) -> JudgedResponse:
        return self.assessment.responses[id]
