"""PUT in the use case: one read of the stored response per try, and conflicts are tried again."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from service.adapters.database.engine import Database
from service.adapters.database.store import DatabaseStore
from service.fhir.r4.strict_json import encode
from service.fhir.r4.types import Resource
from service.issues import Malformed, PreconditionFailed, Unavailable
from service.ports.responses import StoredResponse
from service.ports.submissions import Receipt, ResponseRevision, RevisionConflict
from service.usecases.responses import submit
from service.usecases.responses.amend import put_response
from service.usecases.responses.if_match import EntityTags, Precondition
from service.usecases.responses.submit import MOST_TRIES, TRIES
from tests.support.building import NOW, context, phq


class ConflictingStore(DatabaseStore):
    """A store that refuses the first ``conflicts`` amendments, and records which responses are read."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.conflicts = 0
        self.reads: list[str] = []

    def read_responses(self, ids: Sequence[str]) -> list[StoredResponse]:
        self.reads += ids
        return super().read_responses(ids)

    def save_amendment(self, revision: ResponseRevision) -> None:
        if self.conflicts:
            self.conflicts -= 1
            raise RevisionConflict
        super().save_amendment(revision)


def put(store: DatabaseStore, version: int | None, **elements: object) -> Receipt:
    resource: Resource = {**phq(), "id": "mine", **elements}
    condition = Precondition(None if version is None else EntityTags(frozenset({str(version)})))
    return put_response(resource, encode(resource), condition, context(), store, NOW)


@pytest.fixture
def store(sqlite: Database) -> ConflictingStore:
    made = ConflictingStore(sqlite)
    receipt = put(made, None)
    assert (receipt.id, receipt.version, receipt.created) == ("mine", 1, True)
    made.reads.clear()
    return made


def test_an_amendment_reads_the_stored_response_once(store: ConflictingStore) -> None:
    receipt = put(store, 1, status="amended")
    assert (receipt.version, receipt.created) == (2, False)
    assert store.reads == ["mine"]


def test_the_same_content_reads_the_stored_response_once_and_makes_no_version(store: ConflictingStore) -> None:
    assert put(store, 1).version == 1
    assert store.reads == ["mine"]


def test_each_try_after_a_conflict_reads_the_stored_response_again(store: ConflictingStore) -> None:
    store.conflicts = 2
    assert put(store, 1, status="amended").version == 2
    assert store.reads == ["mine"] * 3


@pytest.mark.parametrize(("seconds", "tries"), [(0.0, TRIES), (600.0, MOST_TRIES)])
def test_after_too_many_conflicts_the_service_is_unavailable(
    store: ConflictingStore, monkeypatch: pytest.MonkeyPatch, seconds: float, tries: int
) -> None:
    monkeypatch.setattr(submit, "seconds_to_wait", lambda: seconds)
    store.conflicts = tries
    with pytest.raises(Unavailable):
        put(store, 1, status="amended")
    assert store.reads == ["mine"] * tries


def test_if_match_names_the_current_version_of_a_stored_response_and_no_other(store: ConflictingStore) -> None:
    with pytest.raises(PreconditionFailed):
        put(store, 2, status="amended")
    with pytest.raises(PreconditionFailed):
        put(store, 1, id="other")


def test_without_if_match_a_stored_response_is_amended_unless_the_site_requires_it(store: ConflictingStore) -> None:
    assert put(store, None, status="amended").version == 2
    resource: Resource = {**phq(), "id": "mine"}
    strict = replace(context(), requires_if_match=True)
    with pytest.raises(Malformed):
        put_response(resource, encode(resource), Precondition(), strict, store, NOW)
