"""Totals and bands of every possible answer set, against an independent scorer."""

from collections.abc import Iterator
from itertools import product

import pytest

from service.fhir.ids import BASE
from service.fhir.questionnaires.response_reader import parse_response
from service.fhir.r4.types import Resource
from service.screening.instruments.answer_sheet import AnswerSheet, answers_of, read_sheet
from service.screening.kleene import Truth
from service.screening.rules.assessment import evaluate_response
from service.screening.rules.scores import Score, band_of, compute_score
from service.screening.rules.urgency import Urgency
from tests.support.building import FREQUENCY, catalogue, scored

# The second scorer: cut-offs as in the papers of the instruments, not read from our mappings.
GAD_7 = [(15, "severe"), (10, "moderate"), (5, "mild"), (0, "minimal")]
PHQ_9 = [(20, "severe"), (15, "moderately-severe"), (10, "moderate"), (5, "mild"), (0, "minimal")]


def band(total: int, cuts: list[tuple[int, str]]) -> str:
    for low, name in cuts:
        if total >= low:
            return name
    raise AssertionError


def sheets(name: str) -> Iterator[tuple[tuple[int, ...], AnswerSheet]]:
    """Every complete answer set of an instrument, as an indexed response."""
    instrument = catalogue().newest[f"{BASE}/Questionnaire/{name}"]
    rule = catalogue().rules.instruments[name].scores[0]
    asked: dict[str, Truth] = dict.fromkeys(instrument.by_link_id, True)
    codes = [frozenset({code}) for code in FREQUENCY]
    for weights in product(range(4), repeat=len(rule.summands)):
        chosen = {link_id: codes[weight] for link_id, weight in zip(rule.summands, weights, strict=True)}
        yield weights, AnswerSheet(instrument, chosen, {**asked, "safe-now": False}, {})


def test_every_gad_7_answer_set_has_the_total_and_band_of_the_paper() -> None:
    rule, count = catalogue().rules.instruments["gad-7"].scores[0], 0
    for weights, sheet in sheets("gad-7"):
        judged = compute_score(rule, sheet)
        assert (judged.total, judged.band) == (sum(weights), band(sum(weights), GAD_7)), weights
        count += 1
    assert count == 16_384


def test_every_phq_9_answer_set_has_the_total_band_and_item_9_flag_of_the_paper() -> None:
    rules, count, hidden = catalogue().rules, 0, 0
    levels = {0: None, 1: Urgency.SAME_DAY, 2: Urgency.SAME_DAY, 3: Urgency.EMERGENCY}
    for weights, sheet in sheets("phq-9"):
        judged = evaluate_response(rules, sheet, None)
        total = judged.scores[0]
        assert (total.total, total.band) == (sum(weights), band(sum(weights), PHQ_9)), weights
        raised = {flag.rule.code: flag.level for flag in judged.flags.raised}
        assert raised.get("self-harm") is levels[weights[8]], weights
        assert ("mood-positive" in raised, "mood-severe" in raised) == (sum(weights) >= 10, sum(weights) >= 20), weights
        count += 1
        hidden += weights[8] > 0 and sum(weights) < 10
    assert (count, hidden) == (262_144, 16_696)


@pytest.mark.parametrize(("name", "open_item"), [("gad-7", i) for i in range(7)] + [("phq-9", i) for i in range(9)])
def test_one_open_item_leaves_no_total_and_is_never_counted_as_zero(name: str, open_item: int) -> None:
    count = len(catalogue().rules.instruments[name].scores[0].summands)
    weights = [None if index == open_item else 1 for index in range(count)]
    judged = score_of(name, weights)
    assert (judged.total, judged.band) == (None, None)
    assert judged.missing == (judged.rule.summands[open_item],)
    assert (judged.low, judged.high) == (count - 1, count + 2)


def test_a_total_of_the_sender_is_compared_and_never_used() -> None:
    item = {"linkId": "/44261-6", "answer": [{"valueDecimal": 27}]}
    resource = scored("phq-9", [1] * 9)
    resource["item"].append(item)
    judged = score_sheet("phq-9", resource)
    assert (judged.total, judged.differs) == (9, True)


def test_a_total_sent_with_open_items_differs_from_none() -> None:
    item = {"linkId": "/70274-6", "answer": [{"valueDecimal": 6}]}
    resource = scored("gad-7", [1, 1, 1, 1, 1, 1, None])
    resource["item"].append(item)
    judged = score_sheet("gad-7", resource)
    assert (judged.total, judged.differs) == (None, True)


def test_a_band_holds_from_its_lowest_to_its_highest_total() -> None:
    rule = catalogue().rules.instruments["phq-9"].scores[0]
    assert [band_of(rule, total) for total in (4, 5, 9, 10, 14, 15, 19, 20, 27)] == [
        "minimal",
        *["mild"] * 2,
        *["moderate"] * 2,
        *["moderately-severe"] * 2,
        *["severe"] * 2,
    ]


def score_of(name: str, weights: list[int | None]) -> Score:
    return score_sheet(name, scored(name, weights))


def score_sheet(name: str, resource: Resource) -> Score:
    instrument = catalogue().newest[f"{BASE}/Questionnaire/{name}"]
    sheet = read_sheet(instrument, answers_of(parse_response(resource)))
    return compute_score(catalogue().rules.instruments[name].scores[0], sheet)
