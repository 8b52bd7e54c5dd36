"""Two versions of a resource that say the same: equal apart from named elements."""

import pytest

from service.fhir.r4.types import Resource, StoredResource
from service.fhir.results.observation_elements import SURVEY
from service.fhir.results.versions import changed_versions, says_the_same
from service.fhir.terminology.code_systems import coding_json
from tests.support.building import NOW, response
from tests.support.responses.written import bundle_of, by_code

FIRST: Resource = {"resourceType": "Task", "id": "t", "status": "requested", "meta": {"versionId": "1"}}
VERSION = ("meta.versionId", "meta.lastUpdated")


@pytest.mark.parametrize(
    ("changes", "ignoring", "same"),
    [
        ({}, (), True),
        ({"status": "accepted"}, (), False),
        ({"status": "accepted"}, ("status",), True),
        ({"meta": {"versionId": "2"}}, (), False),
        ({"meta": {"versionId": "2"}}, VERSION, True),
        ({"meta": {"versionId": "2", "lastUpdated": "2026-11-21T12:00:00Z"}}, VERSION, True),
        ({"meta": {"versionId": "1", "profile": ["http://a.example"]}}, VERSION, False),
        ({"meta": {"profile": ["http://a.example"]}}, ("meta",), True),
    ],
)
def test_ignored_elements_make_no_difference(changes: Resource, ignoring: tuple[str, ...], same: bool) -> None:
    assert says_the_same(FIRST, {**FIRST, **changes}, ignoring) is same


def test_a_meta_with_ignored_elements_alone_equals_none() -> None:
    without = {key: value for key, value in FIRST.items() if key != "meta"}
    assert says_the_same(FIRST, without, VERSION)
    assert not says_the_same(FIRST, without, ())


def test_a_stored_flag_that_is_a_survey_changes_at_the_next_assessment_of_its_act() -> None:
    (made,) = by_code(bundle_of(response("leg-pain", {"lp-alarm": ["fever"]})), "fever")
    survey = {"coding": [coding_json(SURVEY)]}
    stored = StoredResource({**made, "category": [survey, *made["category"]]}, 1, NOW)
    (changed,) = changed_versions([made], {("Observation", made["id"]): stored})
    assert (changed.resource, changed.number) == ({**made, "status": "amended"}, 2)
