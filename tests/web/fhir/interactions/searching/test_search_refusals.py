"""Parameters of a search that are left out, values that are refused, and totals.

https://hl7.org/fhir/R4/search.html
"""

import pytest

from service.adapters.database.searching import totals
from service.fhir.interactions import PUBLISHED, STORED
from tests.support.building import phq
from tests.support.rest import Rest, content, issues
from tests.web.fhir.interactions.searching.searchset import BASE, links, outcomes


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
