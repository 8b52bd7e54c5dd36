"""One act of submitting, as the writing of results needs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from service.fhir.ids import derived_id
from service.fhir.reading import Resource
from service.fhir.times import day, instant
from service.screening.assessment import Assessment, JudgedResponse
from service.screening.response import Response
from service.screening.selection import USABLE
from service.screening.sheet import AnswerSheet

PERFORMERS = ("Practitioner", "PractitionerRole", "Organization", "CareTeam", "Patient", "RelatedPerson")


def reference_type(reference: Resource) -> str:
    """The type of resource that a reference points to, as far as it says."""
    parts = str(reference.get("reference", "")).split("/_history/")[0].split("/")
    return str(reference.get("type") or (parts[-2] if len(parts) > 1 else ""))


def reaches(reference: Resource | None) -> bool:
    """Whether a reference means the same outside of the resource it stands in; one to a contained resource does not."""
    return bool(reference) and not str((reference or {}).get("reference", "")).startswith("#")


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

    @cached_property
    def reference(self) -> Resource:
        return {"reference": f"QuestionnaireResponse/{self.id}"}

    @cached_property
    def performer(self) -> Resource | None:
        """Who answered: the author where an Observation may name that type, else the source."""
        references = (self.resource[role] for role in ("author", "source") if reaches(self.resource.get(role)))
        return next((given for given in references if reference_type(given) in PERFORMERS), None)

    @cached_property
    def encounter(self) -> Resource:
        """The encounter as an element of its results; empty when there is none, or only one inside the response."""
        given = self.resource.get("encounter")
        return {"encounter": given} if reaches(given) else {}

    @cached_property
    def shared(self) -> Resource:
        """The elements that a response gives to each of its Observations alike."""
        made: Resource = {"subject": {"reference": self.response.patient}, **self.encounter}
        authored = self.response.authored
        if authored is not None:
            made["effectiveDateTime"] = authored.text
            if authored.is_instant:
                made["issued"] = authored.text
        return made

    @cached_property
    def slots(self) -> dict[tuple[str, str], str]:
        """The ids derived so far."""
        return {}

    def slot(self, type_name: str, slot: str) -> str:
        """The id of what stands in a slot of this response."""
        key = (type_name, slot)
        if key not in self.slots:
            self.slots[key] = derived_id(type_name, self.source, self.id, slot)
        return self.slots[key]

    def answer_id(self, link_id: str, key: str) -> str:
        """The id of the Observation of one answer; ``key`` is its system|code or its position."""
        return self.slot("Observation", f"item/{self.sheet.instrument.paths[link_id]}/{key}")


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
