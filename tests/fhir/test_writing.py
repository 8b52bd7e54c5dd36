"""The Bundle of an act: Task, Provenance, references, and what an unfinished response gives."""

from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from service.fhir.encoding import encode
from service.fhir.reading import load
from service.submit import dry_run
from tests.building import NOW, desk, response, scored, with_total
from tests.fhir.written import STENOSIS, bundle_of, codes, one, written


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
