"""Read and vread: versions, their headers, and conditional reads.

https://hl7.org/fhir/R4/http.html#read
"""

from datetime import timedelta

import pytest

from tests.support.building import NOW, phq
from tests.support.database.storing import next_version
from tests.support.rest import Rest, content, issues

STORED = "Sat, 21 Nov 2026 12:00:00 GMT"
BEFORE = "Sat, 21 Nov 2026 11:59:59 GMT"


@pytest.fixture
def two_versions(rest: Rest) -> Rest:
    """A response with its results, and a second version of it an hour later."""
    rest.post(phq())
    next_version(rest.database, "QuestionnaireResponse", "r-1", NOW + timedelta(hours=1), status="entered-in-error")
    return rest


class TestRead:
    @pytest.mark.parametrize("type_name", ["QuestionnaireResponse", "Observation", "ClinicalImpression", "Provenance"])
    def test_the_headers_say_version_and_time(self, rest: Rest, type_name: str) -> None:
        rest.post(phq())
        for resource in rest.found(type_name):
            answer = rest.get(f"{type_name}/{resource['id']}")
            assert answer.status_code == 200
            assert answer.headers["ETag"] == f'W/"{content(answer)["meta"]["versionId"]}"'
            assert answer.headers["Last-Modified"] == STORED
            assert content(answer) == resource

    def test_the_current_version_is_read(self, two_versions: Rest) -> None:
        answer = two_versions.get("QuestionnaireResponse/r-1")
        assert answer.headers["ETag"] == 'W/"2"'
        assert answer.headers["Last-Modified"] == "Sat, 21 Nov 2026 13:00:00 GMT"
        assert content(answer)["meta"] == {"versionId": "2", "lastUpdated": "2026-11-21T13:00:00.000Z"}

    def test_what_was_entered_in_error_stays_readable(self, two_versions: Rest) -> None:
        answer = two_versions.get("QuestionnaireResponse/r-1")
        assert (answer.status_code, content(answer)["status"]) == (200, "entered-in-error")

    def test_an_unknown_id_is_not_found(self, rest: Rest) -> None:
        answer = rest.get("QuestionnaireResponse/r-none")
        assert (answer.status_code, issues(answer)) == (404, [("not-found", None)])


class TestVread:
    def test_each_version_is_read_with_its_own_headers(self, two_versions: Rest) -> None:
        for number, status in (("1", "completed"), ("2", "entered-in-error")):
            answer = two_versions.get(f"QuestionnaireResponse/r-1/_history/{number}")
            assert (answer.status_code, content(answer)["status"]) == (200, status)
            assert answer.headers["ETag"] == f'W/"{number}"'

    def test_the_location_of_a_create_is_the_address_of_its_version(self, rest: Rest) -> None:
        place = rest.post(phq()).headers["Location"].removeprefix("http://sural.example/fhir/")
        assert content(rest.get(place)) == content(rest.get("QuestionnaireResponse/r-1"))

    @pytest.mark.parametrize("number", ["3", "0", "01", "abc", "-1", "1" * 40, "99999999999"])
    def test_an_unknown_version_is_not_found(self, two_versions: Rest, number: str) -> None:
        answer = two_versions.get(f"QuestionnaireResponse/r-1/_history/{number}")
        assert (answer.status_code, issues(answer)) == (404, [("not-found", None)])

    def test_a_version_of_an_unknown_id_is_not_found(self, rest: Rest) -> None:
        assert rest.get("QuestionnaireResponse/r-none/_history/1").status_code == 404

    @pytest.mark.parametrize("path", ["Questionnaire/phq-9", "CodeSystem/pattern", "StructureDefinition/evidence"])
    def test_what_is_published_has_one_version(self, rest: Rest, path: str) -> None:
        answer = rest.get(f"{path}/_history/1")
        assert answer.status_code == 200
        assert answer.headers["ETag"] == rest.get(path).headers["ETag"] == 'W/"1"'
        assert rest.get(f"{path}/_history/2").status_code == 404


class TestConditionalRead:
    @pytest.mark.parametrize(
        "headers",
        [
            {"If_None_Match": 'W/"1"'},
            {"If_None_Match": '"1"'},
            {"If_None_Match": 'W/"7", W/"1"'},
            {"If_None_Match": "*"},
            {"If_Modified_Since": STORED},
            {"If_None_Match": 'W/"1"', "If_Modified_Since": BEFORE},
        ],
    )
    def test_a_client_that_has_it_gets_304_without_content(self, rest: Rest, headers: dict[str, str]) -> None:
        rest.post(phq())
        for path in ("QuestionnaireResponse/r-1", "QuestionnaireResponse/r-1/_history/1"):
            answer = rest.get(path, **headers)
            assert (answer.status_code, answer.data) == (304, b"")
            assert answer.headers["ETag"] == 'W/"1"'

    @pytest.mark.parametrize(
        "headers",
        [
            {"If_None_Match": 'W/"2"'},
            {"If_None_Match": "nonsense"},
            {"If_Modified_Since": BEFORE},
            {"If_Modified_Since": "yesterday"},
            # The time counts only without a version: RFC 9110, section 13.1.3.
            {"If_None_Match": 'W/"2"', "If_Modified_Since": STORED},
        ],
    )
    def test_a_client_that_has_something_else_gets_it(self, rest: Rest, headers: dict[str, str]) -> None:
        rest.post(phq())
        answer = rest.get("QuestionnaireResponse/r-1", **headers)
        assert (answer.status_code, content(answer)["id"]) == (200, "r-1")

    def test_a_new_version_is_given(self, two_versions: Rest) -> None:
        assert two_versions.get("QuestionnaireResponse/r-1", If_None_Match='W/"1"').status_code == 200
        assert two_versions.get("QuestionnaireResponse/r-1", If_Modified_Since=STORED).status_code == 200

    def test_an_unknown_id_is_not_found_whatever_the_client_has(self, rest: Rest) -> None:
        assert rest.get("QuestionnaireResponse/r-none", If_None_Match="*").status_code == 404

    def test_what_is_published_is_compared_by_time_alone(self, rest: Rest) -> None:
        """It changes with the program, and its version number does not."""
        since = rest.get("Questionnaire/phq-9").headers["Last-Modified"]
        assert rest.get("Questionnaire/phq-9", If_Modified_Since=since).status_code == 304
        assert rest.get("Questionnaire/phq-9", If_Modified_Since=BEFORE.replace("2026", "2020")).status_code == 200
        assert rest.get("Questionnaire/phq-9", If_None_Match='W/"1"').status_code == 200
