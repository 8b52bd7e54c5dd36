"""The submission that results are written from: its responses, and the assessment of them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from service.fhir.frozen_json import FrozenArray, FrozenObject, freeze_object
from service.fhir.ids import STARTS, as_uuid, derived_id, id_start
from service.fhir.r4.datetimes import format_instant, utc_date
from service.fhir.r4.types import Resource
from service.fhir.results.origin.labelled_tests import is_labelled_test
from service.fhir.results.tasks.call import Call
from service.fhir.results.tasks.earlier_tasks import OpenTask
from service.screening.instruments.answer_sheet import AnswerSheet
from service.screening.instruments.response import Response
from service.screening.rules.assessment import Assessment, ResponseResults, highest_flags
from service.screening.rules.red_flags import Flag
from service.screening.rules.response_selection import NOT_YET, USABLE, Acceptance
from service.screening.rules.safety_changes import LoweredAnswer

# The types that both QuestionnaireResponse.author or source and Observation.performer can refer to.
PERFORMERS = ("Practitioner", "PractitionerRole", "Organization", "CareTeam", "Patient", "RelatedPerson")

NOTHING = FrozenObject()
IMPRESSION_SLOT = "impression"


def reference_type(reference: Resource) -> str:
    """Returns the resource type that a Reference points to, or an empty string if it does not say."""
    segments = str(reference.get("reference", "")).split("/_history/")[0].split("/")
    return str(reference.get("type") or (segments[-2] if len(segments) > 1 else ""))


def is_reachable(reference: Resource | None) -> bool:
    """True if a Reference means the same outside its resource. A reference to a contained resource does not."""
    return bool(reference) and not str((reference or {}).get("reference", "")).startswith("#")


@dataclass(frozen=True)
class SourceResponse:
    """One response that a submission uses.

    ``resource``: as received. ``response``: the same in our linkIds and codes. ``sheet``: its answers by linkId.
    ``version``: its version here. ``source``: the base of the server that it was fetched from; empty if sent to us.
    ``accepted``: its place in the order of acceptance. ``lowered_answers``: safety answers that it lowers compared with
    its earlier versions. ``recognised``: its questionnaire is not known, its instrument was recognised by codes.

    The elements that several results share are frozen.
    """

    resource: Resource
    response: Response
    sheet: AnswerSheet
    received: datetime
    version: int = 1
    source: str = ""
    accepted: Acceptance = NOT_YET
    lowered_answers: tuple[LoweredAnswer, ...] = ()
    recognised: bool = False
    # The ids derived so far, by type and slot, and those of answers by linkId and key: an Observation and each
    # reference to it need the same id. They serve "assess and compose" of `make bench`.
    derived_ids: dict[tuple[str, str], str] = field(default_factory=dict, init=False, repr=False, compare=False)
    answer_ids: dict[tuple[str, str], str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def id(self) -> str:
        """The id of the QuestionnaireResponse."""
        return self.response.id

    @property
    def instrument_name(self) -> str:
        """The name of the instrument that the response answers."""
        return self.sheet.instrument.name

    @property
    def is_unfinished(self) -> bool:
        """True if the response is not completed: only its safety items are evaluated."""
        return self.response.status not in USABLE

    @property
    def is_test(self) -> bool:
        """True if the response is labelled as a test."""
        return is_labelled_test(self.resource)

    @property
    def order_time(self) -> datetime:
        """The time by which responses are ordered: ``authored``, or if absent the time of receipt."""
        return self.response.authored.sort_key if self.response.authored else self.received

    @property
    def day(self) -> str:
        """The day of answering as the sender wrote it (``2026-11-21``), or if absent the day of receipt in UTC."""
        authored = self.response.authored
        return authored.text[:10] if authored else utc_date(self.received)

    @cached_property
    def reference(self) -> FrozenObject:
        """Reference to the response."""
        return FrozenObject(reference=f"QuestionnaireResponse/{self.id}")

    @property
    def performer(self) -> FrozenObject:
        """``{"performer": [...]}`` with the author, else the source, if Observation.performer allows its type.

        An empty object if neither is present and allowed.
        """
        if "author" not in self.resource and "source" not in self.resource:
            return NOTHING
        references = [self.resource[role] for role in ("author", "source") if is_reachable(self.resource.get(role))]
        performer = next((reference for reference in references if reference_type(reference) in PERFORMERS), None)
        return NOTHING if performer is None else freeze_object({"performer": [performer]})

    @property
    def encounter(self) -> FrozenObject:
        """``{"encounter": ...}``; an empty object if it is absent or refers to a contained resource."""
        encounter = self.resource.get("encounter")
        return freeze_object({"encounter": encounter}) if is_reachable(encounter) else NOTHING

    @property
    def requests(self) -> FrozenObject:
        """``basedOn`` and ``partOf``, as far as Observations may have them (SDC, extraction)."""
        if "basedOn" not in self.resource and "partOf" not in self.resource:
            return NOTHING
        based_on = [each for each in self.resource.get("basedOn", ()) if is_reachable(each)]
        part_of = [each for each in self.resource.get("partOf", ()) if reference_type(each) == "Procedure"]
        part_of = [each for each in part_of if is_reachable(each)]
        elements = {"basedOn": based_on, "partOf": part_of}
        return freeze_object({name: references for name, references in elements.items() if references})

    @cached_property
    def shared_elements(self) -> FrozenObject:
        """The elements that all Observations of the response share: subject, encounter, effective[x], issued."""
        subject = FrozenObject(reference=self.response.patient)
        elements: Resource = {**self.requests, "subject": subject, **self.encounter}
        authored = self.response.authored
        if authored is not None:
            elements["effectiveDateTime"] = authored.text
            if authored.is_instant:
                elements["issued"] = authored.text
        return FrozenObject(elements)

    @cached_property
    def answer_elements(self) -> FrozenObject:
        """The elements that the Observations of all answers share: the shared ones, performer and derivedFrom."""
        return FrozenObject({**self.shared_elements, **self.performer, "derivedFrom": FrozenArray([self.reference])})

    @cached_property
    def id_start(self) -> "hashlib._Hash":
        """What the ids of all results of the response begin with."""
        return id_start(self.source, self.id)

    def derived_id(self, type_name: str, slot: str) -> str:
        """Returns the id of the result in a slot of this response: ``derived_id("Observation", "score/phq-9")``."""
        found = self.derived_ids.get((type_name, slot))
        if found is None:
            found = self.derived_ids[type_name, slot] = as_uuid(self.id_start, slot, STARTS[type_name])
        return found

    def answer_id(self, link_id: str, key: str) -> str:
        """Returns the id of one answer's Observation. ``key`` is the answer's system|code or its index."""
        found = self.answer_ids.get((link_id, key))
        if found is None:
            slot = f"item/{self.sheet.instrument.paths[link_id]}/{key}"
            found = self.answer_ids[link_id, key] = as_uuid(self.id_start, slot, STARTS["Observation"])
        return found


def impression_id_of(lead_id: str, source: str = "") -> str:
    """Returns the id of the ClinicalImpression of a submission, from the id and ``source`` of its lead response."""
    return derived_id("ClinicalImpression", source, lead_id, IMPRESSION_SLOT)


@dataclass(frozen=True)
class Submission:
    """One submission: the responses that it brings and uses, and the assessment of them.

    ``sources``: every response used, by id. ``own_ids``: ids of those that the submission brings itself.
    ``lead_id``: the response from whose id the impression's id is derived. ``as_of``: the time of assessment.
    ``previous``: id of the impression before this one. ``calls``: the new Tasks that call a person. ``standing``:
    references of open Tasks that call for its red flags already; ``called_again``: those of them that nobody has taken
    and that were needed again now.
    ``first_lead_id``: the lead when the submission was accepted, if that response was withdrawn since.
    ``occasion``: names the new version of another own response than the lead, if that is why results are written.
    ``carried_changes``: extensions ``safety-answer-changed`` about responses that were used and withdrawn.
    ``birth_date``, ``gender``, ``phone`` (a ContactPoint): of the Patient. ``earlier``: the submission of ``previous``,
    by the current rules and answers.
    ``open_tasks``: the Tasks of submissions before this one that are not known to be closed, the most urgent first.
    ``counterfactuals``: whether the evidence of findings contains the changes of answers by which they fall.
    """

    sources: Mapping[str, SourceResponse]
    own_ids: tuple[str, ...]
    lead_id: str
    assessment: Assessment
    as_of: datetime
    now: datetime
    previous: str | None = None
    calls: tuple[Call, ...] = ()
    standing: tuple[str, ...] = ()
    called_again: tuple[str, ...] = ()
    first_lead_id: str = ""
    occasion: str = ""
    carried_changes: tuple[Resource, ...] = ()
    birth_date: str | None = None
    gender: str | None = None
    phone: Resource | None = None
    earlier: "Submission | None" = None
    open_tasks: tuple[OpenTask, ...] = ()
    counterfactuals: bool = False

    @cached_property
    def is_partial(self) -> bool:
        """True if the submission brings no completed response: only safety items were evaluated."""
        return all(source.is_unfinished for source in self.own_sources)

    @property
    def has_lowered_answers(self) -> bool:
        """True if a safety answer of a response used was lowered or withdrawn."""
        for source in self.sources.values():
            if source.lowered_answers:
                return True
        return bool(self.carried_changes)

    @property
    def lead_source(self) -> SourceResponse:
        """The lead response."""
        return self.sources[self.lead_id]

    @cached_property
    def own_sources(self) -> list[SourceResponse]:
        """The responses that the submission brings itself."""
        return [self.sources[id] for id in self.own_ids]

    @property
    def own_flags(self) -> dict[str, Flag]:
        """The red flags that these responses raise, each once at its highest level, by code. A test raises none."""
        return highest_flags(self.results_of(source.id) for source in self.own_sources if not source.is_test)

    @property
    def patient(self) -> Resource:
        """A new Reference to the patient."""
        return {"reference": self.lead_source.response.patient}

    @cached_property
    def impression_id(self) -> str:
        """The id of the ClinicalImpression."""
        if self.first_lead_id:
            return impression_id_of(self.first_lead_id, self.lead_source.source)
        return self.lead_source.derived_id("ClinicalImpression", IMPRESSION_SLOT)

    @property
    def version_slot(self) -> str:
        """What tells Provenance and Task of this version of the submission from those of others."""
        return f"{self.lead_source.version}{self.occasion}"

    @property
    def effective(self) -> str:
        """The time of assessment as FHIR dateTime, written as the response that determines it wrote it."""
        for source in self.sources.values():
            authored = source.response.authored
            if authored is not None and authored.sort_key == self.as_of:
                return authored.text
        return format_instant(self.as_of)

    @property
    def alone(self) -> "Submission":
        """The submission without anything that came before it."""
        return replace(self, earlier=None, open_tasks=())

    @cached_property
    def day(self) -> str:
        """The day of the newest answers used."""
        return self.newest_source.day

    @property
    def newest_source(self) -> SourceResponse:
        """The response with the newest answers."""
        if len(self.sources) == 1:
            return next(iter(self.sources.values()))
        return max(self.sources.values(), key=lambda source: source.order_time)

    def results_of(self, id: str) -> ResponseResults:
        """Returns the scores, flags and contradictions of one response."""
        return self.assessment.responses[id]
