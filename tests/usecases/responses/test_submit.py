"""If-None-Exist in the use case: the store is asked again after each conflict."""

from service.adapters.database.engine import Database
from service.adapters.database.store import DatabaseStore
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.fhir.search.query import SearchQuery
from service.fhir.search.request_parser import parse_search
from service.ports.responses import PatientHistory
from service.ports.submissions import NewSubmission, Receipt, RevisionConflict
from service.usecases.responses.submit import ResendCondition, submit_response
from tests.support.building import NOW, context, with_total

IDENTIFIER = {"system": "http://ehr.example", "value": "7"}


def if_none_exist() -> SearchQuery:
    return parse_search("QuestionnaireResponse", [("identifier", "http://ehr.example|7")], ()).query


def submit(store: DatabaseStore, id: str, resource: Resource, query: SearchQuery | None = None) -> Receipt:
    condition = ResendCondition(query=query)
    return submit_response(resource, encode(resource), context(), store, NOW, lambda: id, condition)


class OvertakenStore(DatabaseStore):
    """A store to which another request writes a response just before the first one is saved."""

    overtaken = False

    def save_submission(self, new: NewSubmission) -> None:
        if not self.overtaken:
            self.overtaken = True
            submit(DatabaseStore(self.database), "r-other", with_total("phq-9", 13, identifier=IDENTIFIER))
            raise RevisionConflict
        super().save_submission(new)


def test_a_response_stored_meanwhile_is_found(sqlite: Database) -> None:
    receipt = submit(OvertakenStore(sqlite), "r-mine", with_total("phq-9", 12), if_none_exist())
    assert (receipt.id, receipt.created) == ("r-other", False)


def test_without_a_condition_the_submission_is_tried_again(sqlite: Database) -> None:
    receipt = submit(OvertakenStore(sqlite), "r-mine", with_total("phq-9", 12))
    assert (receipt.id, receipt.created) == ("r-mine", True)


class OvertakenInSilence(DatabaseStore):
    """A store to which another request writes a match for another patient, after the first one has searched."""

    overtaken = False

    def read_history(self, patient: str) -> PatientHistory:
        history = super().read_history(patient)
        if not self.overtaken:
            self.overtaken = True
            other = with_total("phq-9", 13, identifier=IDENTIFIER, patient="Patient/other")
            submit(DatabaseStore(self.database), "r-other", other)
        return history


def test_the_condition_is_asked_in_the_transaction_that_writes(sqlite: Database) -> None:
    receipt = submit(OvertakenInSilence(sqlite), "r-mine", with_total("phq-9", 12), if_none_exist())
    assert (receipt.id, receipt.created) == ("r-other", False)
