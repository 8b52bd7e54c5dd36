"""Options, initial values and limits of a Questionnaire's items, checked against the type of the item.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.initial
"""

from collections.abc import Iterator
from typing import Any

from service.fhir import limits
from service.fhir.form_places import Place
from service.fhir.limits import constraints, first, unchecked
from service.fhir.questionnaires import choice, read_option
from service.fhir.reading import Resource
from service.fhir.valuesets import Binding, Terms
from service.screening.faults import Fault
from service.screening.instrument import Coding, Option
from service.screening.magnitudes import alike, at_most
from service.screening.questions import KINDS
from service.screening.regexes import read
from service.screening.response import Answer


def value_faults(place: Place, terms: Terms) -> Iterator[Fault]:
    """Options that stand twice or do not fit the type, and initial values that could not be given as answers."""
    seen: list[Option] = []
    for index, given in enumerate(place.item.get("answerOption", ())):
        path = f"{place.path}.answerOption[{index}]"
        for option in read_option(given):
            yield from option_faults(place, option, seen, path)
            seen.append(option)
    selected = [option for option in place.item.get("answerOption", ()) if option.get("initialSelected")]
    if len(selected) > 1 and not place.item.get("repeats"):
        text = "Several options are selected at the start, but the question takes one answer. Select one."
        yield Fault("business-rule", f"{place.path}.answerOption", text, link_id=place.link_id)
    for index, given in enumerate(place.item.get("initial", ())):
        yield from initial_faults(place, given, f"{place.path}.initial[{index}].value", terms)


def option_faults(place: Place, option: Option, seen: list[Option], path: str) -> Iterator[Fault]:
    kinds = KINDS.get(place.item["type"], frozenset())
    if place.item["type"] not in ("choice", "open-choice") and kinds and option.kind not in kinds:
        text = f"An answer to this question is of type {' or '.join(sorted(kinds))}. Offer options of that type."
        yield Fault("value", f"{path}.value", text, link_id=place.link_id)
    if any(option.kind == other.kind and option.value == other.value for other in seen):
        text = "This option stands twice. Keep one."
        yield Fault("business-rule", f"{path}.value", text, "warning", place.link_id)


def initial_faults(place: Place, given: Resource, path: str, terms: Terms) -> Iterator[Fault]:
    """An initial value is one that could be given as an answer."""
    try:
        kind, value = choice(given, "value")
    except KeyError:
        return
    kinds = KINDS.get(place.item["type"])
    if kinds is None:
        return
    if kind not in kinds:
        text = f"An answer to this question is of type {' or '.join(sorted(kinds))}. Give an initial value of it."
        yield Fault("value", path, text, link_id=place.link_id)
    elif refused(place.item, kind, value, terms):
        text = "This initial value would not be taken as an answer. Give one that keeps the limits of the question."
        yield Fault("business-rule", path, text, link_id=place.link_id)


def refused(item: Resource, kind: str, value: Any, terms: Terms) -> bool:
    """Whether a value surely breaks a limit of the question, or is no member of its value set."""
    answer = Answer(kind, value, "")
    if any(constraint.allows(answer, {}) is False for constraint in constraints(item, terms)):
        return True
    return (
        "answerValueSet" in item
        and isinstance(value, Coding)
        and Binding(item["answerValueSet"], terms)(value) is False
    )


def limit_faults(place: Place, terms: Terms) -> Iterator[Fault]:
    """Limits that contradict each other, do not fit the type, or cannot be judged."""
    item = place.item
    least, most = limits.bound(item, limits.MIN_VALUES), limits.bound(item, limits.MAX_VALUES)
    if least is not None and most is not None and at_most(*least, *most) is False:
        yield crossed(place, "value")
    pairs = (
        ("number of answers", first(item, limits.MIN_OCCURS), first(item, limits.MAX_OCCURS)),
        ("length", first(item, limits.MIN_LENGTH), item.get("maxLength")),
    )
    for name, low, high in pairs:
        if low is not None and high is not None and low > high:
            yield crossed(place, name)
    for edge in (least, most):
        if edge is not None and not any(alike(edge[0], kind) for kind in KINDS.get(item["type"], ())):
            yield from misfit(place, edge[0])
    yield from odd_faults(place)


def misfit(place: Place, kind: str) -> Iterator[Fault]:
    """A least or greatest value of another type than the answers."""
    if place.item["type"] == "quantity" and alike(kind, "decimal"):
        text = "A least or greatest value without a unit cannot be held against quantities. Give it as a quantity."
        yield Fault("not-supported", place.path, text, "warning", place.link_id, untold=True)
    else:
        text = "A least or greatest value is of another type than the answers. Give it in the type of the question."
        yield Fault("value", place.path, text, link_id=place.link_id)


def crossed(place: Place, name: str) -> Fault:
    text = f"The least {name} is above the greatest, so that no answer is valid. Correct one of them."
    return Fault("business-rule", place.path, text, link_id=place.link_id)


def odd_faults(place: Place) -> Iterator[Fault]:
    """Limits that make no sense, and those that we cannot judge."""
    most, regex = first(place.item, limits.MAX_OCCURS), first(place.item, limits.REGEX)
    if most is not None and most > 1 and not place.item.get("repeats"):
        text = "More than one answer is allowed, but the item does not repeat. Set repeats to true."
        yield Fault("business-rule", place.path, text, "warning", place.link_id)
    if regex is not None and read(regex) is None:
        text = "This pattern cannot be read here, so that answers cannot be checked against it."
        yield Fault("not-supported", place.path, text, "warning", place.link_id, untold=True)
    for text in unchecked(place.item):
        yield Fault("not-supported", place.path, text, "warning", place.link_id, untold=True)


def value_set_faults(place: Place, terms: Terms) -> Iterator[Fault]:
    """A value set that is not there, or not at hand."""
    canonical, path = place.item.get("answerValueSet"), f"{place.path}.answerValueSet"
    if canonical is None or Binding(canonical, terms).is_known:
        return
    if canonical.startswith("#"):
        text = "The questionnaire contains no ValueSet of this id. Contain it, or name a published one."
        yield Fault("not-found", path, text, link_id=place.link_id)
    else:
        text = "This value set is not known here, so that answers cannot be checked against it. Supply it."
        yield Fault("not-supported", path, text, "warning", place.link_id, untold=True)
