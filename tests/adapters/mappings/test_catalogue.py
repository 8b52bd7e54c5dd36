"""The catalogue: every fault in every file at once, with file and location; new editions as data."""

import json
import shutil
from pathlib import Path

import pytest

from service.adapters.mappings.catalogue import load_catalogue
from service.adapters.mappings.files.strict_yaml import read_yaml
from service.adapters.mappings.published_forms import BadCatalogue
from tests.support.building import catalogue
from tests.support.files import Edit


def faults(copy: Path) -> list[str]:
    try:
        load_catalogue(copy / "questionnaires", copy / "mappings")
    except BadCatalogue as problem:
        return problem.faults
    return []


def test_the_shipped_files_have_no_fault(copy: Path) -> None:
    assert faults(copy) == []


def test_a_form_with_a_fault_of_its_own_is_refused(copy: Path, edit: Edit) -> None:
    edit("questionnaires/phq-9.json", '"linkId": "/44255-8"', '"linkId": "/44250-9"')
    with pytest.raises(BadCatalogue) as caught:
        load_catalogue(copy / "questionnaires", copy / "mappings")
    assert any("phq-9.json: Questionnaire.item[2].linkId" in fault for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("mappings/leg-pain.yaml", "[feet-toes]", "[toes]", "lp-start has no option 'toes'"),
        ("mappings/leg-pain.yaml", "{lp-side: [right, left]}", "{lp-leg: [right]}", "neither a linkId nor a key"),
        ("mappings/leg-pain.yaml", "when: fast", "when: quick", "unknown feature 'quick'"),
        ("mappings/leg-pain.yaml", "facts: [AN-071,", "facts: [AN-971,", "unknown fact 'AN-971'"),
        ("mappings/leg-pain.yaml", "  saddle-numbness:\n", "  saddle-pain:\n", "not in codes.yaml 'saddle-pain'"),
        ("mappings/leg-pain.yaml", "level: emergency", "level: now", "levels[0].level: Must be one of"),
        ("mappings/leg-pain.yaml", "judged-early: [lp-alarm]", "judged-early: [lp-alert]", "no item 'lp-alert'"),
        ("mappings/patterns.yaml", "weight: 3", "weight: much", "weight: Not a valid integer"),
        ("mappings/patterns.yaml", "weight: 3", "wait: 3", "wait: Unknown field"),
        ("mappings/patterns.yaml", ", facts: [AN-030, PN-002]", "", "supports[0].facts: Missing data"),
        ("mappings/patterns.yaml", "minimum: 6", "minimum: 5", "minimum must be the limit"),
        ("mappings/patterns.yaml", "fits: 9,", "fits: 19,", "the limits of bands must rise"),
        ("mappings/patterns.yaml", "band-of: neuropathy", "band-of: sciatica", "band-of names no pattern above"),
        (
            "mappings/patterns.yaml",
            "{pattern: neuropathy}",
            "{pattern: sciatica}",
            "unknown pattern, or one",
        ),
        ("mappings/patterns.yaml", "flag: worsening-nerve-loss", "flag: worse", "unknown red flag 'worse'"),
        ("mappings/phq-9.yaml", "from: 5, to: 9", "from: 6, to: 9", "band mild starts at 6 instead of 5"),
        ("mappings/phq-9.yaml", "to: 27", "to: 26", "the bands end at 26, the highest total is 27"),
        ("mappings/phq-9.yaml", "code: mild", "code: slight", "not in codes.yaml 'slight'"),
        ("mappings/phq-9.yaml", "item: /44261-6", "item: /44261-7", "phq-9 has no item '/44261-7'"),
        ("mappings/phq-9.yaml", "44250-9: /44250-9", "44250-9: /44250-0", "phq-9 has no item '/44250-0'"),
        (
            "mappings/phq-9.yaml",
            "Questionnaire/phq-9\n",
            "Questionnaire/phq9\n",
            "no active questionnaire has this",
        ),
        ("mappings/ruleset.yaml", "  gad-7: 14\n", "", "no days for gad-7"),
        ("mappings/ruleset.yaml", "  level: same-day\n", "", "task-from.level: Missing data"),
        ("mappings/ruleset.yaml", "  level: same-day\n", "  level: none\n", "task-from.level: Must be one of"),
        ("mappings/ruleset.yaml", "  because: A flag", "  reason: A flag", "task-from.because: Missing data"),
        ("mappings/ruleset.yaml", "version: 2.0.0", "version: one", "version: String does not match"),
        ("mappings/ruleset.yaml", "version: 2.0.0", "version: 2.0.0\nversion: 2.0.0", "'version' occurs twice"),
        ("mappings/wording.yaml", "{flags}.", "{flag}.", "nothing fills in 'flag'"),
        ("mappings/wording.yaml", "  always: in every case\n", "", "basis: lacks always"),
        ("mappings/sources.yaml", "document: anxiety-nerve-pain", "document: anxiety", "unknown document"),
        ("mappings/codes.yaml", "      neuropathy: {", "      nerves: {", "not in codes.yaml 'neuropathy'"),
        ("mappings/codes.yaml", "code-systems:", "code-systems: [", "line"),
        ("mappings/codes.yaml", '"2276-4": "Ferritin', '"2276-5": "Ferritin', "http://loinc.org|2276-4 is not among"),
        ("mappings/leg-pain.yaml", "  lp-any: [PN-001", "  lp-all: [PN-001", "asks: leg-pain has no item 'lp-all'"),
        ("mappings/leg-pain.yaml", "  lp-any: [PN-001", "  lp-any: [PN-901", "asks.lp-any: unknown fact 'PN-901'"),
        ("mappings/advice.yaml", "    patient: ", "    patients: ", "patient: Missing data"),
        ("mappings/advice.yaml", "    clinician: ", "    clinicians: ", "clinician: Missing data"),
        ("mappings/advice.yaml", "    summary-name: ", "    name: ", "summary-name: Missing data"),
        ("mappings/advice.yaml", "    patient-words: ", "    words: ", "patient-words: Missing data"),
        (
            "mappings/advice.yaml",
            '    patient-words: "',
            '    patient-words: "ibuprofen or ',
            "patterns.neuropathy: says 'ibuprofen', which no patient",
        ),
        ("mappings/patterns.yaml", "    family: feet\n", "", "family: Missing data"),
        (
            "mappings/advice.yaml",
            "    patient: ",
            "    patient: Take ibuprofen. ",
            "says 'ibuprofen', which no patient",
        ),
        ("mappings/advice.yaml", "  bladder-bowel:\n", "  bladder-bowels:\n", "flags: lacks bladder-bowel"),
        ("questionnaires/gad-7.json", '"type": "choice"', '"type": "pick"', "Questionnaire.item[1].type"),
        (
            "questionnaires/gad-7.json",
            '"url": "https://w3id',
            '"url2": "https://w3id',
            "is not an element of Questionnaire",
        ),
        ("questionnaires/gad-7.json", '"version": "1.0.0",', "", "Questionnaire.version"),
        ("questionnaires/gad-7.json", "{", "[", "must be JSON"),
    ],
)
def test_a_fault_is_named_with_file_and_place(
    copy: Path, edit: Edit, file: str, old: str, new: str, complaint: str
) -> None:
    edit(file, old, new)
    found = faults(copy)
    assert any(complaint in fault for fault in found), found


def test_all_faults_in_all_files_are_reported_at_once(copy: Path, edit: Edit) -> None:
    edit("mappings/leg-pain.yaml", "[feet-toes]", "[toes]")
    edit("mappings/patterns.yaml", "minimum: 6", "minimum: 5")
    edit("mappings/phq-9.yaml", "from: 5, to: 9", "from: 6, to: 9")
    named = {fault.split(":")[0] for fault in faults(copy)}
    assert named == {"leg-pain.yaml", "patterns.yaml", "phq-9.yaml"}


def test_a_missing_file_is_a_fault(copy: Path) -> None:
    (copy / "mappings/codes.yaml").unlink()
    assert faults(copy) == ["codes.yaml: the file is missing"]


def test_a_folder_without_wording_has_the_sentences_of_the_software(copy: Path) -> None:
    (copy / "mappings" / "wording.yaml").unlink()
    assert faults(copy) == []


def test_a_bare_no_is_a_word_and_a_date_a_string(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: [no, yes, 1:30, 2026-11-21, true, 3, on]\n")
    assert read_yaml(file) == {"a": ["no", "yes", "1:30", "2026-11-21", True, 3, "on"]}


def test_without_a_version_the_newest_active_form_is_found_and_older_ones_by_version(copy: Path) -> None:
    form = json.loads((copy / "questionnaires/gad-7.json").read_text())
    for version, status in (("0.9.0", "active"), ("1.10.0", "active"), ("2.0.0", "draft")):
        path = copy / f"questionnaires/gad-7-{version}.json"
        path.write_text(json.dumps({**form, "id": f"gad-7-{version}", "version": version, "status": status}))
    loaded = load_catalogue(copy / "questionnaires", copy / "mappings")
    url = form["url"]
    found = {canonical: loaded.find(canonical) for canonical in (url, f"{url}|0.9.0", f"{url}|1.0.0", f"{url}|3.0.0")}
    versions = {canonical: form and form.instrument.version for canonical, form in found.items()}
    assert versions == {url: "1.10.0", f"{url}|0.9.0": "0.9.0", f"{url}|1.0.0": "1.0.0", f"{url}|3.0.0": None}


def test_two_files_with_one_canonical_are_a_fault(copy: Path) -> None:
    shutil.copy(copy / "questionnaires/gad-7.json", copy / "questionnaires/twice.json")
    assert any("two files have this url and version" in fault for fault in faults(copy))


def test_a_new_edition_is_data(copy: Path, edit: Edit) -> None:
    edit("mappings/gad-7.yaml", "editions:\n", "editions:\n  - canonical: http://example.org/our-gad7|2\n")
    loaded = load_catalogue(copy / "questionnaires", copy / "mappings")
    assert loaded.find("http://example.org/our-gad7|2") is not None
    assert loaded.find("http://example.org/our-gad7") is None
    assert catalogue().find("http://example.org/our-gad7|2") is None
