"""Selects the facts of a rule that apply to the answers given (EX-75)."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from service.screening.rules.case import Case, Reason

# By fact: the sets of answers (``lp-feel.cold``), scores or ``age`` with which it is cited; all of one must be given.
OnlyWith = Mapping[str, tuple[frozenset[str], ...]]


def cited_facts(facts: tuple[str, ...], only_with: OnlyWith, reasons: Iterable[Reason], case: Case) -> tuple[str, ...]:
    """The facts that are always cited or whose answers were given; a score or the age must be a reason."""
    if not only_with:
        return facts
    given = case.answers_given.union(reason.subject for reason in reasons)
    return tuple(fact for fact in facts if fact not in only_with or any_given(only_with[fact], given))


def any_given(needed: Iterable[frozenset[str]], given: AbstractSet[str]) -> bool:
    """Whether all answers of one of the sets were given."""
    return any(answers <= given for answers in needed)
