"""Validates the options, initial values, limits and value sets of the items of a Questionnaire.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.initial
"""

from collections.abc import Hashable, Iterator, Sequence

from service.fhir.questionnaires.constraints import constraint_extensions as extensions
from service.fhir.questionnaires.constraints.constraint_extensions import (
    describe_unchecked,
    first_value,
    read_bound,
    read_constraints,
)
from service.fhir.questionnaires.item_index import IndexedItem
from service.fhir.questionnaires.questionnaire_reader import read_choice_element, read_option
from service.fhir.questionnaires.regular_expressions import compile_regex
from service.fhir.r4.types import Resource
from service.fhir.terminology.value_set_membership import TerminologyResources, ValueSetBinding
from service.issues import Issue
from service.screening.instruments.comparison import at_most, comparable
from service.screening.instruments.instrument import Constraint, Option
from service.screening.instruments.typed_value import Coding, TypedValue, ValueType
from service.screening.validation.answers import ANSWER_TYPES
from service.work import spend_steps


def value_issues(item: IndexedItem, terms: TerminologyResources) -> Iterator[Issue]:
    """Yields the issues of the options and initial values of an item."""
    seen: set[Hashable] = set()
    spend_steps(len(item.item.get("answerOption", ())))
    for index, element in enumerate(item.item.get("answerOption", ())):
        path = f"{item.path}.answerOption[{index}]"
        for option in read_option(element):
            yield from option_issues(item, option, seen, path)
            seen.add(option.comparison_key)
    selected = [option for option in item.item.get("answerOption", ()) if option.get("initialSelected")]
    if len(selected) > 1 and not item.item.get("repeats"):
        text = "`answerOption.initialSelected` must be true for at most one option, since the item does not repeat."
        yield Issue("business-rule", f"{item.path}.answerOption", text, link_id=item.link_id)
    constraints = tuple(read_constraints(item.item, terms)) if "initial" in item.item else ()
    for index, element in enumerate(item.item.get("initial", ())):
        yield from initial_issues(item, element, f"{item.path}.initial[{index}].value", constraints, terms)


def option_issues(item: IndexedItem, option: Option, seen: set[Hashable], path: str) -> Iterator[Issue]:
    """Yields the issues of an option: of another type than the answers, or the same as an option before it."""
    types = ANSWER_TYPES.get(item.item["type"], frozenset())
    if item.item["type"] not in ("choice", "open-choice") and types and option.type not in types:
        text = f"`answerOption.value[x]` must be of the type of the answers: {' or '.join(sorted(types))}."
        yield Issue("value", f"{path}.value", text, link_id=item.link_id)
    if option.comparison_key in seen:
        text = "`answerOption` must not contain an option twice. Remove one of them."
        yield Issue("business-rule", f"{path}.value", text, "warning", item.link_id)


def initial_issues(
    item: IndexedItem, initial: Resource, path: str, constraints: Sequence[Constraint], terms: TerminologyResources
) -> Iterator[Issue]:
    """Yields an issue if an initial value would not be valid as an answer."""
    try:
        type_name, value = read_choice_element(initial, "value")
    except KeyError:
        return
    types = ANSWER_TYPES.get(item.item["type"])
    if types is None:
        return
    if type_name not in types:
        text = f"`initial.value[x]` must be of the type of the answers: {' or '.join(sorted(types))}."
        yield Issue("value", path, text, link_id=item.link_id)
    elif is_disallowed(item.item, TypedValue(type_name, value), constraints, terms):
        text = "`initial.value[x]` must be valid as an answer: within the limits and the value set of the item."
        yield Issue("business-rule", path, text, link_id=item.link_id)


def is_disallowed(
    item: Resource, answer: TypedValue, constraints: Sequence[Constraint], terms: TerminologyResources
) -> bool:
    """Returns whether a value certainly breaks a limit of the item, or is certainly not in its value set."""
    spend_steps(1 + len(constraints))
    if any(constraint.allows(answer, {}) is False for constraint in constraints):
        return True
    return (
        "answerValueSet" in item
        and isinstance(answer.value, Coding)
        and ValueSetBinding(item["answerValueSet"], terms)(answer.value) is False
    )


def limit_issues(item: IndexedItem, terms: TerminologyResources) -> Iterator[Issue]:
    """Yields the issues of limits that contradict each other, are of another type, or are not checked."""
    least, most = read_bound(item.item, extensions.MIN_VALUES), read_bound(item.item, extensions.MAX_VALUES)
    if least is not None and most is not None and at_most(least, most) is False:
        yield contradiction_issue(item, "minValue", "maxValue")
    ranges = (
        (extensions.MIN_OCCURS, "minOccurs", first_value(item.item, extensions.MAX_OCCURS), "maxOccurs"),
        (extensions.MIN_LENGTH, "minLength", item.item.get("maxLength"), "maxLength"),
    )
    for url, low_name, high, high_name in ranges:
        low = first_value(item.item, url)
        if low is not None and high is not None and low > high:
            yield contradiction_issue(item, low_name, high_name)
    for bound, name in ((least, "minValue"), (most, "maxValue")):
        types = ANSWER_TYPES.get(item.item["type"], frozenset())
        if bound is not None and not any(comparable(bound.type, type_name) for type_name in types):
            yield bound_type_issue(item, bound.type, name)
    yield from unusable_limit_issues(item)


def bound_type_issue(item: IndexedItem, bound_type: ValueType, name: str) -> Issue:
    """Returns the issue of a least or greatest value of another type than the answers."""
    if item.item["type"] == "quantity" and comparable(bound_type, "decimal"):
        text = f"`{name}` has no unit, so that quantities could not be checked against it. Use a Quantity."
        return Issue("not-supported", item.path, text, "warning", item.link_id, inconclusive=True)
    text = f"`{name}` must be of the type of the answers. Change its type."
    return Issue("value", item.path, text, link_id=item.link_id)


def contradiction_issue(item: IndexedItem, low_name: str, high_name: str) -> Issue:
    """Returns the issue of a least value above the greatest."""
    text = f"`{low_name}` must not be above `{high_name}`: no answer would be valid. Correct one of them."
    return Issue("business-rule", item.path, text, link_id=item.link_id)


def unusable_limit_issues(item: IndexedItem) -> Iterator[Issue]:
    """Yields issues of limits that no response can meet or that have no effect, and of those that are not checked."""
    least = first_value(item.item, extensions.MIN_OCCURS)
    if least is not None and least > 1 and not item.item.get("repeats"):
        text = "`minOccurs` above 1 can be met only if `repeats` is true. Set `repeats` to true."
        yield Issue("business-rule", item.path, text, link_id=item.link_id)
    if least and not item.item.get("required"):
        text = "`minOccurs` has no effect on an item that is left out, unless `required` is true. Set it to true."
        yield Issue("business-rule", item.path, text, "warning", item.link_id)
    most, regex = first_value(item.item, extensions.MAX_OCCURS), first_value(item.item, extensions.REGEX)
    if most is not None and most > 1 and not item.item.get("repeats"):
        text = "`maxOccurs` above 1 has no effect unless `repeats` is true. Set `repeats` to true."
        yield Issue("business-rule", item.path, text, "warning", item.link_id)
    if regex is not None and compile_regex(regex) is None:
        text = "`regex` is not valid or not supported by RE2, so that answers could not be checked against it."
        yield Issue("not-supported", item.path, text, "warning", item.link_id, inconclusive=True)
    for text in describe_unchecked(item.item):
        yield Issue("not-supported", item.path, text, "warning", item.link_id, inconclusive=True)


def value_set_issues(item: IndexedItem, terms: TerminologyResources) -> Iterator[Issue]:
    """Yields an issue if the value set of an item is not contained, or a warning if it is not known here."""
    canonical, path = item.item.get("answerValueSet"), f"{item.path}.answerValueSet"
    if canonical is None or ValueSetBinding(canonical, terms).is_known:
        return
    if canonical.startswith("#"):
        text = (
            "`answerValueSet` must name the id of a contained ValueSet. Add it to `contained`, or name a published one."
        )
        yield Issue("not-found", path, text, link_id=item.link_id)
    else:
        text = "`answerValueSet` is not known here, so that answers could not be checked against it. Supply it."
        yield Issue("not-supported", path, text, "warning", item.link_id, inconclusive=True)
