"""The Bundle of an act: Task, Provenance, references, and what an unfinished response gives."""

from dataclasses import replace
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from service.fhir.definitions.published import published_resources
from service.fhir.r4.strict_json import encode, load
from service.fhir.results.provenance import OPERATOR
from service.screening.rules.urgency import Urgency
from service.usecases.operations.preview import dry_run
from tests.support.building import NOW, context, response, scored, with_total
from tests.support.responses.written import STENOSIS, bundle_of, codes, one, written


class TestTask:
    @pytest.mark.parametrize(("alarm", "priority"), [("bladder-bowel", "stat"), ("fever", "asap"), ("none", None)])
    def test_emergency_and_same_day_flags_call_a_person(self, alarm: str, priority: str | None) -> None:
        bundle = bundle_of(response("leg-pain", {"lp-alarm": [alarm]}), birth="1980-01-01")
        assert [task["priority"] for task in written(bundle, "Task")] == ([priority] if priority else [])

    @pytest.mark.parametrize(("level", "priority"), [("emergency", None), ("same-day", "asap"), ("soon", "asap")])
    def test_the_level_from_which_a_person_is_called_is_data(self, level: str, priority: str | None) -> None:
        rules = replace(context().knowledge.rules, task_from=Urgency.of(level))
        calling = replace(context(), knowledge=replace(context().knowledge, rules=rules))
        bundle = dry_run([response("leg-pain", {"lp-alarm": ["fever"]})], calling, NOW)
        assert [task["priority"] for task in written(bundle, "Task")] == ([priority] if priority else [])

    def test_it_points_to_the_impression_and_names_each_flag(self) -> None:
        bundle = bundle_of(response("leg-pain", {"lp-alarm": ["fever", "very-ill"]}), with_total("gad-7", 12))
        impression, tasks = one(bundle, "ClinicalImpression"), written(bundle, "Task")
        for task in tasks:
            assert task["focus"]["reference"] == f"ClinicalImpression/{impression['id']}"
            assert (task["status"], task["intent"], task["for"]) == ("requested", "order", {"reference": "Patient/p1"})
        named = [{codes([entry["type"]])[0] for entry in task["input"]} for task in tasks]
        assert sorted(named, key=sorted) == [{"answered", "fever"}, {"answered", "very-ill"}]
        assert len({task["id"] for task in tasks}) == 2


class TestProvenance:
    def test_it_names_software_rules_and_the_version_of_the_response(self) -> None:
        bundle = bundle_of(scored("gad-7", [0] * 7))
        provenance = one(bundle, "Provenance")
        assert provenance["agent"][0]["who"] == {"reference": "#software"}
        assert provenance["agent"][0]["onBehalfOf"] == {"display": OPERATOR}
        assert provenance["contained"][0]["version"][1]["value"].endswith("PlanDefinition/screening|2.0.0")
        assert provenance["entity"][0]["what"]["identifier"]["value"] == "gad-7-1/1"
        targets = {target["reference"] for target in provenance["target"]}
        assert targets == {e["request"]["url"] for e in bundle["entry"]} - {f"Provenance/{provenance['id']}"}

    def test_it_names_the_organization_that_a_setting_names(self) -> None:
        knowledge = replace(context().knowledge, organization="Organization/hospital")
        bundle = dry_run([scored("gad-7", [0] * 7)], replace(context(), knowledge=knowledge), NOW)
        assert one(bundle, "Provenance")["agent"][0]["onBehalfOf"] == {"reference": "Organization/hospital"}


class TestBundle:
    def test_every_entry_is_a_put_to_the_id_of_its_resource(self) -> None:
        bundle = bundle_of(response("leg-pain", {"lp-alarm": ["fever"]}), with_total("phq-9", 20, last=1))
        for entry in bundle["entry"]:
            resource = entry["resource"]
            assert entry["request"] == {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}
            assert len(resource["id"]) <= 64

    def test_nothing_claims_a_profile_unless_a_setting_names_it(self) -> None:
        plain = bundle_of(scored("gad-7", [0] * 7))
        assert not [entry for entry in plain["entry"] if "meta" in entry["resource"]]
        named = {"Observation": "http://example.org/profile"}
        claiming = replace(context(), knowledge=replace(context().knowledge, profiles=named))
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
        from tests.support.building import catalogue

        systems = {r["id"]: r for r in published_resources(catalogue()) if r["resourceType"] == "CodeSystem"}
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
