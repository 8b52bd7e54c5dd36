"""Visits of one patient through the store: each is one submission of several responses, with the age and sex known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.adapters.database.store import DatabaseStore
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.fhir.results.bundle import transaction_bundle
from service.ports.submissions import NewSubmission
from service.usecases.responses.compose import compose_submission
from service.usecases.responses.prepare import AssessmentContext, check_submission
from tests.support.building import context
from tests.support.responses.written import one


@dataclass
class Visits:
    """A patient whose visits are stored one after the other."""

    store: DatabaseStore
    birth_date: str | None = None
    gender: str | None = None
    context: AssessmentContext | None = None

    def visit(self, resources: Sequence[Resource], now: datetime) -> Resource:
        """The Bundle of one visit, which is then stored."""
        used = self.context or context()
        sources = [check_submission(resource, used, now)[0] for resource in resources]
        history = self.store.read_history(sources[0].response.patient)
        known = (self.birth_date, self.gender)
        submission, raised = compose_submission(sources, used, now, history, self.store, *known)
        bundle = transaction_bundle(submission, used.knowledge)
        bodies = {source.id: encode(source.resource) for source in sources}
        digests = dict.fromkeys(bodies, "")
        rules = used.knowledge.rules.canonical
        new = NewSubmission(submission, bundle, bodies, digests, history.revision, rules, raised_tasks=raised)
        self.store.save_submission(new)
        return bundle


def summary_in(bundle: Resource) -> str:
    return str(one(bundle, "ClinicalImpression")["summary"])


def notes_in(bundle: Resource) -> list[str]:
    return [note["text"] for note in one(bundle, "ClinicalImpression")["note"]]
