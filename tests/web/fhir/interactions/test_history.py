"""The history of a resource: every version, the newest first.

https://hl7.org/fhir/R4/http.html#history
"""

from datetime import timedelta

import pytest

from service.fhir.r4.structure import check_structure
from service.fhir.r4.types import Resource
from tests.support.building import NOW, phq, with_total
from tests.support.database.storing import next_version
from tests.support.rest import Rest, content, issues

BASE = "http://sural.example/fhir"


@pytest.fixture
def amended(rest: Rest) -> Rest:
    """A response in four versions, one an hour."""
    rest.post(phq())
    for hours in (1, 2, 3):
        at = NOW + timedelta(hours=hours)
        next_version(rest.database, "QuestionnaireResponse", "r-1", at, status="amended", language=f"x-{hours}")
    return rest


def history(rest: Rest, query: str = "", path: str = "QuestionnaireResponse/r-1") -> Resource:
    return content(rest.get(f"{path}/_history{query}"))


def numbers(bundle: Resource) -> list[str]:
    return [entry["resource"]["meta"]["versionId"] for entry in bundle.get("entry", [])]


def links(bundle: Resource) -> dict[str, str]:
    return {link["relation"]: link["url"] for link in bundle["link"]}


class TestHistory:
    def test_every_version_stands_in_it_the_newest_first(self, amended: Rest) -> None:
        bundle = history(amended)
        assert (bundle["type"], bundle["total"], numbers(bundle)) == ("history", 4, ["4", "3", "2", "1"])
        assert links(bundle) == {"self": f"{BASE}/QuestionnaireResponse/r-1/_history?_count=20"}
        check_structure(bundle, "Bundle")

    def test_each_entry_says_what_was_asked_and_answered(self, amended: Rest) -> None:
        newest, *_, oldest = history(amended)["entry"]
        assert newest["fullUrl"] == oldest["fullUrl"] == f"{BASE}/QuestionnaireResponse/r-1"
        assert newest["request"] == {"method": "PUT", "url": "QuestionnaireResponse/r-1"}
        assert oldest["request"] == {"method": "POST", "url": "QuestionnaireResponse"}
        assert oldest["response"] == {
            "status": "201 Created",
            "location": f"{BASE}/QuestionnaireResponse/r-1/_history/1",
            "etag": 'W/"1"',
            "lastModified": "2026-11-21T12:00:00.000Z",
        }
        assert (newest["response"]["status"], newest["response"]["etag"]) == ("200 OK", 'W/"4"')

    def test_each_version_is_as_vread_gives_it(self, amended: Rest) -> None:
        for entry in history(amended)["entry"]:
            number = entry["resource"]["meta"]["versionId"]
            assert content(amended.get(f"QuestionnaireResponse/r-1/_history/{number}")) == entry["resource"]

    @pytest.mark.parametrize("type_name", ["Observation", "ClinicalImpression", "Provenance"])
    def test_results_have_one_too(self, rest: Rest, type_name: str) -> None:
        rest.post(phq())
        resource = rest.found(type_name)[0]
        bundle = history(rest, path=f"{type_name}/{resource['id']}")
        assert [entry["resource"] for entry in bundle["entry"]] == [resource]

    def test_so_has_what_is_published(self, rest: Rest) -> None:
        assert numbers(history(rest, path="Questionnaire/phq-9")) == ["1"]

    def test_an_unknown_id_is_not_found(self, rest: Rest) -> None:
        answer = rest.get("QuestionnaireResponse/r-none/_history")
        assert (answer.status_code, issues(answer)) == (404, [("not-found", None)])

    def test_a_summary_of_each_version_is_marked(self, amended: Rest) -> None:
        for entry in history(amended, "?_summary=true")["entry"]:
            assert "item" not in entry["resource"]
            assert entry["resource"]["meta"]["tag"][0]["code"] == "SUBSETTED"


class TestWritten:
    """Versions as corrections make them."""

    def test_a_correction_gives_response_score_and_impression_a_second_version(self, rest: Rest) -> None:
        rest.put(phq(id="mine"))
        rest.put(with_total("phq-9", 20, id="mine", status="amended"), version=1)
        score = rest.one("Observation?code=http://loinc.org|44261-6")["id"]
        impression = rest.one("ClinicalImpression")["id"]
        for path in ("QuestionnaireResponse/mine", f"Observation/{score}", f"ClinicalImpression/{impression}"):
            newest, oldest = history(rest, path=path)["entry"]
            assert newest["resource"] == content(rest.get(path))
            assert newest["resource"]["meta"]["versionId"] == "2"
            assert oldest["request"] == {"method": "PUT", "url": path}
            assert (oldest["response"]["status"], newest["response"]["status"]) == ("201 Created", "200 OK")

    def test_what_was_withdrawn_keeps_its_versions(self, rest: Rest) -> None:
        rest.put(phq(id="mine"))
        rest.put(phq(id="mine", status="entered-in-error"), version=1)
        for type_name in ("QuestionnaireResponse", "Observation", "ClinicalImpression"):
            for resource in rest.found(f"{type_name}?status=entered-in-error"):
                statuses = [
                    e["resource"]["status"] for e in history(rest, path=f"{type_name}/{resource['id']}")["entry"]
                ]
                assert statuses in (["entered-in-error", "completed"], ["entered-in-error", "final"])
            assert rest.found(f"{type_name}?status=entered-in-error")


class TestSince:
    @pytest.mark.parametrize(
        ("since", "found"),
        [
            ("2026-11-21T14:00:00Z", ["4", "3"]),
            ("2026-11-21T15:00:00%2B01:00", ["4", "3"]),
            ("2026-11-21T15:00:00+01:00", ["4", "3"]),
            ("2026-11-21T14:00:00.001Z", ["4"]),
            ("2026-11-22", []),
            ("2020", ["4", "3", "2", "1"]),
        ],
    )
    def test_versions_stored_since_then_are_given(self, amended: Rest, since: str, found: list[str]) -> None:
        bundle = history(amended, f"?_since={since}")
        assert (numbers(bundle), bundle["total"]) == (found, len(found))
        assert "_since=" in links(bundle)["self"]

    @pytest.mark.parametrize("query", ["_since=yesterday", "_since=ge2026", "_since=2026-13", "_count=x", "_page=x"])
    def test_a_value_that_cannot_be_is_refused(self, amended: Rest, query: str) -> None:
        answer = amended.get(f"QuestionnaireResponse/r-1/_history?{query}")
        assert (answer.status_code, issues(answer)[0][0]) == (400, "value")

    @pytest.mark.parametrize("name", ["_at", "_list"])
    def test_what_would_narrow_it_further_is_refused(self, amended: Rest, name: str) -> None:
        answer = amended.get(f"QuestionnaireResponse/r-1/_history?{name}=2026")
        assert (answer.status_code, issues(answer)) == (400, [("not-supported", f"http.{name}")])

    def test_another_parameter_is_left_out_or_refused_as_the_client_likes(self, amended: Rest) -> None:
        path = "QuestionnaireResponse/r-1/_history?nonsense=1"
        assert "nonsense" not in links(content(amended.get(path, Prefer="handling=lenient")))["self"]
        assert amended.get(path).status_code == 400


class TestPages:
    def test_pages_neither_skip_nor_repeat_while_versions_are_added(self, amended: Rest) -> None:
        seen, query, hours = [], "?_count=1", 4
        while True:
            bundle = history(amended, query)
            seen += numbers(bundle)
            if "next" not in links(bundle):
                break
            query = links(bundle)["next"].removeprefix(f"{BASE}/QuestionnaireResponse/r-1/_history")
            next_version(amended.database, "QuestionnaireResponse", "r-1", NOW + timedelta(hours=hours))
            hours += 1
        assert seen == ["4", "3", "2", "1"]

    def test_count_zero_only_counts(self, amended: Rest) -> None:
        bundle = history(amended, "?_count=0")
        assert (bundle["total"], bundle.get("entry"), list(links(bundle))) == (4, None, ["self"])

    def test_a_page_belongs_to_one_history(self, amended: Rest) -> None:
        amended.post(phq())
        page = links(history(amended, "?_count=1"))["next"].split("?")[1]
        assert amended.get(f"QuestionnaireResponse/r-2/_history?{page}").status_code == 400
