"""A newer form that leaves the safety questions open lowers nothing, and ids decide nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from service.fhir.results.submission import SourceResponse, Submission
from service.screening.rules.response_selection import Acceptance
from service.screening.rules.urgency import Urgency
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import check_submission
from service.usecases.responses.sources import EarlierResponses
from tests.support.building import NOW, catalogue, context
from tests.support.generated.generating import Chosen, from_answers
from tests.support.generated.strategies import answers, summands

START = NOW - timedelta(days=10)
NAMES = ("leg-pain", "gad-7", "phq-9")


def source(id: str, name: str, chosen: Chosen, day: int, accepted: float | None = None) -> SourceResponse:
    """A stopped response of a day; ``accepted`` is its place among the stored ones."""
    authored = (START + timedelta(days=day)).isoformat()
    made = check_submission({**from_answers(name, chosen, "stopped"), "id": id, "authored": authored}, context(), NOW)[
        0
    ]
    return made if accepted is None else replace(made, accepted=Acceptance(accepted))


def assessed(own: Sequence[SourceResponse], stored: Sequence[SourceResponse] = ()) -> Submission:
    earlier = EarlierResponses({each.id: each for each in stored})
    return assess_submission(own, context(), NOW, earlier.history, earlier)


def flag_level(submission: Submission) -> Urgency:
    """The highest level of a red flag."""
    return max((flag.level for flag in submission.assessment.raised.values()), default=Urgency.NONE)


def without(chosen: Chosen, link_ids: frozenset[str]) -> Chosen:
    return {link_id: codes for link_id, codes in chosen.items() if link_id not in link_ids}


@settings(max_examples=40)
@given(st.data(), st.sampled_from(["leg-pain", "phq-9"]))
def test_a_newer_form_that_leaves_the_safety_questions_open_never_lowers_the_level(
    data: st.DataObject, name: str
) -> None:
    safety_items = catalogue().rules.instruments[name].safety_items
    old = source("old", name, data.draw(answers(name)), 0, 1)
    new = source("new", name, without(data.draw(answers(name)), safety_items), data.draw(st.integers(0, 7)))
    before, after = assessed([old]), assessed([new], [old])
    assert flag_level(after) >= flag_level(before)
    assert after.assessment.urgency >= before.assessment.urgency


@settings(max_examples=25)
@given(st.data(), st.sampled_from(["gad-7", "phq-9"]), st.integers(0, 7))
def test_an_incomplete_form_never_removes_a_score(data: st.DataObject, name: str, day: int) -> None:
    old = source("old", name, data.draw(answers(name)), 0, 1)
    left_open = data.draw(st.sampled_from(summands(name)))
    new = source("new", name, without(data.draw(answers(name)), frozenset({left_open})), day)
    after = assessed([new], [old]).assessment
    totals = [[score.total for score in after.responses[id].scores] for id in after.newest.values()]
    before = [score.total for score in assessed([old]).assessment.responses["old"].scores]
    assert totals == [before] or before == [None]


def outcome(submission: Submission) -> Mapping[str, object]:
    """All that was judged, with each response by its place of use in place of its id."""
    assessment = submission.assessment
    places = {id: place for place, id in enumerate(submission.sources)}
    return {
        "responses": list(assessment.responses.values()),
        "newest": {name: places[id] for name, id in assessment.newest.items()},
        "lead": places[submission.lead_id],
        "own": [places[id] for id in submission.own_ids],
        "raised": assessment.raised,
        "patterns": assessment.patterns,
        "urgency": assessment.urgency,
        "as-of": submission.as_of,
    }


@settings(max_examples=25)
@given(st.data())
def test_other_ids_change_nothing(data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 5))
    drawn = [
        (name, data.draw(answers(name)), data.draw(st.integers(0, 2)))
        for name in (data.draw(st.sampled_from(NAMES)) for _ in range(count))
    ]
    stored_count = data.draw(st.integers(0, count - 1))
    ids = [f"r{number}" for number in range(count)]
    outcomes = []
    for named in (ids, data.draw(st.permutations(ids))):
        made = [
            source(id, name, chosen, day, place if place < stored_count else None)
            for place, (id, (name, chosen, day)) in enumerate(zip(named, drawn, strict=True))
        ]
        outcomes.append(outcome(assessed(made[stored_count:], made[:stored_count])))
    assert outcomes[0] == outcomes[1]


@given(st.booleans())
def test_of_equal_times_the_order_of_acceptance_decides(first_is_high: bool) -> None:
    high, low = ({link_id: [code] for link_id in summands("gad-7")} for code in ("LA6571-9", "LA6568-5"))
    first, second = (high, low) if first_is_high else (low, high)
    after = assessed([source("a", "gad-7", second, 0)], [source("b", "gad-7", first, 0, 1)]).assessment
    assert after.newest == {"gad-7": "a"}
    assert [score.total for score in after.responses["a"].scores] == [0 if first_is_high else 21]
