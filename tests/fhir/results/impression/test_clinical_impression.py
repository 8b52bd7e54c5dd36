"""The ClinicalImpression of an act, element by element."""

from service.fhir.ids import BASE
from service.usecases.operations.preview import dry_run
from tests.support.building import NOW, context, response, scored, with_total
from tests.support.responses.written import STENOSIS, bundle_of, codes, extension, one, value


class TestImpression:
    def test_it_has_one_finding_per_flag_and_pattern_with_codes_of_ours_alone(self) -> None:
        impression = one(bundle_of(response("leg-pain", STENOSIS), birth="1960-01-01"), "ClinicalImpression")
        found = {f["itemCodeableConcept"]["coding"][0]["code"]: f for f in impression["finding"]}
        assert {"long-lasting", "spinal-stenosis"} <= set(found)
        systems = {c["system"] for f in impression["finding"] for c in f["itemCodeableConcept"]["coding"]}
        assert systems == {f"{BASE}/CodeSystem/red-flag", f"{BASE}/CodeSystem/pattern"}
        assert extension(found["spinal-stenosis"], "urgency") == "routine"
        assert extension(found["spinal-stenosis"], "confidence") == "fits"
        assert extension(found["long-lasting"], "urgency") == "routine"
        assert extension(found["long-lasting"], "confidence") is None

    def test_the_whole_has_the_highest_urgency(self) -> None:
        both = bundle_of(response("leg-pain", {"lp-alarm": ["fever"]}), with_total("gad-7", 12))
        assert extension(one(both, "ClinicalImpression"), "urgency") == "same-day"
        assert extension(one(bundle_of(scored("gad-7", [0] * 7)), "ClinicalImpression"), "urgency") == "none"

    def test_it_names_the_rules_and_no_assessor(self) -> None:
        impression = one(bundle_of(scored("gad-7", [0] * 7)), "ClinicalImpression")
        assert impression["protocol"] == [f"{BASE}/PlanDefinition/screening|2.0.0"]
        assert "assessor" not in impression
        assert impression["status"] == "completed"

    def test_the_evidence_names_rule_version_lines_weights_and_facts(self) -> None:
        impression = one(bundle_of(response("leg-pain", STENOSIS), birth="1960-01-01"), "ClinicalImpression")
        finding = next(f for f in impression["finding"] if "Spinal" in f["itemCodeableConcept"]["text"])
        evidence = next(e for e in finding["extension"] if e["url"].endswith("/evidence"))["extension"]
        values = {part["url"]: value(part) for part in evidence if part["url"] != "line"}
        assert values == {"rule": "spinal-stenosis", "version": "2.0.0", "score": 12, "minimum": 7}
        lines = [{p["url"]: p for p in part["extension"]} for part in evidence if part["url"] == "line"]
        standing = next(line for line in lines if "lp-worse.standing" in str(line))
        assert value(standing["weight"]) == 3
        assert value(standing["fact"]) in ("PI-030", "NC-019")
        assert sum(value(line["weight"]) for line in lines) == 12

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
        assert quiet["summary"] == "NO VISIT BY RULES - 46, answered 2026-11-21. No leg complaint."

    def test_its_narrative_is_generated_and_escaped(self) -> None:
        impression = one(bundle_of(with_total("phq-9", 12)), "ClinicalImpression")
        assert impression["text"]["status"] == "generated"
        assert "<script" not in impression["text"]["div"]

    def test_the_note_on_validation_stands_until_someone_approves_the_rules(self) -> None:
        from dataclasses import replace

        approved = replace(context(), knowledge=replace(context().knowledge, approved_by="Dr. A. Example"))
        before = one(bundle_of(scored("gad-7", [0] * 7)), "ClinicalImpression")
        after = one(dry_run([scored("gad-7", [0] * 7)], approved, NOW), "ClinicalImpression")
        assert "not been clinically validated" in str(before["note"])
        assert "approved for use here by Dr. A. Example" in str(after["note"])
        assert "not been clinically validated" not in str(after["note"])
