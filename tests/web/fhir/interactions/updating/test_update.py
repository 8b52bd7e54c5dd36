"""Update: an id of the client, the version that it must match, and the time of the new version."""

from typing import Any

import pytest

from service.adapters.database.engine import Database
from service.fhir.r4.types import Resource
from tests.support.building import with_total
from tests.support.rest import Clock, Rest, content, issues, rest_on


def phq(total: int, last: int = 0, **elements: Any) -> Resource:
    safe = {"safe-now": ["yes"]} if last else {}
    return {**with_total("phq-9", total, last, answers=safe), "id": "mine", **elements}


def bundles(rest: Rest) -> list[Resource]:
    """The Bundles that wait to go out, the oldest first."""
    entries = []
    while (entry := rest.outbox.lease(*rest.lease_now())) is not None:
        entries.append(entry)
        rest.outbox.mark_delivered(entry, rest.lease_now()[0], {})
    return [entry.bundle for entry in entries]


class TestUpdateAsCreate:
    def test_an_id_of_the_client_is_taken(self, rest: Rest) -> None:
        answer = rest.put(phq(12))
        assert answer.status_code == 201
        assert answer.headers["Location"].endswith("/QuestionnaireResponse/mine/_history/1")
        assert rest.one("ClinicalImpression")["status"] == "completed"

    @pytest.mark.parametrize(("id", "code"), [("12345", "value"), ("a_b", "value"), ("a" * 65, "value")])
    def test_an_id_that_others_refuse_is_refused(self, rest: Rest, id: str, code: str) -> None:
        answer = rest.put(phq(12, id=id))
        assert answer.status_code == 400
        assert issues(answer)[0][0] == code

    def test_the_id_in_the_resource_is_the_one_in_the_address(self, rest: Rest) -> None:
        answer = rest.put(phq(12), id="another")
        assert (answer.status_code, issues(answer)) == (400, [("invalid", "QuestionnaireResponse.id")])

    def test_a_version_of_what_is_not_there_does_not_match(self, rest: Rest) -> None:
        answer = rest.put(phq(12), version=1)
        assert (answer.status_code, issues(answer)[0][0]) == (412, "conflict")
        assert rest.get("QuestionnaireResponse/mine").status_code == 404

    def test_the_identifier_of_another_response_is_refused(self, rest: Rest) -> None:
        identifier = {"system": "http://ehr.example", "value": "7"}
        rest.put(phq(12, identifier=identifier))
        answer = rest.put(phq(12, id="other", identifier=identifier))
        assert (answer.status_code, issues(answer)) == (422, [("duplicate", "QuestionnaireResponse.identifier")])


class TestMatching:
    def test_without_a_version_it_is_a_new_version(self, rest: Rest) -> None:
        rest.put(phq(12))
        answer = rest.put(phq(13))
        assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"2"')
        assert content(rest.get("QuestionnaireResponse/mine/_history/1"))["meta"]["versionId"] == "1"

    def test_without_a_version_nothing_is_changed_where_the_site_requires_it(
        self, database: Database, clock: Clock
    ) -> None:
        rest = rest_on(database, clock, if_match="required")
        assert rest.put(phq(12)).status_code == 201
        answer = rest.put(phq(13))
        assert (answer.status_code, issues(answer)[0][0]) == (400, "required")
        assert content(rest.get("QuestionnaireResponse/mine"))["meta"]["versionId"] == "1"
        statement = content(rest.get("metadata"))["rest"][0]["resource"]
        versioning = {resource["type"]: resource["versioning"] for resource in statement}
        assert versioning["QuestionnaireResponse"] == "versioned-update"
        assert versioning["Observation"] == "versioned"

    def test_another_version_than_the_current_is_refused(self, rest: Rest) -> None:
        rest.put(phq(12))
        rest.put(phq(13), version=1)
        answer = rest.put(phq(14), version=1)
        assert (answer.status_code, issues(answer)[0][0]) == (412, "conflict")
        assert content(rest.get("QuestionnaireResponse/mine"))["meta"]["versionId"] == "2"

    @pytest.mark.parametrize(
        "tag",
        [
            '"1"',
            'W/"1"',
            "*",
            ' W/"1" ',
            'W/"7", "1"',
            '"a,b" ,W/"1"',
            '"1","1"',
            'W/"x",W/"1"',
            '"1",',
            ' , ,"7",,"1", ',
        ],
    )
    def test_each_form_of_the_header_that_names_the_current_version_is_taken(self, rest: Rest, tag: str) -> None:
        rest.put(phq(12))
        assert rest.put(phq(13), If_Match=tag).headers["ETag"] == 'W/"2"'

    @pytest.mark.parametrize("tag", ['W/"0"', 'W/"x"', '"2"', 'W/"2", "3"', '""', '"01"'])
    def test_each_form_that_names_other_versions_does_not_match(self, rest: Rest, tag: str) -> None:
        rest.put(phq(12))
        answer = rest.put(phq(13), If_Match=tag)
        assert (answer.status_code, issues(answer)[0][0]) == (412, "conflict")

    @pytest.mark.parametrize("tag", ["1", "W/1", 'w/"1"', '"1', '"1" "2"', ",", "*,*", "", '"a b"', '"1",*'])
    def test_what_is_no_list_of_etags_is_refused(self, rest: Rest, tag: str) -> None:
        rest.put(phq(12))
        answer = rest.put(phq(13), If_Match=tag)
        assert (answer.status_code, issues(answer)[0][0]) == (400, "value")

    def test_an_asterisk_matches_nothing_that_is_not_there(self, rest: Rest) -> None:
        assert rest.put(phq(12), If_Match="*").status_code == 412

    @pytest.mark.parametrize("tag", ["*", 'W/"1"', '"7", "1"'])
    def test_if_none_match_keeps_what_is_there(self, rest: Rest, tag: str) -> None:
        assert rest.put(phq(12), If_None_Match=tag).status_code == 201
        for resource in (phq(12), phq(13)):
            answer = rest.put(resource, If_None_Match=tag)
            assert (answer.status_code, issues(answer)[0][0]) == (412, "conflict")
        assert content(rest.get("QuestionnaireResponse/mine"))["meta"]["versionId"] == "1"
        assert rest.put(phq(13), If_None_Match='W/"2"').headers["ETag"] == 'W/"2"'

    def test_what_is_no_list_of_etags_in_if_none_match_is_refused(self, rest: Rest) -> None:
        answer = rest.put(phq(12), If_None_Match="1")
        assert (answer.status_code, issues(answer)[0][0]) == (400, "value")

    def test_a_response_that_was_changed_since_then_is_kept(self, rest: Rest, clock: Clock) -> None:
        read = rest.put(phq(12)).headers["Last-Modified"]
        clock.forward(seconds=5)
        assert rest.put(phq(13), If_Unmodified_Since=read).status_code == 200
        answer = rest.put(phq(14), If_Unmodified_Since=read)
        assert (answer.status_code, issues(answer)[0][0]) == (412, "conflict")
        # RFC 9110, 13.1.4: ignored beside If-Match, and if it is no date.
        assert rest.put(phq(14), version=2, If_Unmodified_Since=read).status_code == 200
        assert rest.put(phq(15), If_Unmodified_Since="yesterday").status_code == 200

    def test_the_same_content_makes_no_version(self, rest: Rest) -> None:
        rest.put(phq(12))
        read = content(rest.get("QuestionnaireResponse/mine"))
        answer = rest.put(read, version=1)
        assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"1"')
        assert len(bundles(rest)) == 1


def test_last_updated_never_goes_backwards_when_the_clock_does(rest: Rest, clock: Clock) -> None:
    """A step back by a day, as of another process whose clock is behind."""
    first = {**with_total("phq-9", 12), "id": "mine"}
    rest.put(first)
    clock.forward(days=-1)
    assert rest.put({**with_total("phq-9", 13), "id": "mine"}, version=1).status_code == 200
    for path in ("QuestionnaireResponse?_id=mine", "Observation", "ClinicalImpression"):
        times = {resource["meta"]["lastUpdated"] for resource in rest.found(path)}
        assert min(times) >= "2026-11-21T12:00:00.000Z", path
