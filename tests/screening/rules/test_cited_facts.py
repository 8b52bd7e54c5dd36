"""A reason and its facts speak of the answers that the person gave, and of no other (knowledge 10.1 item 13, EX-75)."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.fhir.results.submission import Submission
from service.screening.instruments.answer_sheet import AnswerSheet
from service.screening.rules.case import key_of_option
from service.screening.rules.patterns import Evidence, ReportedPattern
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import check_submission
from tests.support.building import NOW, context, response, with_total
from tests.test_cases import cases, judge

BY_OPTION: dict[str, list[str]] = read_yaml(Path(__file__).parent / "facts-by-option.yaml")

NUMB_FEET = {
    "lp-side": ["both-equal"],
    "lp-start": ["feet-toes"],
    "lp-where": ["foot"],
    "lp-spread": ["from-feet-up"],
    "lp-feel": ["numbness"],
    "lp-duration": ["gt-3m"],
    "lp-course": ["steady"],
}
OF_DIABETES = {"AN-007", "PN-014", "PN-016", "NC-037", "NC-038", "NC-039", "NC-040", "NC-041", "NC-042"}
OF_CHEMO = {"PN-024", "PN-025", "PN-068"}
OF_ALCOHOL = {"PN-026", "PN-027"}
OF_B12 = {"PN-028", "PN-029", "PN-030", "NC-052"}
OF_MAGNESIUM = {"NC-053"}
OF_ARTHRITIS_LUPUS = {"NC-054", "NC-055"}
OF_CAUSES = OF_DIABETES | OF_CHEMO | OF_ALCOHOL | OF_B12 | OF_MAGNESIUM | OF_ARTHRITIS_LUPUS


def reported(answers: dict[str, list[str]], *more: dict[str, Any]) -> dict[str, ReportedPattern]:
    parts = [check_submission(made, context(), NOW)[0] for made in (response("leg-pain", answers), *more)]
    assessment = assess_submission(parts, context(), NOW, birth_date="1970-01-01").assessment
    return {item.pattern.id: item for item in assessment.patterns.reported}


def line(item: ReportedPattern, fact: str) -> Evidence:
    """The line that counted and rests on this fact, cited or not."""
    return next(entry for entry in item.evidence if fact in entry.line.facts)


def all_facts(items: dict[str, ReportedPattern]) -> set[str]:
    return {
        fact for item in items.values() for facts in (item.facts, *(e.facts for e in item.evidence)) for fact in facts
    }


@pytest.mark.parametrize(
    ("cause", "its_own"),
    [
        ({"lp-illness": ["diabetes"]}, OF_DIABETES),
        ({"lp-illness": ["chemo"]}, OF_CHEMO),
        ({"lp-habits": ["alcohol"]}, OF_ALCOHOL),
        ({"lp-illness": ["low-b12"]}, OF_B12),
        ({"lp-illness": ["low-magnesium"]}, OF_MAGNESIUM),
        ({"lp-illness": ["ra-lupus"]}, OF_ARTHRITIS_LUPUS),
        ({}, set()),
    ],
)
def test_a_person_with_one_cause_of_neuropathy_gets_no_fact_of_another(
    cause: dict[str, list[str]], its_own: set[str]
) -> None:
    cited = all_facts(reported({**NUMB_FEET, **cause})) & OF_CAUSES
    assert cited <= its_own
    assert bool(cited) is bool(its_own)


def test_a_person_with_diabetes_alone_reads_of_diabetes_alone() -> None:
    items = reported({**NUMB_FEET, "lp-illness": ["diabetes"]})
    assert line(items["neuropathy"], "NC-037").facts == ("AN-029", "AN-007", "PN-014", "NC-037", "NC-038")
    assert items["neuropathy-diabetic"].facts == ("AN-007", "PN-014", "PN-016", "NC-037", "NC-038", "NC-040")
    assert items["neuropathy-sensory"].facts == ("PN-031", "PN-032", "PN-035")


def test_a_fact_of_two_answers_needs_both() -> None:
    def jolts(feel: str, illness: str) -> tuple[str, ...]:
        items = reported({**NUMB_FEET, "lp-feel": [feel], "lp-illness": [illness]})
        return line(items["neuropathy"], "PN-008").facts

    assert jolts("shooting", "diabetes") == ("PN-005", "PN-033", "NC-039")
    assert jolts("electric", "diabetes") == ("PN-008",)
    assert jolts("shooting", "chemo") == ("PN-005", "PN-033")


def test_a_line_of_two_scores_cites_the_facts_of_those_that_are_high() -> None:
    answers = {**NUMB_FEET, "lp-touch": ["light-touch", "small-bump"]}

    def facts(gad: int, phq: int) -> tuple[str, ...]:
        items = reported(answers, with_total("gad-7", gad), with_total("phq-9", phq))
        return line(items["central-sensitisation"], "DL-037").facts

    assert facts(10, 9) == ("AN-046", "AN-014")
    assert facts(9, 10) == ("DL-037",)
    assert facts(10, 10) == ("DL-037", "AN-046", "AN-014")


def test_what_was_not_chosen_is_no_reason() -> None:
    items = reported(
        {"lp-alarm": ["leg-swelling"], "lp-side": ["left"], "lp-where": ["calf"], "lp-duration": ["lt-1w"]}
    )
    assert [(entry.line.weight, entry.reasons) for entry in items["dvt"].evidence][-2:] == [(1, ()), (1, ())]
    assert line(items["dvt"], "PI-064").facts == ("PI-064",)


def test_a_negated_part_leaves_the_others_as_reasons() -> None:
    items = reported({**NUMB_FEET, "lp-illness": ["chemo"]})
    (reason,) = line(items["neuropathy"], "PN-024").reasons
    assert (reason.subject, reason.values) == ("lp-illness", ("lp-illness.chemo",))


def test_an_answer_no_counts_and_is_no_reason() -> None:
    entry = line(reported({**NUMB_FEET, "lp-painkillers": ["no"]})["neuropathy"], "PN-013")
    assert (entry.line.weight, entry.reasons, entry.facts) == (1, (), ("PN-013",))


def is_given(entry: str, given: frozenset[str]) -> bool:
    return all(not given.isdisjoint(part.split("|")) for part in entry.split())


def citations(submission: Submission) -> Iterator[tuple[str, frozenset[str], tuple[str, ...]]]:
    """Each flag, pattern and line of a pattern with the answers given and the facts that it cites."""
    for id, results in submission.assessment.responses.items():
        given = given_in([submission.sources[id].sheet])
        for flag in results.flags.raised:
            yield flag.rule.code, given | {reason.subject for reason in flag.reasons}, flag.facts
    given = given_in(source.sheet for source in submission.sources.values())
    for item in submission.assessment.patterns.reported:
        yield item.pattern.id, given | {reason.subject for reason in item.gate_reasons}, item.facts
        for evidence in item.evidence:
            yield item.pattern.id, given | {reason.subject for reason in evidence.reasons}, evidence.facts


def given_in(sheets: Iterable[AnswerSheet]) -> frozenset[str]:
    return frozenset(
        key_of_option(link_id, code) for sheet in sheets for link_id, codes in sheet.chosen.items() for code in codes
    )


@pytest.mark.parametrize("case", list(cases()))
def test_no_finding_cites_a_fact_of_an_answer_that_was_not_given(case: dict[str, Any]) -> None:
    wrong = [
        (finding, fact)
        for finding, given, facts in citations(judge(case))
        for fact in facts
        if fact in BY_OPTION and not any(is_given(entry, given) for entry in BY_OPTION[fact])
    ]
    assert wrong == []


def test_every_fact_that_speaks_of_options_is_cited_in_some_case() -> None:
    """Facts that no case cites would not be tested by the test above."""
    cited = {fact for param in cases() for _, _, facts in citations(judge(param.values[0])) for fact in facts}
    assert BY_OPTION.keys() - cited == set()
