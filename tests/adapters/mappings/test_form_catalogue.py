"""The forms that `sural validate` reads are those of the whole catalogue."""

from pathlib import Path

import pytest

from service.adapters.mappings.form_catalogue import load_form_catalogue
from service.adapters.mappings.published_forms import BadCatalogue
from service.fhir.ids import BASE, value_set_url
from tests.support.building import catalogue
from tests.support.files import Edit

CANONICALS = [
    *catalogue().instruments,
    *catalogue().newest,
    *catalogue().editions,
    f"{BASE}/Questionnaire/phq-9|",
    f"{BASE}/Questionnaire/phq-9|0.0.1",
    "http://example.org/q",
    "",
]


@pytest.mark.parametrize("canonical", CANONICALS)
def test_it_finds_what_the_whole_catalogue_finds(canonical: str) -> None:
    found, expected = load_form_catalogue().find(canonical), catalogue().find(canonical)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert found.instrument.canonical == expected.instrument.canonical
        assert found.edition == expected.edition


def test_our_value_sets_are_found_on_demand() -> None:
    terms = load_form_catalogue().terms
    assert terms.find("ValueSet", value_set_url("leg-pain")) == catalogue().terms.find(
        "ValueSet", value_set_url("leg-pain")
    )
    assert terms.find("ValueSet", "#leg-pain") is None


def test_a_fault_in_the_form_asked_for_is_reported(copy: Path, edit: Edit) -> None:
    edit("questionnaires/gad-7.json", '"type": "choice"', '"type": "choices"')
    forms = load_form_catalogue(copy / "questionnaires", copy / "mappings")
    assert forms.find(f"{BASE}/Questionnaire/phq-9") is not None
    with pytest.raises(BadCatalogue) as caught:
        forms.find(f"{BASE}/Questionnaire/gad-7")
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["gad-7.json"]


def test_a_file_that_is_no_json_is_reported(copy: Path, edit: Edit) -> None:
    edit("questionnaires/gad-7.json", '"type": "choice"', '"type" "choice"')
    with pytest.raises(BadCatalogue) as caught:
        load_form_catalogue(copy / "questionnaires", copy / "mappings").find(f"{BASE}/Questionnaire/phq-9")
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["gad-7.json"]


def test_every_fault_is_reported_when_an_edition_is_looked_up(copy: Path, edit: Edit) -> None:
    edit("questionnaires/gad-7.json", '"type": "choice"', '"type": "choices"')
    edit("mappings/phq-9.yaml", "editions:", "edition:")
    forms = load_form_catalogue(copy / "questionnaires", copy / "mappings")
    with pytest.raises(BadCatalogue) as caught:
        forms.find("http://example.org/q")
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["gad-7.json", "phq-9.yaml"]


def test_a_form_without_rules_is_not_known(copy: Path, edit: Edit) -> None:
    edit("mappings/phq-9.yaml", f"questionnaire: {BASE}/Questionnaire/phq-9", f"questionnaire: {BASE}/Questionnaire/q")
    forms = load_form_catalogue(copy / "questionnaires", copy / "mappings")
    with pytest.raises(BadCatalogue, match="1 fault"):
        forms.find(f"{BASE}/Questionnaire/phq-9")


def test_a_fault_in_the_rules_is_reported_when_a_value_set_is_looked_up(copy: Path, edit: Edit) -> None:
    edit("mappings/phq-9.yaml", "to: 27", "to: 26")
    forms = load_form_catalogue(copy / "questionnaires", copy / "mappings")
    assert forms.find(f"{BASE}/Questionnaire/phq-9") is not None
    with pytest.raises(BadCatalogue, match="1 fault"):
        forms.terms.find("ValueSet", value_set_url("leg-pain"))
