"""Search: parameters, alternatives, escapes, prefixes, and what is left out.

https://hl7.org/fhir/R4/search.html
"""

from urllib.parse import quote

import pytest

from service.fhir.reading import Resource
from tests.building import IDENTIFIED, phq
from tests.conftest import Clock, Rest, content, issues

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
        assert len(rest.found("Questionnaire?_lastUpdated=gt2020")) == 3
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
            f"authored={','.join(['ge2020'] * 200)}",
            f"_lastUpdated={','.join(['ge2020'] * 200)}",
            f"author={','.join(['a'] * 33)}",
            "&".join(["status=completed,completed"] * 99),
        ):
            assert rest.get(f"QuestionnaireResponse?{given}").status_code == 200
            answer = rest.get(f"QuestionnaireResponse?{given}&_id=r-1,r-2,r-3")
            assert (answer.status_code, issues(answer)) == (400, [("too-costly", None)])


class TestLeftOut:
    def test_the_self_link_has_the_parameters_really_used(self, rest: Rest) -> None:
        bundle = content(rest.get("Observation?patient=p1&nonsense=1&_count=5"))
        assert bundle["link"][0] == {"relation": "self", "url": f"{BASE}/Observation?patient=p1&_count=5"}
        (issue,) = outcomes(bundle)
        assert (issue["severity"], issue["code"]) == ("warning", "not-supported")

    @pytest.mark.parametrize("query", ["nonsense=1", "_sort=date", "_include=Observation:subject", "_revinclude=x"])
    def test_a_strict_client_gets_a_refusal_instead(self, rest: Rest, query: str) -> None:
        assert len(outcomes(content(rest.get(f"Observation?{query}", Prefer="handling=lenient")))) == 1
        answer = rest.get(f"Observation?{query}", Prefer="handling=strict")
        assert (answer.status_code, issues(answer)) == (400, [("not-supported", None)])
        assert content(answer)["issue"][0]["severity"] == "error"

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

    @pytest.mark.parametrize("total", ["none", "estimate", "accurate"])
    def test_a_total_is_always_exact(self, rest: Rest, total: str) -> None:
        rest.post(phq())
        assert content(rest.get(f"QuestionnaireResponse?_total={total}"))["total"] == 1
