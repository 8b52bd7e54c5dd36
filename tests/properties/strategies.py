"""What hypothesis may answer: any options of any questions, blank or not, whatever the form would show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from service.fhir.acts import Act
from service.fhir.assessing import assess_act
from service.fhir.intake import prepare
from service.fhir.reading import Resource
from service.screening.instrument import Item
from tests.building import FREQUENCY, NOW, catalogue, desk, response
from tests.generating import Chosen, answers_in, choice_items, from_answers, known_answers
from tests.screening.test_advice import ANXIOUS

FINISHED = ("completed", "amended", "stopped")
UNFINISHED = "in-progress"
# Near what mood explains, anxiety and depression both.
MOODY = {**ANXIOUS, "lp-duration": ["3w-3m"], "lp-impact": ["a-lot"]}


@dataclass(frozen=True)
class Given:
    """What one patient answered: by instrument the answers and the status, and the age if it is known."""

    answers: Mapping[str, Chosen]
    statuses: Mapping[str, str] = field(default_factory=dict)
    age: int | None = None

    def resources(self) -> list[Resource]:
        return [from_answers(name, chosen, self.status(name)) for name, chosen in self.answers.items()]

    def status(self, name: str) -> str:
        """The status wanted; a response with a required question open cannot be completed, so it was stopped."""
        wanted = self.statuses.get(name, "stopped")
        required = {item.link_id for item in choice_items(name).values() if item.required}
        is_complete = all(self.answers[name].get(link_id) for link_id in required)
        return wanted if is_complete or wanted == UNFINISHED else "stopped"

    def with_answer(self, name: str, link_id: str, codes: Sequence[str]) -> "Given":
        """The same with this answer; without codes it is left blank."""
        changed = {**self.answers[name], link_id: list(codes)}
        return replace(self, answers={**self.answers, name: changed})


def judged(given: Given) -> Act:
    return judge(given.resources(), given.age)


def judge(resources: Sequence[Resource], age: int | None = None) -> Act:
    """The act that these responses of one patient make."""
    parts = [prepare(resource, desk(), NOW)[0] for resource in resources]
    birth = None if age is None else f"{NOW.year - age}-01-01"
    return assess_act(parts, desk(), NOW, birth_date=birth)


def options(name: str, link_id: str) -> list[str]:
    return [option.value.code for option in choice_items(name)[link_id].options]


def summands(name: str) -> tuple[str, ...]:
    return catalogue().rules.instruments[name].scores[0].summands


def answers_to(item: Item) -> SearchStrategy[list[str]]:
    """Up to four options of a question, `none` beside others included; one alone where it takes only one."""
    codes = st.sampled_from([option.value.code for option in item.options])
    return st.lists(codes, min_size=1, max_size=4 if item.repeats else 1, unique=True)


def anything(name: str) -> SearchStrategy[Chosen]:
    """Any answers to any questions of a form, each of which may be blank."""
    given = {link_id: answers_to(item) for link_id, item in choice_items(name).items()}
    return st.fixed_dictionaries({}, optional=given)


@cache
def cases() -> tuple[tuple[Chosen, ...], ...]:
    """The leg-pain answers of every case, together by the flag or pattern that they come to.

    The questions that a case does not name are answered with none, or left blank.
    """
    found: dict[str, list[Chosen]] = {}
    for known in known_answers():
        for rest in ("none", "blank"):
            chosen = answers_in(response("leg-pain", known, rest=rest).get("item", ()))
            assessment = judged(Given({"leg-pain": chosen})).assessment
            for code in (*assessment.raised, *(item.pattern.id for item in assessment.patterns.reported)):
                found.setdefault(code, []).append(chosen)
    return tuple(tuple(found[code]) for code in sorted(found))


@st.composite
def changed(draw: DrawFn, known: SearchStrategy[Chosen]) -> Chosen:
    """Known leg-pain answers, some questions answered otherwise or left blank."""
    items = choice_items("leg-pain")
    chosen = dict(draw(known))
    for link_id in draw(st.lists(st.sampled_from(sorted(items)), max_size=4, unique=True)):
        chosen[link_id] = draw(st.just([]) | answers_to(items[link_id]))
    return chosen


def leg_pain() -> SearchStrategy[Chosen]:
    """Anything, or near a case: chance alone meets few flags and fewer patterns."""
    case = st.deferred(lambda: st.sampled_from(cases())).flatmap(st.sampled_from)
    return changed(case) | anything("leg-pain")


@st.composite
def totalled(draw: DrawFn, name: str) -> Chosen:
    """GAD-7 or PHQ-9 answers with a total: from a few of the four answers, so that high totals come up too."""
    few = draw(st.lists(st.sampled_from(FREQUENCY), min_size=1, max_size=3, unique=True))
    given = {link_id: draw(st.sampled_from(few)) for link_id in summands(name)}
    return {**draw(anything(name)), **{link_id: [code] for link_id, code in given.items()}}


def scored(name: str) -> SearchStrategy[Chosen]:
    """GAD-7 or PHQ-9 answers: with a total, or any of them."""
    return totalled(name) | anything(name)


def answers(name: str) -> SearchStrategy[Chosen]:
    return leg_pain() if name == "leg-pain" else scored(name)


def ages() -> SearchStrategy[int | None]:
    return st.none() | st.integers(0, 100)


@st.composite
def givens(draw: DrawFn, *sure: str, statuses: Sequence[str] = (*FINISHED, UNFINISHED)) -> Given:
    """One patient: the instruments named for sure, the others perhaps."""
    names = [name for name in ("leg-pain", "gad-7", "phq-9") if name in sure or draw(st.booleans())]
    names = names or ["leg-pain"]
    return Given(
        {name: draw(answers(name)) for name in names},
        {name: draw(st.sampled_from(statuses)) for name in names},
        draw(ages()),
    )


@st.composite
def moody(draw: DrawFn) -> Given:
    """Answers near those that mood explains, with a total of both mood forms."""
    near = st.just(answers_in(response("leg-pain", MOODY)["item"]))
    totals = {name: draw(totalled(name)) for name in ("gad-7", "phq-9")}
    return Given({"leg-pain": draw(changed(near)), **totals}, age=draw(st.none() | st.integers(18, 100)))


def weight(code: str) -> int:
    """What an answer to an item of the GAD-7 or PHQ-9 weighs, by the published instrument."""
    return FREQUENCY.index(code)
