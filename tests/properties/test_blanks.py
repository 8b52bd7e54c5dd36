"""A question left open is never a no: it denies no danger in silence, and makes no total."""

from hypothesis import assume, given
from hypothesis import strategies as st

from service.screening.flags import Flag, JudgedFlags
from service.screening.urgency import Urgency
from tests.generating import choice_items
from tests.properties.strategies import Given, answers, givens, judged, options, scored, summands, weight

FORMS = ("leg-pain", "gad-7", "phq-9")
# Documented at the head of 11.1: a blank duration counts as new, so not persistent and not chronic.
READ_AS_NEW = {"lp-duration": {"lp-duration.3w-3m", "lp-duration.gt-3m"}}
# Rows that a flag of this level silences (11.1), also one that is up because of the blank.
SILENCED_FROM = {"any-weakness": Urgency.SAME_DAY, "any-numbness": Urgency.SOON}
# Looks at flags that are up, so no question stands open for it.
ON_OTHER_FLAGS = "tumour-nerve"


def flags_of(given: Given) -> JudgedFlags:
    (own,) = judged(given).assessment.responses.values()
    return own.flags


def highest_by_option(given: Given, name: str, link_id: str) -> dict[str, Flag]:
    """Every danger that some option of the question raises, at the highest level that one brings."""
    found: dict[str, Flag] = {}
    for code in options(name, link_id):
        if code not in READ_AS_NEW.get(link_id, ()):
            flags = flags_of(given.with_answer(name, link_id, [code])).raised
            found |= {f.rule.code: f for f in flags if f.kind != "safety" and not_above(f, found)}
    return found


def not_above(flag: Flag, found: dict[str, Flag]) -> bool:
    held = found.get(flag.rule.code)
    return held is None or flag.level > held.level


def silenced(flags: JudgedFlags) -> set[str]:
    """The rows that say themselves that a higher flag silences them."""
    highest = max((flag.level for flag in flags.raised if flag.kind == "bodily"), default=Urgency.NONE)
    return {code for code, level in SILENCED_FROM.items() if highest >= level}


@st.composite
def one_blank(draw: st.DrawFn) -> tuple[Given, str, str]:
    """Answers to one form, with the name of a question that was asked (as far as one knows) and left blank."""
    name = draw(st.sampled_from(FORMS))
    link_id = draw(st.sampled_from(sorted(choice_items(name))))
    given = Given({name: draw(answers(name))}, age=draw(st.none() | st.integers(0, 100)))
    return given.with_answer(name, link_id, []), name, link_id


def was_hidden(given: Given, link_id: str) -> bool:
    (part,) = judged(given).parts.values()
    return part.sheet.asked[link_id] is False


@given(one_blank())
def test_a_blank_denies_no_flag_that_an_answer_would_raise(asked: tuple[Given, str, str]) -> None:
    given, name, link_id = asked
    assume(not was_hidden(given, link_id))
    flags = flags_of(given)
    denied = {rule.code for rule in flags.denied} - silenced(flags)
    assert not denied & highest_by_option(given, name, link_id).keys()


@given(one_blank())
def test_a_blank_that_leaves_a_lower_level_says_what_is_open(asked: tuple[Given, str, str]) -> None:
    given, name, link_id = asked
    assume(not was_hidden(given, link_id))
    possible = highest_by_option(given, name, link_id)
    for flag in flags_of(given).raised:
        if flag.rule.code in possible and possible[flag.rule.code].level > flag.level:
            assert flag.open_questions or flag.rule.code == ON_OTHER_FLAGS


@given(st.data(), st.sampled_from(["gad-7", "phq-9"]))
def test_a_total_is_the_sum_of_all_items_and_without_all_there_is_none(data: st.DataObject, name: str) -> None:
    given = Given({name: data.draw(scored(name))})
    (own,) = judged(given).assessment.responses.values()
    (score,) = own.scores
    chosen = given.answers[name]
    weights = {link_id: weight(chosen[link_id][0]) for link_id in summands(name) if link_id in chosen}
    assert set(score.missing) == set(summands(name)) - weights.keys()
    assert score.total == (None if score.missing else sum(weights.values()))
    assert (score.band is None) is bool(score.missing)


@given(st.data(), st.sampled_from([("gad-7", "anxiety-linked"), ("phq-9", "depression-linked")]))
def test_a_mood_pattern_is_never_reported_without_a_total(data: st.DataObject, pair: tuple[str, str]) -> None:
    (name, pattern), given = pair, data.draw(givens("leg-pain", pair[0]))
    gap = data.draw(st.sampled_from(summands(name)))
    reported = judged(given.with_answer(name, gap, [])).assessment.patterns.reported
    assert pattern not in {item.pattern.id for item in reported}
