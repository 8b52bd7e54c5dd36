"""What a change of rules does to responses given before: who gains, loses or changes a finding; stores nothing.

Each response is an act of its own, in the order of time, beside the patient's earlier ones.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from service.fhir.acts import Act, Part
from service.fhir.assessing import assess_act, dated
from service.fhir.ids import content_id
from service.fhir.intake import Desk, prepare
from service.fhir.reading import Resource
from service.fhir.records import History, Stored
from service.screening.faults import Fault, Rejected

# What was found, by what it is about: ("red flag", code), ("pattern", id), ("band", score) or ("urgency", "").
Subject = tuple[str, str]
Findings = Mapping[Subject, str]


@dataclass(frozen=True)
class Change:
    """One finding under the old rules and under the new; None where it is not found."""

    subject: Subject
    old: str | None
    new: str | None


@dataclass(frozen=True)
class Compared:
    """One response: what changes, and why it could not be taken under the old or the new rules."""

    resource: Resource
    changes: tuple[Change, ...]
    refused: tuple[Fault, ...] = ()


@dataclass
class Shelf:
    """The responses of one patient taken so far."""

    parts: dict[str, Part] = field(default_factory=dict)

    def responses(self, ids: Sequence[str]) -> Sequence[Stored]:
        """The responses of these ids."""
        return [Stored(self.parts[id].resource, self.parts[id].received, self.parts[id].version) for id in ids]

    @property
    def history(self) -> History:
        return History(responses=[dated(part) for part in self.parts.values()])


@dataclass(frozen=True)
class Outcome:
    """What one response came to under one set of rules, or why it could not be taken."""

    findings: Findings
    faults: tuple[Fault, ...] = ()


def compare(
    resources: Iterable[Resource], old: Desk, new: Desk, now: datetime, births: Mapping[str, str]
) -> Iterator[Compared]:
    """Every response, in the order given. ``births`` holds birth dates by the reference of the patient."""
    named = [{**resource, "id": resource.get("id") or content_id(resource)} for resource in resources]
    before, after = (replay(named, desk, now, births) for desk in (old, new))
    for resource in named:
        own, other = before[resource["id"]], after[resource["id"]]
        refused = tuple(dict.fromkeys((*own.faults, *other.faults)))
        yield Compared(resource, () if refused else tuple(changes(own.findings, other.findings)), refused)


def changes(old: Findings, new: Findings) -> Iterator[Change]:
    """Every finding that came, went or is another."""
    for subject in dict.fromkeys((*old, *new)):
        if old.get(subject) != new.get(subject):
            yield Change(subject, old.get(subject), new.get(subject))


def replay(resources: Sequence[Resource], desk: Desk, now: datetime, births: Mapping[str, str]) -> dict[str, Outcome]:
    """What each response comes to, by id, as if they had arrived one by one in the order of time."""
    outcomes: dict[str, Outcome] = {}
    parts = []
    for resource in resources:
        try:
            parts.append(prepare(resource, desk, now)[0])
        except Rejected as problem:
            outcomes[resource["id"]] = Outcome({}, tuple(problem.faults))
    shelves: dict[str, Shelf] = {}
    for part in sorted(parts, key=lambda part: (part.ordered, part.name, part.id)):
        patient = part.response.patient
        shelf = shelves.setdefault(patient, Shelf())
        act = assess_act([part], desk, part.ordered, shelf.history, shelf, births.get(patient))
        outcomes[part.id] = Outcome(findings(act))
        shelf.parts[part.id] = part
    return outcomes


def findings(act: Act) -> Findings:
    """What an act came to, in codes."""
    found: dict[Subject, str] = {("urgency", ""): act.assessment.urgency.code}
    for judged in act.assessment.responses.values():
        for score in judged.scores:
            found["band", score.rule.id] = "no total" if score.total is None else f"{score.total} {score.band}"
    for code, flag in act.assessment.raised.items():
        found["red flag", code] = flag.level.code
    for item in act.assessment.patterns.reported:
        found["pattern", item.pattern.id] = f"{item.confidence.code}, {item.urgency.code}"
    return found
