"""Responses made at random, by chance alone or by changing a case: the same seed gives the same response."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random

from service.adapters.yamls import read_yaml
from service.fhir.ids import BASE
from service.fhir.reading import Resource
from service.screening.instrument import Instrument, Item, walk
from tests.building import AUTHORED, answer, catalogue, response
from tests.building import with_total as totalled

CASES = Path(__file__).parent / "cases"
Chosen = dict[str, list[str]]


def instrument(name: str) -> Instrument:
    return catalogue().newest[f"{BASE}/Questionnaire/{name}"]


@cache
def known_answers() -> tuple[Chosen, ...]:
    """The leg-pain answers of every case."""
    contents = [read_yaml(path) for path in sorted(CASES.rglob("*.yaml"))]
    cases = [case for content in contents for case in content.get("cases", {"": content}).values()]
    entries = [entry for case in cases for entry in case["responses"] if entry["instrument"] == "leg-pain"]
    return tuple({link: [str(code) for code in codes] for link, codes in e.get("answers", {}).items()} for e in entries)


def random_act(random: Random) -> tuple[list[Resource], int | None]:
    """The responses of one patient, one or more instruments, and the age if it is known."""
    made = [random_legs(random)] if random.random() < 0.9 else []
    made += [random_scored(random, name) for name in ("gad-7", "phq-9") if random.random() < 0.7]
    age = random.choice([None, 12, 17, 18, 40, 59, 60, 80])
    return made or [random_scored(random, "phq-9")], age


def random_legs(random: Random) -> Resource:
    """A leg-pain response: a case with some answers changed, or chance alone."""
    if random.random() < 0.7:
        answers = {link: list(codes) for link, codes in random.choice(known_answers()).items()}
        built = response("leg-pain", answers, rest="none" if random.random() < 0.8 else "blank")
        chosen = answers_in(built["item"])
        changed = random.sample(sorted(choice_items("leg-pain")), random.randint(0, 4))
    else:
        chosen, changed = {}, sorted(choice_items("leg-pain"))
    for link_id in changed:
        item = choice_items("leg-pain")[link_id]
        if random.random() < 0.15:
            chosen.pop(link_id, None)
        else:
            chosen[link_id] = random_options(item, random)
    finished = {"lp-any", "lp-alarm"} <= chosen.keys()
    return from_answers("leg-pain", chosen, status="completed" if finished else "stopped")


def random_options(item: Item, random: Random) -> list[str]:
    codes = [option.value.code for option in item.options]
    return random.sample(codes, min(len(codes), random.choice([1, 1, 2, 3]) if item.repeats else 1))


def random_scored(random: Random, name: str) -> Resource:
    """A GAD-7 or PHQ-9 response: a total, or answers by chance with some left open."""
    if random.random() < 0.5:
        highest = catalogue().rules.instruments[name].scores[0].highest
        return totalled(name, random.randint(0, highest - 3), last=0)
    chosen = {link: random_options(item, random) for link, item in choice_items(name).items() if random.random() < 0.9}
    return from_answers(name, chosen, status="stopped")


def choice_items(name: str) -> dict[str, Item]:
    return {item.link_id: item for item in walk(instrument(name).items) if item.options}


def answers_in(items: Sequence[Resource]) -> Chosen:
    found: Chosen = {}
    for item in items:
        if "answer" in item:
            found[item["linkId"]] = [given["valueCoding"]["code"] for given in item["answer"]]
        found |= answers_in(item.get("item", ()))
    return found


def from_answers(name: str, chosen: Chosen, status: str = "completed") -> Resource:
    """A response with just these answers, hidden questions included."""
    items = with_answers(instrument(name).items, chosen)
    made: Resource = {
        "resourceType": "QuestionnaireResponse",
        "id": f"{name}-1",
        "questionnaire": instrument(name).url,
        "status": status,
        "subject": {"reference": "Patient/p1"},
        "authored": AUTHORED,
    }
    return {**made, "item": items} if items else made


def with_answers(items: Sequence[Item], chosen: Chosen) -> list[Resource]:
    made = []
    for item in items:
        if item.type == "group":
            inner = with_answers(item.items, chosen)
            made += [{"linkId": item.link_id, "item": inner}] if inner else []
        elif chosen.get(item.link_id):
            made.append({"linkId": item.link_id, "answer": [answer(item, code) for code in chosen[item.link_id]]})
    return made
