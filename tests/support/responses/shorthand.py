"""Responses built from the shorthand of the worked examples: ``age=62 side=both-equal where=toes+foot gad=4 phq=6``."""

from typing import Any

from service.fhir.r4.types import Resource
from tests.support.building import response, scored

# The answers to questions that an example does not name.
DEFAULTS = (
    "any=yes alarm=none side=right start=unsure where=calf spread=no-pattern feel=none duration=1-3w onset=gradual "
    "course=steady worse=none better=none touch=none muscle=none urge=none signs=none illness=none bones=none "
    "medicine=none injury=none habits=none pregnancy=none painkillers=not-tried stress=no mood-order=na impact=some "
    "hands=no weak-start=gradual sugar=unsure calm=no"
)
TOTALS = {"gad-7": ("gad", "gi", 7), "phq-9": ("phq", "pi", 9)}


def pairs(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split())


def example_responses(text: str, **elements: Any) -> list[Resource]:
    """The responses of one example: leg pain, GAD-7, PHQ-9."""
    given = {**pairs(DEFAULTS), "gad": "3", "phq": "3", **pairs(text)}
    return [legs(given, **elements), *(totals(name, given, **elements) for name in TOTALS)]


def legs(given: dict[str, str], **elements: Any) -> Resource:
    own = {name: value for name, value in given.items() if name in pairs(DEFAULTS) or name == "any"}
    answers = {f"lp-{name}": value.split("+") for name, value in own.items() if value}
    if given["any"] == "no":
        answers = {link_id: codes for link_id, codes in answers.items() if link_id in ("lp-any", "lp-alarm")}
    return response("leg-pain", shown(answers), rest="blank", **elements)


def shown(answers: dict[str, list[str]]) -> dict[str, list[str]]:
    """The answers without those to questions that the form does not show beside the others."""
    weak = {"weak", "foot-drop", "trips"} & set(answers.get("lp-muscle", ()))
    weak |= {"weak-walk", "sudden-weak"} & set(answers.get("lp-alarm", ()))
    hands = (
        {"tingling", "numbness"} & set(answers.get("lp-feel", ())) or weak or "clumsy" in answers.get("lp-muscle", ())
    )
    kept = {
        "lp-weak-start": bool(weak),
        "lp-hands": bool(hands),
        "lp-sugar": "diabetes" in answers.get("lp-illness", ()),
        "lp-pregnancy": "pregnant" in answers.get("lp-injury", ()),
        "lp-calm": bool({"often", "sometimes"} & set(answers.get("lp-stress", ()))),
    }
    return {link_id: codes for link_id, codes in answers.items() if kept.get(link_id, True)}


def totals(name: str, given: dict[str, str], **elements: Any) -> Resource:
    """A scored response: points dealt one at a time over the items, or the items one by one."""
    total, items, count = TOTALS[name]
    if items in given:
        weights = [None if digit == "-" else int(digit) for digit in given[items]]
    else:
        last = int(given.get("q9", 0)) if name == "phq-9" else 0
        dealt = count - 1 if name == "phq-9" else count
        points, rest = divmod(int(given[total]) - last, dealt)
        weights = [points + (index < rest) for index in range(dealt)]
        weights += [last] if name == "phq-9" else []
    more = {"answers": {"safe-now": [given["safe"]]}} if name == "phq-9" and "safe" in given else {}
    return scored(name, weights, **more, **elements)
