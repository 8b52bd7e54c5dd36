"""The reasoning as a person reads it: every finding with its lines and facts, every fact with its place."""

import re

import pytest

from service.explain import explain
from service.fhir.reading import Resource
from service.screening.faults import Unacceptable
from tests.building import NOW, desk, response, with_total
from tests.test_cases import build, cases

PIECES = {param.id: param.values[0] for param in cases()}


def page(*resources: Resource, birth_date: str | None = None) -> str:
    return explain(resources, desk(), NOW, birth_date)


def sections(text: str) -> dict[str, str]:
    """The text below each heading; what stands before the first is under an empty one."""
    parts = re.split(r"\n\n([^\n]+)\n-+\n", f"\n\n\n-\n{text}")
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def stenosis() -> str:
    return page(
        *(build(entry) for entry in PIECES["e03-stenosis-beside-anxiety"]["responses"]), birth_date="1958-03-01"
    )


def test_the_page_begins_with_the_summary_and_ends_with_what_the_patient_reads() -> None:
    headings = list(sections("Summary" + stenosis()[7:]))
    assert headings[-1] == "What the patient reads"
    assert headings.index("Red flags") < headings.index("Patterns") < headings.index("Scores")


def test_a_pattern_stands_with_every_line_its_weight_its_answers_and_its_facts() -> None:
    patterns = " ".join(sections(stenosis())["Patterns"].split())
    assert re.search(
        r"Spinal stenosis pattern: fits well.*?Score \d+ \(possible from \d+, fits from \d+, fits well from \d+\)",
        patterns,
    )
    assert re.search(r"\+\d What makes it better: .*?\[.*?PI-031.*?\]", patterns)


def test_every_fact_cited_is_written_out_once_under_its_document_and_section() -> None:
    parts = sections(stenosis())
    cited = set(re.findall(r"\b(?:AN|PN|PI|NC|DL|EX)-\d+", parts["Red flags"] + parts["Patterns"] + parts["Scores"]))
    written = re.findall(r"^    ((?:AN|PN|PI|NC|DL|EX)-\d+)  ", parts["What this rests on"], re.MULTILINE)
    assert sorted(written) == sorted(cited)
    assert 'Can A Pinched Nerve Cause Leg Pain?, section "' in parts["What this rests on"]
    assert "Not from the documents. Basis: " in parts["What this rests on"]


def test_medicines_and_procedures_are_named_and_marked_as_outside_the_record() -> None:
    patterns = " ".join(sections(stenosis())["Patterns"].split())
    assert re.search(r"laminectomy[^]]*\[[^]]*NC-024[^]]*\] \(kept out of the record\)", patterns)
    assert not re.search(r"X-ray[^]]*\[[^]]*\] \(kept out", patterns)
    assert "laminectomy" not in sections(stenosis())["What the patient reads"]


def test_what_was_not_reached_or_not_judged_is_named() -> None:
    notes = " ".join(
        sections(page(response("leg-pain", {"lp-any": ["yes"]}, rest="none")))["What else to know"].split()
    )
    assert "Patterns that could not be judged: Piriformis pattern (not known: Where it started, " in notes
    assert (
        "Flags that could not be judged: Symptoms that get worse within hours or days (not known: How it is " in notes
    )
    assert "Anxiety-linked leg symptoms (4, minimum 7)" in " ".join(sections(stenosis())["What else to know"].split())


def test_a_warning_to_the_patient_says_which_answers_are_behind_it() -> None:
    told = " ".join(
        sections(page(response("leg-pain", {"lp-alarm": ["bladder-bowel"]})))["What the patient reads"].split()
    )
    assert "You told us: " in told
    assert told.index("You told us: ") < told.index("This is not a diagnosis.")


def test_no_heading_stands_without_something_below_it() -> None:
    assert "Patterns" not in sections(page(with_total("phq-9", 3)))


def test_two_patients_are_not_one_act() -> None:
    other = {**with_total("gad-7", 3), "subject": {"reference": "Patient/other"}}
    with pytest.raises(Unacceptable):
        page(with_total("phq-9", 3), other)
