"""Observations, element by element; and the defects of other extractors, which must not be ours."""

import pytest

from service.fhir.r4.strict_json import load
from service.fhir.r4.types import Resource
from tests.support.building import response, scored, with_total
from tests.support.files import SAMPLES
from tests.support.responses.written import bundle_of, by_code, codes, one, sample, written

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
    from service.fhir.r4.datetimes import format_instant as write
    from service.fhir.r4.datetimes import parse_datetime

    return write(parse_datetime(text).sort_key)


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

    def test_what_is_contained_in_the_response_is_not_referred_to_from_outside(self) -> None:
        contained = [
            {"resourceType": "Practitioner", "id": "a"},
            {"resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "AMB"}},
        ]
        local = {"author": {"reference": "#a", "type": "Practitioner"}, "encounter": {"reference": "#e"}}
        bundle = bundle_of(with_total("phq-9", 12, 1, contained=contained, source={"reference": "Patient/p1"}, **local))
        for type_name in ("Observation", "ClinicalImpression", "Task"):
            assert all("encounter" not in made for made in written(bundle, type_name))
        assert by_code(bundle, "44250-9")[0]["performer"] == [{"reference": "Patient/p1"}]

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

    @pytest.mark.parametrize(
        ("resource", "code", "category"),
        [
            (response("leg-pain", {"lp-alarm": ["fever"]}), "fever", "functional-status"),
            (with_total("phq-9", 12, 1, answers={"safe-now": ["yes"]}), "self-harm", "cognitive-status"),
        ],
    )
    def test_a_red_flag_is_no_survey_but_a_finding_of_the_category_of_its_form(
        self, resource: Resource, code: str, category: str
    ) -> None:
        (flag,) = by_code(bundle_of(resource), code)
        assert codes(flag["category"]) == [category]
        assert "performer" not in flag
