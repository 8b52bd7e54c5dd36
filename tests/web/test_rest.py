"""The FHIR interface over HTTP: create, read, search, extract, and every refusal as an OperationOutcome."""

from datetime import timedelta
from typing import Any

import pytest

from service.fhir.encoding import encode
from service.fhir.reading import Resource, load
from tests.building import NOW, SAMPLES, response, scored, with_total
from tests.conftest import Clock, Rest, content, issues

IDENTIFIED = {"identifier": {"system": "urn:example:responses", "value": "1"}}


def phq(**elements: Any) -> Resource:
    return with_total("phq-9", 12, **elements)


class TestCreate:
    def test_a_response_is_taken_and_says_where_it_is(self, rest: Rest) -> None:
        answer = rest.post(phq())
        assert answer.status_code == 201
        assert answer.headers["Location"] == "http://sural.example/fhir/QuestionnaireResponse/r-1/_history/1"
        assert answer.headers["ETag"] == 'W/"1"'
        assert answer.headers["Last-Modified"] == "Sat, 21 Nov 2026 12:00:00 GMT"
        assert content(answer)["meta"] == {"versionId": "1", "lastUpdated": "2026-11-21T12:00:00.000Z"}

    def test_the_id_and_version_of_the_client_are_not_taken_over(self, rest: Rest) -> None:
        rest.post(phq(id="mine", meta={"versionId": "7", "lastUpdated": "2020-01-01T00:00:00Z"}))
        assert rest.get("QuestionnaireResponse/mine").status_code == 404
        assert content(rest.get("QuestionnaireResponse/r-1"))["meta"]["versionId"] == "1"

    @pytest.mark.parametrize(
        ("prefer", "type_name"),
        [
            ("return=representation", "QuestionnaireResponse"),
            ("return=OperationOutcome", "OperationOutcome"),
            ("return=nonsense", "QuestionnaireResponse"),
        ],
    )
    def test_the_client_may_choose_what_comes_back(self, rest: Rest, prefer: str, type_name: str) -> None:
        assert content(rest.post(phq(), Prefer=prefer))["resourceType"] == type_name

    def test_with_minimal_nothing_comes_back_but_the_headers(self, rest: Rest) -> None:
        answer = rest.post(phq(), Prefer="return=minimal")
        assert (answer.status_code, answer.data) == (201, b"")
        assert answer.headers["Location"]

    def test_a_total_that_differs_is_a_warning_to_the_caller(self, rest: Rest) -> None:
        resource = phq()
        resource["item"].append({"linkId": "/44261-6", "answer": [{"valueDecimal": 3}]})
        answer = rest.post(resource, Prefer="return=OperationOutcome")
        assert answer.status_code == 201
        (issue,) = content(answer)["issue"]
        assert issue["severity"] == "warning"
        assert issue["expression"] == [f"QuestionnaireResponse.item[{len(resource['item']) - 1}].answer[0].value"]

    def test_the_same_identifier_with_the_same_content_again_is_the_same_response(
        self, rest: Rest, clock: Clock
    ) -> None:
        first = rest.post(phq(**IDENTIFIED))
        clock.forward(hours=1)
        shuffled = dict(reversed(list(phq(**IDENTIFIED).items())))
        again = rest.post(shuffled)
        assert again.status_code == 200
        for header in ("Location", "ETag", "Last-Modified"):
            assert again.headers[header] == first.headers[header]
        assert len(rest.found("ClinicalImpression?patient=p1")) == 1
        assert rest.outbox.counts()["waiting"] == 1

    def test_the_same_identifier_with_other_content_is_refused(self, rest: Rest) -> None:
        rest.post(phq(**IDENTIFIED))
        answer = rest.post(phq(identifier=IDENTIFIED["identifier"], language="en"))
        assert answer.status_code == 422
        assert issues(answer) == [("duplicate", "QuestionnaireResponse.identifier")]

    @pytest.mark.parametrize("identifier", [{"value": "1"}, {"system": "urn:x"}, {"text": "x"}])
    def test_an_identifier_without_system_or_value_makes_nothing_known(self, rest: Rest, identifier: Resource) -> None:
        if "text" in identifier:
            identifier = {"use": "official"}
        assert [rest.post(phq(identifier=identifier)).status_code for _ in range(2)] == [201, 201]


class TestResults:
    def test_what_was_posted_is_read_back_scored_and_coded(self, rest: Rest) -> None:
        rest.post(load((SAMPLES / "us-core-QuestionnaireResponse-phq-9-example.json").read_bytes()))
        score = rest.one("Observation?patient=Patient/example&code=http://loinc.org|44261-6")
        assert score["valueQuantity"]["value"] == 12
        impression = rest.one("ClinicalImpression?subject=Patient/example")
        assert content(rest.get(f"ClinicalImpression/{impression['id']}"))["summary"] == impression["summary"]
        assert len(rest.found("Provenance?target=ClinicalImpression/" + impression["id"])) == 1

    def test_a_response_is_kept_as_it_came(self, rest: Rest) -> None:
        sent = load((SAMPLES / "us-core-QuestionnaireResponse-phq-9-example.json").read_bytes())
        rest.post(sent)
        kept = content(rest.get("QuestionnaireResponse/r-1"))
        assert kept["meta"]["profile"] == sent["meta"]["profile"]
        assert kept["item"] == sent["item"]

    def test_anxiety_and_legs_meet_in_one_impression_whichever_came_first(self, rest: Rest) -> None:
        burning = {"lp-side": ["changes"], "lp-feel": ["burning"], "lp-course": ["comes-goes"], "lp-duration": ["1-3w"]}
        burning |= {"lp-stress": ["often"], "lp-calm": ["often"], "lp-muscle": ["tight"], "lp-where": ["foot"]}
        rest.post(with_total("gad-7", 12, authored="2026-11-20T09:00:00Z"))
        rest.post(response("leg-pain", burning, authored="2026-11-21T09:00:00Z"))
        legs_last = rest.found("ClinicalImpression?finding-code=anxiety-linked")
        rest.post(response("leg-pain", burning, authored="2026-11-20T09:00:00Z", patient="Patient/p2"))
        rest.post(with_total("gad-7", 12, authored="2026-11-21T09:00:00Z", patient="Patient/p2"))
        both = rest.found("ClinicalImpression?finding-code=anxiety-linked")
        assert (len(legs_last), len(both)) == (1, 2)

    def test_each_act_has_one_impression_and_names_the_one_before(self, rest: Rest, clock: Clock) -> None:
        rest.post(with_total("gad-7", 2, authored="2026-11-19T09:00:00Z"))
        clock.forward(minutes=1)
        rest.post(with_total("gad-7", 12, authored="2026-11-20T09:00:00Z"))
        newest, oldest = rest.found("ClinicalImpression?patient=p1")
        assert newest["previous"] == {"reference": f"ClinicalImpression/{oldest['id']}"}
        assert "previous" not in oldest

    def test_the_protocol_of_an_impression_is_the_published_plan(self, rest: Rest) -> None:
        rest.post(phq())
        (protocol,) = rest.one("ClinicalImpression")["protocol"]
        (plan,) = rest.found(f"PlanDefinition?url={protocol.replace('|', '&version=')}")
        assert f"{plan['url']}|{plan['version']}" == protocol
        assert content(rest.get(f"PlanDefinition/{plan['id']}"))["action"] == plan["action"]

    def test_a_late_older_response_is_drawn_as_of_its_own_time(self, rest: Rest) -> None:
        rest.post(with_total("gad-7", 18, authored="2026-11-20T09:00:00Z"))
        rest.post(with_total("gad-7", 2, authored="2026-11-10T09:00:00Z"))
        late = rest.found("ClinicalImpression?patient=p1")[0]
        assert late["effectiveDateTime"] == "2026-11-10T09:00:00Z"
        assert "GAD-7 2 of 21" in late["summary"]
        assert "previous" not in late

    def test_a_patient_under_the_base_of_this_service_is_kept_relative(self, rest: Rest) -> None:
        rest.post(phq(patient="http://sural.example/fhir/Patient/p9/_history/3"))
        assert rest.one("QuestionnaireResponse?patient=p9")["subject"] == {"reference": "Patient/p9"}

    def test_red_flags_call_a_person(self, rest: Rest) -> None:
        rest.post(response("leg-pain", {"lp-alarm": ["bladder-bowel"]}))
        assert rest.one("Task?patient=p1&status=requested&priority=stat")["intent"] == "order"


class TestExtract:
    def test_it_gives_the_bundle_and_writes_nothing(self, rest: Rest) -> None:
        answer = rest.post(phq(), "QuestionnaireResponse/$extract")
        assert answer.status_code == 200
        bundle = content(answer)
        assert bundle["type"] == "transaction"
        assert bundle["entry"][0]["fullUrl"].endswith("/fhir/QuestionnaireResponse/phq-9-1")
        assert rest.found("QuestionnaireResponse?patient=p1") == []
        assert rest.outbox.counts()["waiting"] == 0

    def test_a_response_without_id_gets_one_from_its_content(self, rest: Rest) -> None:
        resource = {key: value for key, value in phq().items() if key != "id"}
        bundles = [content(rest.post(resource, "QuestionnaireResponse/$extract")) for _ in range(2)]
        assert bundles[0] == bundles[1]
        assert bundles[0]["entry"][0]["resource"]["id"].startswith("r-")

    def test_it_is_judged_on_the_given_response_alone(self, rest: Rest) -> None:
        rest.post(with_total("gad-7", 18))
        bundle = content(rest.post(phq(), "QuestionnaireResponse/$extract"))
        impression = next(
            e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "ClinicalImpression"
        )
        assert len(impression["investigation"]) == 1


class TestSearch:
    def test_each_parameter_of_the_issue_finds(self, rest: Rest) -> None:
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

    def test_a_canonical_is_found_with_and_without_its_version(self, rest: Rest) -> None:
        url = "https://w3id.org/sural/Questionnaire/phq-9"
        rest.post(phq(questionnaire=f"{url}|1.0.0"))
        assert len(rest.found(f"QuestionnaireResponse?questionnaire={url}")) == 1
        assert len(rest.found(f"QuestionnaireResponse?questionnaire={url}|1.0.0")) == 1

    def test_dates_compare_as_the_prefix_says(self, rest: Rest) -> None:
        rest.post(phq(authored="2026-11-20"))
        finds = {
            prefix: len(rest.found(f"QuestionnaireResponse?authored={prefix}2026-11-20T12:00:00Z"))
            for prefix in ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
        }
        expected = {"eq": 0, "ne": 1, "gt": 1, "lt": 1, "ge": 1, "le": 1, "sa": 0, "eb": 0, "ap": 1}
        assert finds == expected

    def test_pages_neither_skip_nor_repeat_while_others_keep_writing(self, rest: Rest) -> None:
        for _ in range(2):
            rest.post(phq())
        everything = [resource["id"] for resource in rest.found("Observation?patient=p1&_count=200")]
        seen, path = [], "Observation?patient=p1&_count=4"
        while path:
            bundle = content(rest.get(path))
            seen += [entry["resource"]["id"] for entry in bundle["entry"]]
            links = {link["relation"]: link["url"] for link in bundle["link"]}
            path = links.get("next", "").removeprefix("http://sural.example/fhir/")
            rest.post(phq())
        assert seen == everything

    def test_the_self_link_has_the_parameters_really_used(self, rest: Rest) -> None:
        bundle = content(rest.get("Observation?patient=p1&nonsense=1&_count=5"))
        assert bundle["link"][0] == {
            "relation": "self",
            "url": "http://sural.example/fhir/Observation?patient=p1&_count=5",
        }
        (outcome,) = bundle["entry"]
        assert outcome["search"]["mode"] == "outcome"
        assert outcome["resource"]["issue"][0]["severity"] == "warning"

    def test_a_strict_client_gets_a_refusal_instead(self, rest: Rest) -> None:
        answer = rest.get("Observation?nonsense=1", Prefer="handling=strict")
        assert answer.status_code == 400
        assert issues(answer)[0][0] == "not-supported"

    @pytest.mark.parametrize(
        "query", ["authored=05", "_count=abc", "_count=-1", "identifier=a|b|c", "_page=x", "status=|", "authored=ge"]
    )
    def test_a_value_that_cannot_be_is_refused(self, rest: Rest, query: str) -> None:
        answer = rest.get(f"QuestionnaireResponse?{query}")
        assert answer.status_code == 400
        assert issues(answer)[0][0] == "value"

    def test_count_zero_only_counts(self, rest: Rest) -> None:
        rest.post(phq())
        bundle = content(rest.get("QuestionnaireResponse?_count=0"))
        assert (bundle["total"], bundle.get("entry")) == (1, None)


class TestPublished:
    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("", {"phq-9", "gad-7", "leg-pain"}),
            ("url=https://w3id.org/sural/Questionnaire/phq-9", {"phq-9"}),
            ("url=https://w3id.org/sural/Questionnaire/phq-9|1.0.0", {"phq-9"}),
            ("url=https://w3id.org/sural/Questionnaire/phq-9|9.0.0", set()),
            ("name=phq", {"phq-9"}),
            ("title=leg", {"leg-pain"}),
            ("status=active", {"phq-9", "gad-7", "leg-pain"}),
            ("status=draft", set()),
            ("identifier=https://w3id.org/sural/id|gad-7", {"gad-7"}),
            ("_id=gad-7,phq-9", {"phq-9", "gad-7"}),
            ("version=1.0.0&name=Gad7", {"gad-7"}),
            ("code=http://loinc.org|44249-1", {"phq-9"}),
        ],
    )
    def test_questionnaires_are_found(self, rest: Rest, query: str, names: set[str]) -> None:
        assert {resource["id"] for resource in rest.found(f"Questionnaire?{query}")} == names

    @pytest.mark.parametrize(
        "path", ["Questionnaire/phq-9", "CodeSystem/pattern", "ValueSet/urgency", "StructureDefinition/evidence"]
    )
    def test_what_is_published_is_read(self, rest: Rest, path: str) -> None:
        answer = rest.get(path)
        assert answer.status_code == 200
        assert content(answer)["id"] == path.split("/")[1]
        assert answer.headers["ETag"] == 'W/"1"'

    def test_the_interface_says_what_it_offers(self, rest: Rest) -> None:
        answer = rest.get("metadata")
        assert answer.status_code == 200
        capability = content(answer)
        assert (capability["resourceType"], capability["fhirVersion"]) == ("CapabilityStatement", "4.0.1")
        assert {r["type"] for r in capability["rest"][0]["resource"]} >= {"QuestionnaireResponse", "ClinicalImpression"}


class TestRefusals:
    """Every failure under /fhir is an OperationOutcome."""

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "Nope", 404),
            ("GET", "Nope/1", 404),
            ("GET", "questionnaire", 404),
            ("GET", "Observation/o-none", 404),
            ("GET", "Observation/a/b/c/d", 404),
            ("GET", "", 404),
            ("DELETE", "Observation/1", 405),
            ("PATCH", "QuestionnaireResponse/1", 405),
            ("POST", "Observation", 405),
            ("PUT", "metadata", 405),
            ("GET", "QuestionnaireResponse/$extract", 404),
        ],
    )
    def test_what_is_not_there_or_not_offered(self, rest: Rest, method: str, path: str, status: int) -> None:
        answer = rest.client.open(f"/fhir/{path}", method=method)
        assert answer.status_code in ({404, 405} if path.endswith("$extract") else {status})
        assert content(answer)["resourceType"] == "OperationOutcome"
        assert answer.headers["Content-Type"] == "application/fhir+json; charset=utf-8"
        if answer.status_code == 405:
            assert answer.headers["Allow"]

    @pytest.mark.parametrize(
        "media_type", ["text/plain", "application/fhir+xml", "application/x-www-form-urlencoded", ""]
    )
    def test_another_media_type_is_not_taken(self, rest: Rest, media_type: str) -> None:
        answer = rest.client.post("/fhir/QuestionnaireResponse", data=b"{}", headers={"Content-Type": media_type})
        assert answer.status_code == 415
        assert issues(answer)

    def test_another_answer_than_json_is_not_given(self, rest: Rest) -> None:
        assert rest.get("metadata", Accept="application/fhir+xml").status_code == 406
        assert rest.get("metadata?_format=xml").status_code == 406
        assert rest.get("metadata?_format=json", Accept="application/fhir+xml").status_code == 200
        assert rest.get("metadata", Accept="application/json").status_code == 200
        assert rest.get("metadata", Accept="*/*").status_code == 200

    def test_too_much_is_not_taken(self, rest: Rest) -> None:
        answer = rest.post(b"x" * 1_048_577)
        assert answer.status_code == 413
        assert issues(answer)[0][0] == "too-long"

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"", "structure"),
            (b"{", "structure"),
            (b'{"resourceType": "QuestionnaireResponse", "status": "completed", "status": "stopped"}', "structure"),
            (b'{"a": NaN}', "value"),
            (b"[" * 100_000, "too-long"),
            (b'{"resourceType": "Patient"}', "structure"),
        ],
    )
    def test_malformed_content_is_400(self, rest: Rest, body: bytes, code: str) -> None:
        answer = rest.post(body)
        assert answer.status_code == 400
        assert issues(answer)[0][0] == code

    @pytest.mark.parametrize(
        ("change", "status", "code", "place"),
        [
            ({"status": "banana"}, 400, "code-invalid", "status"),
            ({"status": "entered-in-error"}, 422, "business-rule", "status"),
            ({"questionnaire": "http://example.org/q"}, 422, "not-found", "questionnaire"),
            ({"questionnaire": "https://w3id.org/sural/Questionnaire/phq-9|9.9.9"}, 422, "not-found", "questionnaire"),
            ({"questionnaire": None}, 422, "required", "questionnaire"),
            ({"subject": None}, 422, "required", "subject"),
            ({"subject": {"reference": "Group/1"}}, 422, "value", "subject"),
            ({"subject": {"reference": "#p"}}, 400, "invariant", "subject"),
            ({"subject": {"reference": "urn:uuid:1"}}, 422, "value", "subject"),
            ({"subject": {"reference": "http://other.example/fhir/Patient/1"}}, 422, "value", "subject"),
            ({"subject": {"identifier": {"value": "1"}}}, 422, "value", "subject"),
            ({"authored": "2026-11-22T12:00:01Z"}, 422, "value", "authored"),
            ({"modifierExtension": [{"url": "http://x", "valueCode": "a"}]}, 422, "not-supported", "modifierExtension"),
            ({"implicitRules": "http://x"}, 422, "not-supported", "implicitRules"),
        ],
    )
    def test_what_a_rule_forbids_is_422_with_its_place(
        self, rest: Rest, change: Resource, status: int, code: str, place: str
    ) -> None:
        resource = {key: value for key, value in {**phq(), **change}.items() if value is not None}
        answer = rest.post(resource)
        assert answer.status_code == status
        assert issues(answer) == [(code, f"QuestionnaireResponse.{place}")]

    def test_nothing_of_a_refused_response_is_stored(self, rest: Rest) -> None:
        rest.post(phq(subject={"reference": "Group/1"}))
        rest.post(b"{")
        assert content(rest.get("QuestionnaireResponse"))["total"] == 0
        assert rest.outbox.counts()["waiting"] == 0

    def test_every_fault_is_named_at_once(self, rest: Rest) -> None:
        resource = phq(subject={"reference": "Group/1"}, authored="2027-01-01")
        resource["item"][0]["answer"] = [{"valueBoolean": True}]
        resource["item"].append({"linkId": "nope"})
        assert len(issues(rest.post(resource))) == 4

    def test_without_authored_it_is_taken_with_a_warning(self, rest: Rest) -> None:
        answer = rest.post(phq(authored=None), Prefer="return=OperationOutcome")
        assert answer.status_code == 201
        assert issues(answer) == [("incomplete", "QuestionnaireResponse.authored")]

    def test_up_to_a_day_ahead_is_taken(self, rest: Rest) -> None:
        ahead = (NOW + timedelta(hours=24)).isoformat()
        assert rest.post(phq(authored=ahead)).status_code == 201


class TestHeaders:
    def test_every_answer_carries_them(self, rest: Rest) -> None:
        for answer in (rest.get("metadata"), rest.get("Nope/1"), rest.client.get("/"), rest.client.get("/nope")):
            assert answer.headers["X-Request-Id"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]

    def test_what_is_about_a_patient_is_not_kept_on_the_way(self, rest: Rest) -> None:
        assert rest.get("Observation?patient=p1").headers["Cache-Control"] == "no-store"
        assert "Cache-Control" not in rest.get("metadata").headers

    def test_the_id_of_the_client_comes_back_beside_ours(self, rest: Rest) -> None:
        answer = rest.get("metadata", X_Request_Id="abc-1")
        assert answer.headers["X-Correlation-Id"] == "abc-1"
        assert "X-Correlation-Id" not in rest.get("metadata", X_Request_Id="<script>").headers

    def test_head_is_get_without_content(self, rest: Rest) -> None:
        rest.post(phq())
        head = rest.client.head("/fhir/QuestionnaireResponse/r-1")
        assert (head.status_code, head.data) == (200, b"")
        assert head.headers["ETag"] == 'W/"1"'


class TestUnfinished:
    def test_an_unfinished_response_is_kept_and_item_9_flagged_at_once(self, rest: Rest) -> None:
        answer = rest.post(scored("phq-9", [None] * 8 + [2], status="in-progress"))
        assert answer.status_code == 201
        assert rest.one("Observation?patient=p1")["status"] == "preliminary"
        assert rest.one("ClinicalImpression?patient=p1")["status"] == "in-progress"
        assert rest.one("Task?patient=p1")["priority"] == "stat"

    def test_it_does_not_count_for_a_later_assessment(self, rest: Rest) -> None:
        rest.post(with_total("phq-9", 20, status="in-progress"))
        rest.post(with_total("gad-7", 3))
        summary = rest.found("ClinicalImpression?status=completed")[0]["summary"]
        assert "PHQ-9" not in summary


def test_a_failure_of_ours_is_500_with_a_fixed_sentence(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Jane Doe")

    monkeypatch.setattr("service.submit.submit", broken)
    answer = rest.post(phq())
    assert answer.status_code == 500
    assert b"Jane" not in answer.data
    assert issues(answer) == [("exception", None)]


def test_encoding_is_utf_8(rest: Rest) -> None:
    resource = phq()
    resource["item"][0]["text"] = "Wenig Interesse – oder Freude"
    rest.post(encode(resource))
    assert "–" in rest.get("QuestionnaireResponse/r-1").data.decode()
