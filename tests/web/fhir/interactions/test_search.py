"""Search: parameters, alternatives, escapes, prefixes, and what is left out.

https://hl7.org/fhir/R4/search.html
"""

from urllib.parse import quote

import pytest

from service.adapters.database.searching import totals
from service.fhir.interactions import PUBLISHED, STORED
from service.fhir.r4.types import Resource
from tests.support.building import IDENTIFIED, phq, with_total
from tests.support.rest import Clock, Rest, content, issues

BASE = "http://sural.example/fhir"
PEOPLE = {
    "author": {"reference": "Practitioner/a"},
    "source": {"reference": "http://other.example/fhir/RelatedPerson/b"},
    "basedOn": [{"reference": "ServiceRequest/c"}],
    "encounter": {"reference": "Encounter/e"},
}


def links(bundle: Resource) -> dict[str, str]:
    return {link["relation"]: link["url"] for link in bundle["link"]}


def outcomes(bundle: Resource) -> list[Resource]:
    return [e["resource"]["issue"][0] for e in bundle.get("entry", []) if e["search"]["mode"] == "outcome"]


class TestParameters:
    def test_each_parameter_finds(self, rest: Rest) -> None:
        rest.post(phq(**IDENTIFIED))
        for query in (
            "patient=p1",
            "patient=Patient/p1",
            "subject=Patient/p1",
            "subject=http://sural.example/fhir/Patient/p1",
            "_id=r-1",
            "_id=r-0,r-1",
            "identifier=urn:example:responses|1",
            "identifier=1",
            "questionnaire=https://w3id.org/sural/Questionnaire/phq-9",
            "status=completed",
            "authored=2026-11-21",
            "authored=ge2026-11-21&authored=lt2026-11-22",
            "patient=p1&status=completed",
        ):
            assert len(rest.found(f"QuestionnaireResponse?{query}")) == 1, query
        for query in ("patient=p2", "_id=r-2", "identifier=urn:other|1", "status=stopped", "authored=2026-11-20"):
            assert rest.found(f"QuestionnaireResponse?{query}") == [], query

    def test_the_url_of_an_edition_is_told_as_what_it_is_taken(self, rest: Rest) -> None:
        for url in ("http://loinc.org/q/69737-5", "http://loinc.org/q/69737-5|2.80"):
            bundle = content(rest.get(f"Questionnaire?url={quote(url)}"))
            assert bundle["total"] == 0
            (issue,) = outcomes(bundle)
            assert issue["severity"] == "information"
            assert "read as responses to https://w3id.org/sural/Questionnaire/gad-7|1.0.0" in issue["details"]["text"]
        for url in ("http://example.org/q", "https://w3id.org/sural/Questionnaire/gad-7"):
            assert outcomes(content(rest.get(f"Questionnaire?url={quote(url)}"))) == []

    def test_nothing_found_is_an_empty_bundle(self, rest: Rest) -> None:
        for query in ("Observation?patient=nobody", "Observation?code=http://nowhere|nothing"):
            bundle = content(rest.get(query))
            assert (bundle["total"], bundle.get("entry")) == (0, None)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("author=a", 1),
            ("author=Practitioner/a", 1),
            ("author:Practitioner=a", 1),
            ("author:Patient=a", 0),
            ("author=Patient/a", 0),
            ("source=b", 0),
            ("source=http://other.example/fhir/RelatedPerson/b", 1),
            ("based-on=c", 1),
            ("encounter=e", 1),
            ("encounter=Encounter/e/_history/2", 1),
            ("subject:Patient=p1", 1),
        ],
    )
    def test_a_reference_is_found_by_id_by_type_or_by_address(self, rest: Rest, query: str, found: int) -> None:
        rest.post(phq(**PEOPLE))
        assert len(rest.found(f"QuestionnaireResponse?{query}")) == found

    def test_a_canonical_is_found_with_and_without_its_version(self, rest: Rest) -> None:
        url = "https://w3id.org/sural/Questionnaire/phq-9"
        rest.post(phq(questionnaire=f"{url}|1.0.0"))
        assert len(rest.found(f"QuestionnaireResponse?questionnaire={url}")) == 1
        assert len(rest.found(f"QuestionnaireResponse?questionnaire={url}|1.0.0")) == 1

    def test_results_are_found_from_the_response(self, rest: Rest) -> None:
        rest.post(phq())
        assert len(rest.found("Observation?derived-from=r-1")) == len(
            rest.found("Observation?derived-from=QuestionnaireResponse/r-1")
        )
        assert rest.found("Observation?derived-from=r-1")
        impression = rest.one("ClinicalImpression")["id"]
        assert rest.found(f"Provenance?target={impression}")


class TestDates:
    def test_dates_compare_as_the_prefix_says(self, rest: Rest) -> None:
        rest.post(phq(authored="2026-11-20"))
        finds = {
            prefix: len(rest.found(f"QuestionnaireResponse?authored={prefix}2026-11-20T12:00:00Z"))
            for prefix in ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
        }
        expected = {"eq": 0, "ne": 1, "gt": 1, "lt": 1, "ge": 1, "le": 1, "sa": 0, "eb": 0, "ap": 1}
        assert finds == expected

    @pytest.mark.parametrize(
        ("text", "prefixes"),
        [
            # Stored at 2026-11-21T12:00:00.000Z: the first moment behind the first range, and in the second.
            ("2026-11-21T11:59:59Z", {"ne", "gt", "ge", "sa"}),
            ("2026-11-21T12:00:00Z", {"eq", "ge", "le", "ap"}),
            ("2026-11-21T12:00Z", {"eq", "ge", "le", "ap"}),
            ("2026-11-21", {"eq", "ge", "le", "ap"}),
            ("2026-11-22", {"ne", "lt", "le", "eb"}),
        ],
    )
    def test_the_time_of_storing_compares_as_a_moment(self, rest: Rest, text: str, prefixes: set[str]) -> None:
        rest.post(phq())
        every = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
        found = {prefix for prefix in every if rest.found(f"QuestionnaireResponse?_lastUpdated={prefix}{text}")}
        assert found == prefixes

    def test_what_is_published_has_a_time_too(self, rest: Rest) -> None:
        assert len(rest.found("Questionnaire?_lastUpdated=gt2020")) == 8
        assert rest.found("Questionnaire?_lastUpdated=lt2020") == []

    def test_a_plus_sign_may_come_unencoded(self, rest: Rest) -> None:
        rest.post(phq())
        assert len(rest.found("QuestionnaireResponse?authored=2026-11-21T10:00:00+01:00")) == 1


class TestAndOrEscapes:
    def test_repeated_is_and_a_comma_is_or(self, rest: Rest, clock: Clock) -> None:
        rest.post(phq())
        rest.post(phq(status="in-progress"))
        rest.post(phq(status="stopped"))
        assert len(rest.found("QuestionnaireResponse?status=completed,stopped")) == 2
        assert rest.found("QuestionnaireResponse?status=completed&status=stopped") == []
        assert len(rest.found("QuestionnaireResponse?status=completed,stopped&status=stopped,in-progress")) == 1

    @pytest.mark.parametrize("value", ["a,b", "a|b", "a$b", "a\\b", "a\\,b", "x\\"])
    def test_a_backslash_makes_a_mark_part_of_the_value(self, rest: Rest, value: str) -> None:
        rest.post(phq(identifier={"system": "urn:s", "value": value}))
        escaped = "".join(f"\\{mark}" if mark in "\\,|$" else mark for mark in value)
        for given in (escaped, f"urn:s|{escaped}", f"other,{escaped}", f"{escaped},other"):
            assert len(rest.found(f"QuestionnaireResponse?identifier={quote(given)}")) == 1, given
        assert rest.found(f"QuestionnaireResponse?identifier={quote(escaped + 'x')}") == []

    def test_a_token_without_a_system_may_be_asked_for(self, rest: Rest) -> None:
        rest.post(phq(**IDENTIFIED))
        assert rest.found("QuestionnaireResponse?identifier=|1") == []
        assert len(rest.found("QuestionnaireResponse?identifier=urn:example:responses|")) == 1

    def test_very_many_alternatives_are_refused(self, rest: Rest) -> None:
        for given in (
            f"status={','.join(['urn:x|a'] * 200)}",
            f"authored={','.join(['ge2020'] * 20)}",  # a date costs as much as ten values
            f"_lastUpdated={','.join(['ge2020'] * 20)}",
            f"author={','.join(['a'] * 33)}",
            "&".join(["status=completed,completed"] * 99),
        ):
            assert rest.get(f"QuestionnaireResponse?{given}").status_code == 200
            answer = rest.get(f"QuestionnaireResponse?{given}&_id=r-1,r-2,r-3")
            assert (answer.status_code, issues(answer)) == (400, [("too-costly", None)])


STATUS_SYSTEMS = {
    "QuestionnaireResponse?status=http://hl7.org/fhir/questionnaire-answers-status|completed",
    "Observation?status=http://hl7.org/fhir/observation-status|final",
    "ClinicalImpression?status=http://hl7.org/fhir/event-status|completed",
    "Task?status=http://hl7.org/fhir/task-status|requested",
    "Task?priority=http://hl7.org/fhir/request-priority|asap",
    "Task?intent=http://hl7.org/fhir/request-intent|order",
    "Questionnaire?status=http://hl7.org/fhir/publication-status|active",
    "Questionnaire?subject-type=http://hl7.org/fhir/resource-types|Patient",
    "CodeSystem?status=http://hl7.org/fhir/publication-status|active",
    "ValueSet?status=http://hl7.org/fhir/publication-status|active",
    "StructureDefinition?status=http://hl7.org/fhir/publication-status|active",
    "PlanDefinition?status=http://hl7.org/fhir/publication-status|active",
}


class TestTokens:
    @pytest.mark.parametrize("query", sorted(STATUS_SYSTEMS))
    def test_an_element_of_type_code_has_the_system_that_its_definition_implies(self, rest: Rest, query: str) -> None:
        rest.post(with_total("phq-9", 12, 1, answers={"safe-now": ["yes"]}))
        before, _, code = query.rpartition("|")
        path, _, system = before.rpartition("=")
        assert rest.found(query)
        assert rest.found(f"{before}|") == rest.found(path.split("?")[0])
        assert rest.found(f"{path}={code}")
        assert rest.found(f"{path}=|{code}")
        assert rest.found(f"{path}=http://other.example|{code}") == []
        assert rest.found(f"{path}={system}|other") == []


class TestSort:
    """R4: `_sort` is a list of parameters, each descending with a hyphen before it."""

    @pytest.fixture
    def three(self, rest: Rest, clock: Clock) -> Rest:
        """r-1 is authored last, r-2 first; r-3 has no `authored`, and is received between these times."""
        for authored in ("2026-11-21T11:00:00Z", "2026-11-19", None):
            rest.post(phq(authored=authored))
            clock.forward(minutes=1)
        rest.post(phq(authored="2026-11-21T12:01:00Z"))
        return rest

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", ["r-3", "r-4", "r-1", "r-2"]),
            ("_sort=-authored", ["r-3", "r-4", "r-1", "r-2"]),
            ("_sort=authored", ["r-2", "r-1", "r-4", "r-3"]),
            ("_sort=_lastUpdated", ["r-1", "r-2", "r-3", "r-4"]),
            ("_sort=-_lastUpdated", ["r-4", "r-3", "r-2", "r-1"]),
            ("_sort=_id", ["r-1", "r-2", "r-3", "r-4"]),
            ("_sort=-_id", ["r-4", "r-3", "r-2", "r-1"]),
            ("_sort=status,_id", None),
            ("_sort=authored,-_id", ["r-2", "r-1", "r-4", "r-3"]),
        ],
    )
    def test_results_are_in_the_order_asked_for(self, three: Rest, query: str, expected: list[str] | None) -> None:
        if expected is None:
            assert three.get(f"QuestionnaireResponse?{query}").status_code == 400
            return
        assert [found["id"] for found in three.found(f"QuestionnaireResponse?{query}")] == expected
        walked, path = [], f"QuestionnaireResponse?{query}&_count=1"
        while path:
            bundle = content(three.get(path))
            walked += [entry["resource"]["id"] for entry in bundle["entry"]]
            path = links(bundle).get("next", "").removeprefix(f"{BASE}/")
        assert walked == expected
        assert (
            not query or quote(query, safe="=") in links(content(three.get(f"QuestionnaireResponse?{query}")))["self"]
        )

    @pytest.mark.parametrize("sort", ["", "&_sort=-date"])
    def test_the_newest_score_is_first_although_it_came_first(self, rest: Rest, sort: str) -> None:
        rest.post(with_total("phq-9", 9, authored="2026-11-21T09:00:00Z"))
        rest.post(with_total("phq-9", 4, authored="2026-11-01T09:00:00Z"))
        bundle = content(rest.get(f"Observation?patient=p1&code=http://loinc.org|44261-6{sort}&_count=1"))
        assert bundle["entry"][0]["resource"]["valueQuantity"]["value"] == 9

    def test_an_amendment_without_authored_keeps_its_place(self, rest: Rest, clock: Clock) -> None:
        rest.post(phq(authored=None))
        clock.forward(hours=1)
        rest.post(phq(authored="2026-11-21T12:30:00Z"))
        rest.put({**phq(authored=None, status="amended"), "id": "r-1", "language": "en"}, version=1)
        assert [found["id"] for found in rest.found("QuestionnaireResponse")] == ["r-2", "r-1"]

    @pytest.mark.parametrize(
        "query", ["ClinicalImpression?_sort=date", "Provenance?_sort=recorded", "Task?_sort=-authored-on"]
    )
    def test_each_type_sorts_by_its_effective_time(self, rest: Rest, query: str) -> None:
        rest.post(phq())
        assert rest.get(query).status_code == 200

    def test_what_is_published_is_sorted_too(self, rest: Rest) -> None:
        assert [found["id"] for found in rest.found("Questionnaire?_sort=-_id")] == [
            "phq-9",
            "phq-8",
            "phq-4",
            "phq-2",
            "leg-pain-1.0.0",
            "leg-pain",
            "gad-7",
            "gad-2",
        ]
        assert len(rest.found("Questionnaire?_sort=date,_lastUpdated")) == 8


class TestIncludes:
    def included(self, rest: Rest, query: str) -> set[str]:
        """The references to the entries of mode include."""
        entries = content(rest.get(query))["entry"]
        resources = [entry["resource"] for entry in entries if entry["search"]["mode"] == "include"]
        references = [f"{resource['resourceType']}/{resource['id']}" for resource in resources]
        assert len(references) == len(set(references))
        return set(references)

    @pytest.mark.parametrize("type_name", ["QuestionnaireResponse", "Observation", "ClinicalImpression"])
    def test_the_provenance_of_each_match_comes_with_it(self, rest: Rest, type_name: str) -> None:
        rest.post(phq())
        trace = f"Provenance/{rest.one('Provenance')['id']}"
        bundle = content(rest.get(f"{type_name}?_revinclude=Provenance:target&_count=1"))
        assert self.included(rest, f"{type_name}?_revinclude=Provenance:target&_count=1") == {trace}
        assert bundle["total"] == len(rest.found(f"{type_name}?_count=200"))
        assert "_revinclude=Provenance%3Atarget" in links(bundle)["self"]
        assert self.included(rest, f"{type_name}?_revinclude=Provenance:target:{type_name}&_count=1") == {trace}

    @pytest.mark.parametrize(
        ("query", "types"),
        [
            ("Observation?_include=Observation:derived-from", {"QuestionnaireResponse", "Observation"}),
            ("Observation?_include=Observation:derived-from:QuestionnaireResponse", {"QuestionnaireResponse"}),
            ("Observation?code=http://loinc.org|44249-1&_include=Observation:has-member", {"Observation"}),
            ("ClinicalImpression?_include=ClinicalImpression:investigation", {"Observation", "QuestionnaireResponse"}),
            ("ClinicalImpression?_include=ClinicalImpression:previous", {"ClinicalImpression"}),
            ("Task?_include=Task:focus", {"ClinicalImpression"}),
            ("Provenance?_include=Provenance:entity", {"QuestionnaireResponse"}),
            ("QuestionnaireResponse?_include=QuestionnaireResponse:questionnaire", {"Questionnaire"}),
        ],
    )
    def test_what_a_match_refers_to_comes_with_it(self, rest: Rest, clock: Clock, query: str, types: set[str]) -> None:
        rest.post(phq(authored="2026-11-20T09:00:00Z"))
        rest.post(with_total("phq-9", 12, 1, answers={"safe-now": ["yes"]}))
        parts = query.split("?")
        found = self.included(rest, f"{query}&_count=1" if "Provenance" not in parts[0] else query)
        assert {reference.split("/")[0] for reference in found} <= types
        assert found or "previous" in query

    def test_a_match_is_not_included_again(self, rest: Rest) -> None:
        rest.post(phq())
        for reference in self.included(rest, "Observation?_include=Observation:derived-from&_count=200"):
            assert not reference.startswith("Observation/")


class TestLeftOut:
    def test_the_self_link_has_the_parameters_really_used(self, rest: Rest) -> None:
        bundle = content(rest.get("Observation?patient=p1&nonsense=1&_count=5", Prefer="handling=lenient"))
        assert bundle["link"][0] == {"relation": "self", "url": f"{BASE}/Observation?patient=p1&_count=5"}
        (issue,) = outcomes(bundle)
        assert (issue["severity"], issue["code"]) == ("warning", "not-supported")
        assert "`nonsense`" in issue["details"]["text"]

    @pytest.mark.parametrize(
        ("query", "name"),
        [
            ("nonsense=1", "nonsense"),
            ("_sort=status", "_sort"),
            ("_sort=-date,status", "_sort"),
            ("_include=Observation:subject", "_include"),
            ("_include=*", "_include"),
            ("_include:iterate=Observation:derived-from", "_include"),
            ("_include=Observation:derived-from:Patient", "_include"),
            ("_revinclude=x", "_revinclude"),
            ("_revinclude=Provenance:target:Task", "_revinclude"),
            ("_revinclude=Task:focus", "_revinclude"),
            ("_contained=true", "_contained"),
            ("_text=x", "_text"),
            ("combo-code=x", "combo-code"),
            ("pateint=p1", "pateint"),
            ("_elements=nonsense", "_elements"),
        ],
    )
    @pytest.mark.parametrize("type_name", ["Observation"])
    def test_an_unsupported_parameter_is_refused_by_name(
        self, rest: Rest, type_name: str, query: str, name: str
    ) -> None:
        for headers in ({}, {"Prefer": "handling=strict"}):
            answer = rest.get(f"{type_name}?{query}", **headers)
            assert (answer.status_code, issues(answer)) == (400, [("not-supported", f"http.{name}")])
            (issue,) = content(answer)["issue"]
            assert issue["severity"] == "error"
            assert f"`{name}`" in issue["details"]["text"]
        (warning,) = outcomes(content(rest.get(f"{type_name}?{query}", Prefer="handling=lenient")))
        assert f"`{name}`" in warning["details"]["text"]

    @pytest.mark.parametrize(
        "path",
        [
            *(f"{name}?nonsense=1" for name in (*STORED, *PUBLISHED)),
            "QuestionnaireResponse/r-1?nonsense=1",
            "QuestionnaireResponse/r-1/_history?nonsense=1",
            "QuestionnaireResponse/r-1/_history/1?nonsense=1",
            "Questionnaire/phq-9?nonsense=1",
            "metadata?nonsense=1",
            "QuestionnaireResponse/r-1/$validate?nonsense=1",
            "QuestionnaireResponse/r-1/$extract?nonsense=1",
        ],
    )
    def test_every_address_refuses_an_unknown_parameter(self, rest: Rest, path: str) -> None:
        rest.post(phq())
        answer = rest.get(path)
        assert (answer.status_code, issues(answer)) == (400, [("not-supported", "http.nonsense")])
        assert rest.get(path, Prefer="handling=lenient").status_code == 200

    @pytest.mark.parametrize(
        "path",
        [
            "QuestionnaireResponse",
            "QuestionnaireResponse/$validate",
            "QuestionnaireResponse/$extract",
            "Questionnaire/$process-response",
        ],
    )
    def test_a_posted_resource_with_an_unknown_parameter_is_not_stored(self, rest: Rest, path: str) -> None:
        assert issues(rest.post(phq(), f"{path}?nonsense=1")) == [("not-supported", "http.nonsense")]
        assert rest.found("QuestionnaireResponse") == []
        # On a create, parameters are criteria of a conditional create, which are never ignored.
        expected = 400 if path == "QuestionnaireResponse" else 200
        assert rest.post(phq(), f"{path}?nonsense=1", Prefer="handling=lenient").status_code == expected

    def test_a_name_that_may_be_patient_data_is_not_repeated(self, rest: Rest) -> None:
        answer = rest.get("Observation?Jan%20Jansen-1957=x")
        assert (answer.status_code, issues(answer)) == (400, [("not-supported", None)])
        assert b"1957" not in answer.data

    @pytest.mark.parametrize(
        "query",
        [
            "status:not=final",
            "code:text=x",
            "subject:identifier=x",
            "subject:Group=1",
            "patient.name=x",
            "subject:Patient.name=x",
            "_has:Observation:patient:code=1",
            "_filter=x",
            "_list=1",
            "date:missing=true",
        ],
    )
    def test_what_would_find_more_when_left_out_is_refused_in_both_modes(self, rest: Rest, query: str) -> None:
        for handling in ("lenient", "strict"):
            answer = rest.get(f"Observation?{query}", Prefer=f"handling={handling}")
            assert (answer.status_code, issues(answer)[0][0]) == (400, "not-supported")

    def test_a_parameter_without_a_value_is_none(self, rest: Rest) -> None:
        rest.post(phq())
        bundle = content(rest.get("QuestionnaireResponse?patient=&_count="))
        assert (bundle["total"], links(bundle)["self"]) == (1, f"{BASE}/QuestionnaireResponse?_count=20")

    def test_what_an_include_cannot_have_is_named(self, rest: Rest) -> None:
        outcome = content(rest.get("Observation?_include:iterate=Observation:derived-from"))
        assert "`:iterate`" in outcome["issue"][0]["details"]["text"]


class TestValues:
    @pytest.mark.parametrize(
        "query",
        [
            "authored=05",
            "authored=ge",
            "authored=2026-13",
            "authored=2026-02-30",
            "authored=xx2026",
            "authored=,",
            "authored=0001-01-01T00:00:00%2B14:00",
            "authored=9999-12-31T23:59:59-14:00",
            "authored=2026-11-21T25:00",
            "identifier=a|b|c",
            "identifier=a|b|c|d",
            "status=|",
            "status=completed,",
            "patient=p1,",
            "_id=x|r-1",
            "_count=abc",
            "_count=-1",
            "_count=1.5",
            "_count=%C2%B2",
            "_count=1&_count=2",
            "_page=x",
            "_total=some",
            "_posted=x",
            "patient=%00",
            "identifier=a%0Ab",
            "_summary=banana",
        ],
    )
    def test_a_value_that_cannot_be_is_refused_in_both_modes(self, rest: Rest, query: str) -> None:
        for handling in ("lenient", "strict"):
            answer = rest.get(f"QuestionnaireResponse?{query}", Prefer=f"handling={handling}")
            assert answer.status_code == 400
            assert issues(answer)[0][0] == "value"

    def test_every_fault_is_named_at_once(self, rest: Rest) -> None:
        answer = rest.get("QuestionnaireResponse?authored=05&_count=x&status:not=a")
        assert sorted(issues(answer)) == [
            ("not-supported", "http.status"),
            ("value", "http._count"),
            ("value", "http.authored"),
        ]

    def test_there_is_no_total_if_none_is_wanted(self, rest: Rest) -> None:
        rest.post(phq())
        assert "total" not in content(rest.get("QuestionnaireResponse?_total=none"))

    def test_above_a_bound_there_is_a_total_only_for_who_asks(
        self, rest: Rest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(totals, "MOST_COUNTED", 1)
        for patient in ("p1", "p2"):
            rest.post(phq(patient=f"Patient/{patient}"))
        assert "total" not in content(rest.get("QuestionnaireResponse"))
        assert content(rest.get("QuestionnaireResponse?_total=accurate"))["total"] == 2
        assert content(rest.get("QuestionnaireResponse?_count=0"))["total"] == 2
        assert content(rest.get("QuestionnaireResponse?patient=p1,p2"))["total"] == 2

    @pytest.mark.parametrize("total", ["estimate", "accurate"])
    def test_a_total_of_few_is_exact(self, rest: Rest, total: str) -> None:
        rest.post(phq())
        assert content(rest.get(f"QuestionnaireResponse?_total={total}"))["total"] == 1
