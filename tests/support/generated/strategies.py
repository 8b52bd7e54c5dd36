"""Answers for hypothesis: any options of any question or none, also for questions that the form would hide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from service.fhir.r4.types import Resource
from service.fhir.results.submission import Submission
from service.screening.instruments.instrument import Item
from service.usecases.responses.assess import assess_submission
from service.usecases.responses.prepare import check_submission
from tests.screening.advice.test_advice import ANXIOUS
from tests.support.building import FREQUENCY, NOW, catalogue, context, response
from tests.support.generated.generating import Chosen, answers_in, choice_items, from_answers, known_answers

FINISHED = ("completed", "amended", "stopped")
UNFINISHED = "in-progress"
# Answers of the patterns anxiety-linked and depression-linked.
NEAR_MOOD = {**ANXIOUS, "lp-duration": ["3w-3m"], "lp-impact": ["a-lot"]}


@dataclass(frozen=True)
class PatientAnswers:
    """The answers and the status of each response of one patient, by instrument, and the age in years or None."""

    answers: Mapping[str, Chosen]
    statuses: Mapping[str, str] = field(default_factory=dict)
    age: int | None = None

    def resources(self) -> list[Resource]:
        return [from_answers(name, chosen, self.status(name)) for name, chosen in self.answers.items()]

    def status(self, name: str) -> str:
        """The wanted status; ``stopped`` for a finished response in which a required question is unanswered."""
        wanted = self.statuses.get(name, "stopped")
        required = {item.link_id for item in choice_items(name).values() if item.required}
        is_complete = all(self.answers[name].get(link_id) for link_id in required)
        return wanted if is_complete or wanted == UNFINISHED else "stopped"

    def with_answer(self, name: str, link_id: str, codes: Sequence[str]) -> "PatientAnswers":
        """A copy with this answer; without codes the question is unanswered."""
        changed = {**self.answers[name], link_id: list(codes)}
        return replace(self, answers={**self.answers, name: changed})


def assess_answers(given: PatientAnswers) -> Submission:
    return assess_resources(given.resources(), given.age)


def assess_resources(resources: Sequence[Resource], age: int | None = None) -> Submission:
    """The submission of these responses of one patient."""
    parts = [check_submission(resource, context(), NOW)[0] for resource in resources]
    birth = None if age is None else f"{NOW.year - age}-01-01"
    return assess_submission(parts, context(), NOW, birth_date=birth)


def options(name: str, link_id: str) -> list[str]:
    return list(choice_items(name)[link_id].option_of)


def summands(name: str) -> tuple[str, ...]:
    return catalogue().rules.instruments[name].scores[0].summands


def answers_to(item: Item) -> SearchStrategy[list[str]]:
    """Up to four options of a question, also `none` with others; exactly one if the question does not repeat."""
    codes = st.sampled_from(list(item.option_of))
    return st.lists(codes, min_size=1, max_size=4 if item.repeats else 1, unique=True)


def any_answers(name: str) -> SearchStrategy[Chosen]:
    """Any answers to any questions of a form; each question may be unanswered."""
    given = {link_id: answers_to(item) for link_id, item in choice_items(name).items()}
    return st.fixed_dictionaries({}, optional=given)


@cache
def cases() -> tuple[tuple[Chosen, ...], ...]:
    """The leg-pain answers of every case, grouped by the flag or pattern that they result in.

    Questions that a case does not name are answered with none, or unanswered.
    """
    found: dict[str, list[Chosen]] = {}
    for known in known_answers():
        for rest in ("none", "blank"):
            chosen = answers_in(response("leg-pain", known, rest=rest).get("item", ()))
            assessment = assess_answers(PatientAnswers({"leg-pain": chosen})).assessment
            for code in (*assessment.raised, *(item.pattern.id for item in assessment.patterns.reported)):
                found.setdefault(code, []).append(chosen)
    return tuple(tuple(found[code]) for code in sorted(found))


@st.composite
def changed(draw: DrawFn, known: SearchStrategy[Chosen]) -> Chosen:
    """Known leg-pain answers, with some of them replaced or removed."""
    items = choice_items("leg-pain")
    chosen = dict(draw(known))
    for link_id in draw(st.lists(st.sampled_from(sorted(items)), max_size=4, unique=True)):
        chosen[link_id] = draw(st.just([]) | answers_to(items[link_id]))
    return chosen


def leg_pain() -> SearchStrategy[Chosen]:
    """Any answers, or changed answers of a case: random answers alone raise few flags and fewer patterns."""
    case = st.deferred(lambda: st.sampled_from(cases())).flatmap(st.sampled_from)
    return changed(case) | any_answers("leg-pain")


@st.composite
def totalled(draw: DrawFn, name: str) -> Chosen:
    """GAD-7 or PHQ-9 answers with a total: from one to three of the four options, so that high totals occur."""
    few = draw(st.lists(st.sampled_from(FREQUENCY), min_size=1, max_size=3, unique=True))
    given = {link_id: draw(st.sampled_from(few)) for link_id in summands(name)}
    return {**draw(any_answers(name)), **{link_id: [code] for link_id, code in given.items()}}


def scored(name: str) -> SearchStrategy[Chosen]:
    """GAD-7 or PHQ-9 answers: with a total, or any answers."""
    return totalled(name) | any_answers(name)


def answers(name: str) -> SearchStrategy[Chosen]:
    return leg_pain() if name == "leg-pain" else scored(name)


def ages() -> SearchStrategy[int | None]:
    return st.none() | st.integers(0, 100)


@st.composite
def patient_answers(draw: DrawFn, *sure: str, statuses: Sequence[str] = (*FINISHED, UNFINISHED)) -> PatientAnswers:
    """Answers of one patient: always to the named instruments, sometimes to the others."""
    names = [name for name in ("leg-pain", "gad-7", "phq-9") if name in sure or draw(st.booleans())]
    names = names or ["leg-pain"]
    return PatientAnswers(
        {name: draw(answers(name)) for name in names},
        {name: draw(st.sampled_from(statuses)) for name in names},
        draw(ages()),
    )


@st.composite
def near_mood(draw: DrawFn) -> PatientAnswers:
    """Answers near those of the anxiety-linked pattern, with totals of GAD-7 and PHQ-9."""
    near = st.just(answers_in(response("leg-pain", NEAR_MOOD)["item"]))
    totals = {name: draw(totalled(name)) for name in ("gad-7", "phq-9")}
    return PatientAnswers({"leg-pain": draw(changed(near)), **totals}, age=draw(st.none() | st.integers(18, 100)))


def weight(code: str) -> int:
    """The weight of an answer to an item of the GAD-7 or PHQ-9, as the published instrument defines it."""
    return FREQUENCY.index(code)
