"""Dry runs and the explanation page: every finding with its lines and facts, every fact with its source."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from service.adapters.mappings.catalogue import LoadedCatalogue
from service.fhir.r4.types import Resource
from service.fhir.terminology.value_set_membership import TerminologyResources
from service.issues import Malformed, Unprocessable
from service.screening.instruments.editions import InstrumentEdition
from service.screening.instruments.instrument import Instrument
from service.usecases.operations.preview import dry_run, dry_run_with_warnings, explain
from tests.support.building import NOW, catalogue, context, response, with_total
from tests.test_cases import build, cases

PIECES = {param.id: param.values[0] for param in cases()}


def page(*resources: Resource, birth_date: str | None = None) -> str:
    return explain(resources, context(), NOW, birth_date)


def sections(text: str) -> dict[str, str]:
    """The text below each heading; what stands before the first is under an empty one."""
    parts = re.split(r"\n\n([^\n]+)\n-+\n", f"\n\n\n-\n{text}")
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def stenosis() -> str:
    return page(
        *(build(entry) for entry in PIECES["e03-stenosis-beside-anxiety"]["responses"]), birth_date="1958-03-01"
    )


def test_the_page_begins_with_the_summary_and_the_page_of_the_patient_and_ends_with_the_sources() -> None:
    text = stenosis()
    assert text.startswith("ROUTINE (4 weeks)")
    headings = list(sections(text))
    assert headings[0] == "What the patient reads"
    assert headings[-1] == "What this rests on"
    assert headings.index("Red flags") < headings.index("Patterns") < headings.index("Scores")


def test_a_pattern_stands_with_every_line_its_weight_its_answers_and_its_facts() -> None:
    patterns = " ".join(sections(stenosis())["Patterns"].split())
    assert re.search(
        r"Spinal stenosis pattern: fits\..*?Score \d+ \(possible from \d+, fits from \d+, fits well from \d+\)",
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
    assert "Left open: which leg, where it started, where, how it spreads, how long, how it is changing. " in notes
    assert "Because of this not judged: pain worsening within hours or days" in notes


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
    with pytest.raises(Unprocessable):
        page(with_total("phq-9", 3), other)


@dataclass
class CountingCatalogue:
    """The shipped catalogue, which counts how often a questionnaire is looked up: once for each check."""

    catalogue: LoadedCatalogue
    lookups: int = 0

    @property
    def terms(self) -> TerminologyResources:
        return self.catalogue.terms

    @property
    def canonicals(self) -> Sequence[str]:
        return self.catalogue.canonicals

    def instrument(self, name: str) -> Instrument:
        return self.catalogue.instrument(name)

    def find_by_id(self, id: str) -> InstrumentEdition | None:
        return self.catalogue.find_by_id(id)

    def find(self, canonical: str) -> InstrumentEdition | None:
        self.lookups += 1
        return self.catalogue.find(canonical)


def test_an_extraction_checks_the_response_once() -> None:
    counting = CountingCatalogue(catalogue())
    bundle, _ = dry_run_with_warnings(with_total("phq-9", 3), replace(context(), catalogue=counting), NOW)
    assert counting.lookups == 1
    assert bundle == dry_run([with_total("phq-9", 3)], context(), NOW)


@pytest.mark.parametrize("id", ["", 3, "a b"])
def test_an_id_that_is_not_valid_is_reported_and_not_replaced(id: object) -> None:
    with pytest.raises(Malformed):
        dry_run([{**with_total("phq-9", 3), "id": id}], context(), NOW)
