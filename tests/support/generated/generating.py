"""Random responses, with random answers or with the changed answers of a case: the same seed, the same response."""

from collections.abc import Sequence
from functools import cache
from random import Random

from service.adapters.mappings.files.strict_yaml import read_yaml
from service.fhir.ids import BASE
from service.fhir.r4.types import Resource
from service.screening.instruments.instrument import Instrument, Item, walk_items
from tests.support.building import AUTHORED, answer, catalogue, response
from tests.support.building import with_total as totalled
from tests.support.files import case_files

Chosen = dict[str, list[str]]


def instrument(name: str) -> Instrument:
    return catalogue().newest[f"{BASE}/Questionnaire/{name}"]


@cache
def known_answers() -> tuple[Chosen, ...]:
    """The leg-pain answers of every case."""
    contents = [read_yaml(path) for path in case_files()]
    cases = [case for content in contents for case in content.get("cases", {"": content}).values()]
    entries = [entry for case in cases for entry in case["responses"] if entry["instrument"] == "leg-pain"]
    return tuple({link: [str(code) for code in codes] for link, codes in e.get("answers", {}).items()} for e in entries)


def random_submission(random: Random) -> tuple[list[Resource], int | None]:
    """Responses of one patient to one or more instruments, and the age in years or None."""
    made = [random_legs(random)] if random.random() < 0.9 else []
    made += [random_scored(random, name) for name in ("gad-7", "phq-9") if random.random() < 0.7]
    age = random.choice([None, 12, 17, 18, 40, 59, 60, 80])
    return made or [random_scored(random, "phq-9")], age


def random_legs(random: Random) -> Resource:
    """A leg-pain response: the answers of a case with some changed, or random answers."""
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
    codes = list(item.option_of)
    return random.sample(codes, min(len(codes), random.choice([1, 1, 2, 3]) if item.repeats else 1))


def random_scored(random: Random, name: str) -> Resource:
    """A GAD-7 or PHQ-9 response: with a random total, or with random answers of which some are left out."""
    if random.random() < 0.5:
        highest = catalogue().rules.instruments[name].scores[0].highest
        return totalled(name, random.randint(0, int(highest) - 3), last=0)
    chosen = {link: random_options(item, random) for link, item in choice_items(name).items() if random.random() < 0.9}
    return from_answers(name, chosen, status="stopped")


def choice_items(name: str) -> dict[str, Item]:
    return {item.link_id: item for item in walk_items(instrument(name).items) if item.options}


def answers_in(items: Sequence[Resource]) -> Chosen:
    found: Chosen = {}
    for item in items:
        if "answer" in item:
            found[item["linkId"]] = [given["valueCoding"]["code"] for given in item["answer"]]
        found |= answers_in(item.get("item", ()))
    return found


def from_answers(name: str, chosen: Chosen, status: str = "completed") -> Resource:
    """A response with exactly these answers, also to questions that the form would hide."""
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
