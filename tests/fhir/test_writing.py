"""The Bundle of an act, element by element; and the defects of other extractors, which must not be ours."""

from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from service.fhir.encoding import encode
from service.fhir.ids import BASE
from service.fhir.reading import Resource, load
from service.submit import dry_run
from tests.building import NOW, SAMPLES, desk, response, scored, with_total


def sample(name: str) -> Resource:
    return load((SAMPLES / name).read_bytes())


def bundle_of(*resources: Resource, birth: str | None = None) -> Resource:
    return dry_run(resources, desk(), NOW, birth)


def written(bundle: Resource, type_name: str) -> list[Resource]:
    found = (entry["resource"] for entry in bundle["entry"])
    return [resource for resource in found if resource["resourceType"] == type_name]


def by_code(bundle: Resource, code: str) -> list[Resource]:
    observations = written(bundle, "Observation")
    return [o for o in observations if any(c["code"] == code for c in o["code"]["coding"])]


def one(bundle: Resource, type_name: str) -> Resource:
    (found,) = written(bundle, type_name)
    return found


US_CORE = "us-core-QuestionnaireResponse-phq-9-example.json"
PHR = "phr-QuestionnaireResponse-gad7.json"


class TestSamples:
    """Real responses from public guides."""

    def test_the_us_core_phq_9_gives_12_moderate(self) -> None:
        (score,) = by_code(bundle_of(sample(US_CORE)), "44261-6")
        assert score["valueQuantity"]["value"] == 12
        assert score["interpretation"][0]["coding"][0]["code"] == "moderate"

    def test_its_items_agree_with_the_observations_of_us_core(self) -> None:
        bundle = bundle_of(sample(US_CORE))
        compared = 0
        for path in sorted((SAMPLES / "us-core-observations").glob("*.json")):
            theirs = load(path.read_bytes())
            code = theirs["code"]["coding"][0]["code"]
            if code in ("44249-1", "44261-6"):
                continue  # the panel, and a total that theirs gives as a string
            (ours,) = by_code(bundle, code)
            assert ours["code"]["coding"] == theirs["code"]["coding"]
            assert ours["valueCodeableConcept"] == theirs["valueCodeableConcept"]
            assert ours["subject"] == theirs["subject"]
            assert instant(ours["effectiveDateTime"]) == instant(theirs["effectiveDateTime"])
            assert ours["derivedFrom"] == theirs["derivedFrom"]
            assert ours["performer"] == theirs["performer"]
            compared += 1
        assert compared == 10

    def test_the_panel_holds_the_items_and_the_score_and_has_no_value(self) -> None:
        bundle = bundle_of(sample(US_CORE))
        (panel,) = by_code(bundle, "44249-1")
        members = {member["reference"] for member in panel["hasMember"]}
        assert len(members) == 11
        assert f"Observation/{by_code(bundle, '44261-6')[0]['id']}" in members
        assert not [key for key in panel if key.startswith("value")]

    def test_the_phr_gad_7_gives_3_minimal(self) -> None:
        (score,) = by_code(bundle_of(sample(PHR)), "70274-6")
        assert score["valueQuantity"]["value"] == 3
        assert score["interpretation"][0]["coding"][0]["code"] == "minimal"

    def test_the_response_goes_out_without_the_profile_it_claims(self) -> None:
        received = sample(US_CORE)
        sent = one(bundle_of(received), "QuestionnaireResponse")
        assert received["meta"]["profile"]
        assert sent == {key: value for key, value in received.items() if key != "meta"}


def instant(text: str) -> str:
    from service.fhir.times import instant as write
    from service.fhir.times import moment

    return write(moment(text).order)


class TestObservations:
    def test_no_and_none_and_not_at_all_are_values(self) -> None:
        bundle = bundle_of(scored("gad-7", [0] * 7), response("leg-pain", {"lp-any": ["no"], "lp-alarm": ["none"]}))
        assert len(by_code(bundle, "69725-0")) == 1
        assert by_code(bundle, "lp-any")[0]["valueCodeableConcept"]["coding"][0]["code"] == "lp-any.no"
        assert by_code(bundle, "lp-alarm")[0]["valueCodeableConcept"]["coding"][0]["code"] == "lp-alarm.none"
        assert by_code(bundle, "70274-6")[0]["valueQuantity"]["value"] == 0

    def test_an_item_left_open_gives_no_observation(self) -> None:
        assert by_code(bundle_of(scored("gad-7", [None, *[0] * 6])), "69725-0") == []

    def test_each_answer_of_a_multiple_choice_is_an_observation_with_an_id_of_its_own(self) -> None:
        first = by_code(bundle_of(response("leg-pain", {"lp-feel": ["burning", "cold"]})), "lp-feel")
        second = by_code(bundle_of(response("leg-pain", {"lp-feel": ["cold", "burning"]})), "lp-feel")
        assert len({o["id"] for o in first}) == 2
        assert {o["id"] for o in first} == {o["id"] for o in second}

    def test_none_beside_another_option_gives_no_observation(self) -> None:
        found = by_code(bundle_of(response("leg-pain", {"lp-alarm": ["none", "fever"]})), "lp-alarm")
        assert [o["valueCodeableConcept"]["coding"][0]["code"] for o in found] == ["lp-alarm.fever"]

    def test_a_score_that_cannot_be_made_says_which_answers_are_open(self) -> None:
        (score,) = by_code(bundle_of(scored("phq-9", [1, None, *[1] * 7], answers={"safe-now": ["yes"]})), "44261-6")
        assert "valueQuantity" not in score
        assert "interpretation" not in score
        assert score["dataAbsentReason"]["coding"][0]["code"] == "unknown"
        assert "Feeling down, depressed, or hopeless" in score["dataAbsentReason"]["text"]

    def test_a_score_is_derived_from_the_response_and_its_items_and_has_no_performer(self) -> None:
        bundle = bundle_of(with_total("gad-7", 5, author={"reference": "Practitioner/a"}))
        (score,) = by_code(bundle, "70274-6")
        assert len(score["derivedFrom"]) == 8
        assert "performer" not in score
        assert score["valueQuantity"]["code"] == "{score}"

    def test_a_total_of_the_sender_that_differs_is_noted_where_a_clinician_looks(self) -> None:
        resource = scored("phq-9", [1] * 9, answers={"safe-now": ["yes"]})
        resource["item"].insert(9, {"linkId": "/44261-6", "answer": [{"valueDecimal": 3}]})
        bundle = bundle_of(resource)
        (score,) = by_code(bundle, "44261-6")
        assert score["valueQuantity"]["value"] == 9
        assert "(3) differs" in score["note"][0]["text"]
        assert any("(3) differs" in note["text"] for note in one(bundle, "ClinicalImpression")["note"])

    def test_categories_are_survey_and_that_of_the_form(self) -> None:
        bundle = bundle_of(response("leg-pain"), scored("gad-7", [0] * 7))
        assert codes(by_code(bundle, "lp-any")[0]["category"]) == ["survey", "functional-status"]
        assert codes(by_code(bundle, "69725-0")[0]["category"]) == ["survey", "cognitive-status"]

    @pytest.mark.parametrize(
        ("elements", "performer"),
        [
            ({"author": {"reference": "Practitioner/a"}}, "Practitioner/a"),
            ({"author": {"reference": "Device/a"}, "source": {"reference": "Patient/p1"}}, "Patient/p1"),
            ({"author": {"reference": "Device/a"}}, None),
            ({}, None),
        ],
    )
    def test_who_answered_is_the_performer_where_an_observation_may_name_that_type(
        self, elements: Resource, performer: str | None
    ) -> None:
        observation = by_code(bundle_of(scored("gad-7", [0] * 7, **elements)), "69725-0")[0]
        assert [p["reference"] for p in observation.get("performer", [])] == ([performer] if performer else [])

    @pytest.mark.parametrize(
        ("authored", "effective", "issued"),
        [
            ("2026-11-20T09:00:00+01:00", "2026-11-20T09:00:00+01:00", "2026-11-20T09:00:00+01:00"),
            ("2026-11-20", "2026-11-20", None),
            ("2026-11", "2026-11", None),
            (None, None, None),
        ],
    )
    def test_times_are_those_of_answering_as_exactly_as_received(
        self, authored: str | None, effective: str | None, issued: str | None
    ) -> None:
        observation = by_code(bundle_of(scored("gad-7", [0] * 7, authored=authored)), "69725-0")[0]
        assert observation.get("effectiveDateTime") == effective
        assert observation.get("issued") == issued

    def test_the_encounter_of_each_response_is_that_of_its_observations(self) -> None:
        bundle = bundle_of(scored("gad-7", [0] * 7, encounter={"reference": "Encounter/e"}))
        assert {o["encounter"]["reference"] for o in written(bundle, "Observation")} == {"Encounter/e"}
        assert one(bundle, "ClinicalImpression")["encounter"] == {"reference": "Encounter/e"}

    def test_a_red_flag_has_its_level_as_value_and_the_answers_that_raised_it(self) -> None:
        bundle = bundle_of(response("leg-pain", {"lp-alarm": ["fever"]}))
        (flag,) = by_code(bundle, "fever")
        alarm = by_code(bundle, "lp-alarm")[0]
        assert flag["valueCodeableConcept"]["coding"][0]["code"] == "same-day"
        assert {"reference": f"Observation/{alarm['id']}"} in flag["derivedFrom"]


def codes(concepts: list[Resource]) -> list[str]:
    return [coding["code"] for concept in concepts for coding in concept["coding"]]


class TestImpression:
    def test_it_has_one_finding_per_flag_and_pattern_with_codes_of_ours_alone(self) -> None:
        impression = one(bundle_of(response("leg-pain", STENOSIS), birth="1960-01-01"), "ClinicalImpression")
        found = {f["itemCodeableConcept"]["coding"][0]["code"]: f for f in impression["finding"]}
        assert {"long-lasting", "spinal-stenosis"} <= set(found)
        systems = {c["system"] for f in impression["finding"] for c in f["itemCodeableConcept"]["coding"]}
        assert systems == {f"{BASE}/CodeSystem/red-flag", f"{BASE}/CodeSystem/pattern"}
        assert extension(found["spinal-stenosis"], "urgency") == "routine"
        assert extension(found["spinal-stenosis"], "confidence") == "fits-well"
        assert extension(found["long-lasting"], "urgency") == "routine"
        assert extension(found["long-lasting"], "confidence") is None

    def test_the_whole_has_the_highest_urgency(self) -> None:
        both = bundle_of(response("leg-pain", {"lp-alarm": ["fever"]}), with_total("gad-7", 12))
        assert extension(one(both, "ClinicalImpression"), "urgency") == "same-day"
        assert extension(one(bundle_of(scored("gad-7", [0] * 7)), "ClinicalImpression"), "urgency") == "none"

    def test_it_names_the_rules_and_no_assessor(self) -> None:
        impression = one(bundle_of(scored("gad-7", [0] * 7)), "ClinicalImpression")
        assert impression["protocol"] == [f"{BASE}/PlanDefinition/screening|1.0.0"]
        assert "assessor" not in impression
        assert impression["status"] == "completed"

    def test_the_evidence_names_rule_version_lines_weights_and_facts(self) -> None:
        impression = one(bundle_of(response("leg-pain", STENOSIS), birth="1960-01-01"), "ClinicalImpression")
        finding = next(f for f in impression["finding"] if "Spinal" in f["itemCodeableConcept"]["text"])
        evidence = next(e for e in finding["extension"] if e["url"].endswith("/evidence"))["extension"]
        values = {part["url"]: value(part) for part in evidence if part["url"] != "line"}
        assert values == {"rule": "spinal-stenosis", "version": "1.0.0", "score": 13, "minimum": 7}
        lines = [{p["url"]: p for p in part["extension"]} for part in evidence if part["url"] == "line"]
        standing = next(line for line in lines if "lp-worse.standing" in str(line))
        assert value(standing["weight"]) == 3
        assert value(standing["fact"]) in ("PI-030", "NC-019")
        assert sum(value(line["weight"]) for line in lines) == 13

    def test_its_investigation_names_every_instrument_used_with_response_and_results(self) -> None:
        bundle = bundle_of(scored("gad-7", [0] * 7), response("leg-pain"))
        impression = one(bundle, "ClinicalImpression")
        kinds = {codes([entry["code"]])[0]: entry for entry in impression["investigation"]}
        assert set(kinds) == {"gad-7", "leg-pain"}
        brought = {entry["request"]["url"] for entry in bundle["entry"]}
        for entry in kinds.values():
            assert {item["reference"] for item in entry["item"]} <= brought

    def test_facts_that_are_not_from_the_documents_are_marked(self) -> None:
        impression = one(bundle_of(with_total("gad-7", 12)), "ClinicalImpression")
        assert "EX-02 (not from the documents)" in impression["finding"][0]["basis"]

    def test_without_anything_it_says_so_and_gives_no_all_clear(self) -> None:
        quiet = one(bundle_of(response("leg-pain", {"lp-any": ["no"]}), birth="1980-01-01"), "ClinicalImpression")
        assert "finding" not in quiet
        assert "No flag raised by the answers of 2026-11-21; this is not an all-clear." in quiet["summary"]

    def test_its_narrative_is_generated_and_escaped(self) -> None:
        impression = one(bundle_of(with_total("phq-9", 12)), "ClinicalImpression")
        assert impression["text"]["status"] == "generated"
        assert "<script" not in impression["text"]["div"]

    def test_the_note_on_validation_stands_until_someone_approves_the_rules(self) -> None:
        from dataclasses import replace

        approved = replace(desk(), publisher=replace(desk().publisher, approved_by="Dr. A. Example"))
        before = one(bundle_of(scored("gad-7", [0] * 7)), "ClinicalImpression")
        after = one(dry_run([scored("gad-7", [0] * 7)], approved, NOW), "ClinicalImpression")
        assert "not been clinically validated" in str(before["note"])
        assert "approved for use here by Dr. A. Example" in str(after["note"])
        assert "not been clinically validated" not in str(after["note"])


STENOSIS = {
    "lp-side": ["both-unequal"],
    "lp-start": ["low-back"],
    "lp-where": ["low-back", "thigh-back"],
    "lp-spread": ["no-pattern"],
    "lp-feel": ["dull-ache"],
    "lp-duration": ["gt-3m"],
    "lp-course": ["steady"],
    "lp-worse": ["standing", "walking"],
    "lp-better": ["sitting"],
}


def extension(element: Resource, name: str) -> Any:
    return next((value(e) for e in element["extension"] if e["url"] == f"{BASE}/StructureDefinition/{name}"), None)


def value(extension: Resource) -> Any:
    return next(inner for key, inner in extension.items() if key.startswith("value"))


class TestTask:
    @pytest.mark.parametrize(("alarm", "priority"), [("bladder-bowel", "stat"), ("fever", "asap"), ("none", None)])
    def test_emergency_and_same_day_flags_call_a_person(self, alarm: str, priority: str | None) -> None:
        bundle = bundle_of(response("leg-pain", {"lp-alarm": [alarm]}), birth="1980-01-01")
        assert [task["priority"] for task in written(bundle, "Task")] == ([priority] if priority else [])

    def test_it_points_to_the_impression_and_names_each_flag(self) -> None:
        bundle = bundle_of(response("leg-pain", {"lp-alarm": ["fever", "very-ill"]}), with_total("gad-7", 12))
        task = one(bundle, "Task")
        assert task["focus"]["reference"] == f"ClinicalImpression/{one(bundle, 'ClinicalImpression')['id']}"
        assert (task["status"], task["intent"], task["for"]) == ("requested", "order", {"reference": "Patient/p1"})
        assert {codes([entry["type"]])[0] for entry in task["input"]} == {"fever", "very-ill"}


class TestProvenance:
    def test_it_names_software_rules_and_the_version_of_the_response(self) -> None:
        bundle = bundle_of(scored("gad-7", [0] * 7))
        provenance = one(bundle, "Provenance")
        assert provenance["agent"][0]["who"] == {"reference": "#software"}
        assert provenance["contained"][0]["version"][1]["value"].endswith("PlanDefinition/screening|1.0.0")
        assert provenance["entity"][0]["what"]["identifier"]["value"] == "gad-7-1/1"
        targets = {target["reference"] for target in provenance["target"]}
        assert targets == {e["request"]["url"] for e in bundle["entry"]} - {f"Provenance/{provenance['id']}"}


class TestBundle:
    def test_every_entry_is_a_put_to_the_id_of_its_resource(self) -> None:
        bundle = bundle_of(response("leg-pain", {"lp-alarm": ["fever"]}), with_total("phq-9", 20, last=1))
        for entry in bundle["entry"]:
            resource = entry["resource"]
            assert entry["request"] == {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}
            assert len(resource["id"]) <= 64

    def test_nothing_claims_a_profile_unless_a_setting_names_it(self) -> None:
        from dataclasses import replace

        plain = bundle_of(scored("gad-7", [0] * 7))
        assert not [entry for entry in plain["entry"] if "meta" in entry["resource"]]
        named = {"Observation": "http://example.org/profile"}
        claiming = replace(desk(), publisher=replace(desk().publisher, profiles=named))
        for observation in written(dry_run([scored("gad-7", [0] * 7)], claiming, NOW), "Observation"):
            assert observation["meta"] == {"profile": ["http://example.org/profile"]}

    def test_references_are_relative_and_point_into_the_bundle_or_to_what_was_received(self) -> None:
        bundle = bundle_of(response("leg-pain", STENOSIS), with_total("gad-7", 12))
        brought = {entry["request"]["url"] for entry in bundle["entry"]}
        assert set(references(bundle)) - brought == {"Patient/p1", "#software"}

    def test_the_same_input_gives_the_same_bytes(self) -> None:
        resources = [response("leg-pain", STENOSIS), with_total("gad-7", 12), with_total("phq-9", 12)]
        assert encode(bundle_of(*resources)) == encode(bundle_of(*resources))

    def test_every_resource_is_valid_for_the_library(self) -> None:
        bundle = bundle_of(response("leg-pain", STENOSIS), with_total("gad-7", 18), with_total("phq-9", 20, last=3))
        get_fhir_model_class("Bundle").model_validate(load(encode(bundle)))

    def test_the_codes_of_integrators_are_all_published(self) -> None:
        from service.app import published
        from tests.building import catalogue

        systems = {r["id"]: r for r in published(catalogue()) if r["resourceType"] == "CodeSystem"}
        wanted = {"pattern", "red-flag", "urgency", "confidence", "severity", "assessment", "leg-pain"}
        assert wanted <= set(systems)
        questions = {c["code"]: c for c in systems["leg-pain"]["concept"]}
        assert "lp-worse.sitting" in {c["code"] for c in questions["lp-worse"]["concept"]}
        assert [c["code"] for c in questions["lp-hands"]["concept"]] == [
            "lp-hands.yes",
            "lp-hands.no",
            "lp-hands.unsure",
        ]
        assert [c["code"] for c in systems["urgency"]["concept"]] == [
            "emergency", "same-day", "soon", "routine", "none",
        ]  # fmt: skip


def references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [reference for inner in value for reference in references(inner)]
    if not isinstance(value, dict):
        return []
    own = [value["reference"]] if "reference" in value else []
    return own + [reference for inner in value.values() for reference in references(inner)]


class TestUnfinished:
    def test_it_gives_the_flag_an_impression_in_progress_and_the_task(self) -> None:
        bundle = bundle_of(with_total("phq-9", 20, last=2, status="in-progress", answers={"safe-now": ["no"]}))
        (flag,) = written(bundle, "Observation")
        assert (flag["status"], codes([flag["code"]])) == ("preliminary", ["self-harm"])
        impression = one(bundle, "ClinicalImpression")
        assert (impression["status"], codes([impression["code"]])) == ("in-progress", ["safety-screening"])
        assert one(bundle, "Task")["priority"] == "stat"

    def test_without_a_flag_only_the_response_goes_out(self) -> None:
        bundle = bundle_of(with_total("phq-9", 20, status="in-progress"))
        assert [entry["resource"]["resourceType"] for entry in bundle["entry"]] == [
            "QuestionnaireResponse",
            "Provenance",
        ]

    def test_the_finished_response_writes_under_the_same_ids(self) -> None:
        early = bundle_of(with_total("phq-9", 20, last=2, status="in-progress", answers={"safe-now": ["no"]}))
        late = bundle_of(with_total("phq-9", 20, last=2, answers={"safe-now": ["no"]}))
        ids = {entry["request"]["url"] for entry in early["entry"]}
        assert ids <= {entry["request"]["url"] for entry in late["entry"]}
