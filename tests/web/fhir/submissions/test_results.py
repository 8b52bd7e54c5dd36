"""The results of a response: scores, impressions and Tasks, searched and read."""

from service.fhir.r4.strict_json import load
from tests.support.building import phq, response, with_total
from tests.support.files import SAMPLES
from tests.support.rest import Clock, Rest, content


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
        late = rest.found("ClinicalImpression?patient=p1&_sort=date")[0]
        assert late["effectiveDateTime"] == "2026-11-10T09:00:00Z"
        assert "GAD-7 2 (" in late["summary"]
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
        assert rest.outbox.count_entries()["waiting"] == 0

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
