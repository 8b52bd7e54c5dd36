"""Facts are cited once each; an addition is marked and gives its basis."""

from service.fhir.terminology.facts import Fact, FactIndex, fact_extensions
from service.fhir.terminology.messages import Messages

MESSAGES = Messages(
    {"basis": {"addition": "{fact}*"}, "fact": {"source": "{document}, {section}", "addition": "Added: {basis}"}}
)
STATED = Fact("SC-001", "A nerve can be pressed.", ("question",), "sciatica", "Causes")
ADDED = Fact("EX-44", "No pattern under 18.", ("red-flag",), basis="product safety")
FACTS = FactIndex({fact.id: fact for fact in (STATED, ADDED)}, {"sciatica": "On sciatica"}, MESSAGES)


def test_each_fact_is_cited_once_and_an_addition_is_marked() -> None:
    assert FACTS.cite_facts(["EX-44", "SC-001", "EX-44"]) == "EX-44*, SC-001"
    assert FACTS.cite_facts(iter(["SC-001"])) == "SC-001"
    assert FACTS.cite_facts([]) == ""


def test_the_source_is_the_section_of_a_document_or_the_basis_of_an_addition() -> None:
    assert FACTS.fact_source(STATED) == "On sciatica, Causes"
    assert FACTS.fact_source(ADDED) == "Added: product safety"


def test_an_extension_contains_one_part_per_fact() -> None:
    assert fact_extensions(["SC-001"]) == [{"url": "fact", "valueCode": "SC-001"}]
