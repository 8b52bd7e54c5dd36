"""Builds the facts of a rule: a list, or facts by the answers that they apply to (EX-75).

``facts: [PN-001]``, or ``facts: {always: [PN-031], lp-feel.cold: [PN-034], lp-feel.shooting lp-illness.diabetes:
[NC-039]}``. A key names an answer, or several answers that must all be given; a score or ``age`` must be a reason.
Of alternatives (``lp-muscle.clumsy|lp-muscle.thin``) one must be given.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from service.screening.instruments.instrument import Item
from service.screening.rules import combinations
from service.screening.rules import conditions as c
from service.screening.rules.assessment import RuleSet
from service.screening.rules.case import Condition, Feature, key_of_option
from service.screening.rules.cited_facts import OnlyWith
from service.screening.rules.condition_parser import KnownNames

ALWAYS = "always"


def make_facts(
    content: Sequence[str] | Mapping[str, Sequence[str]], names: KnownNames, location: str
) -> tuple[tuple[str, ...], OnlyWith]:
    """The facts, each once, and the answers with which some of them are cited; the others are always cited."""
    if not isinstance(content, Mapping):
        return tuple(content), {}
    only_with: dict[str, tuple[frozenset[str], ...]] = {}
    for key, facts in content.items():
        if key != ALWAYS:
            names.faults.extend(
                f"{location}: {part!r} is no answer, score or age" for part in unknown_parts(key, names)
            )
            for fact in facts:
                only_with[fact] = (*only_with.get(fact, ()), *answer_sets(key))
    for fact in content.get(ALWAYS, ()):
        only_with.pop(fact, None)
    return tuple(dict.fromkeys(fact for facts in content.values() for fact in facts)), only_with


def answer_sets(key: str) -> Iterator[frozenset[str]]:
    """Each set of answers, scores or ``age`` that a key stands for."""
    return map(frozenset, product(*(part.split("|") for part in key.split())))


def unknown_parts(key: str, names: KnownNames) -> Iterator[str]:
    """The parts of a key that are neither an option with its question, nor a score id, nor ``age``."""
    for part in key.replace("|", " ").split():
        found = names.find_item(part.rpartition(".")[0])
        if part not in names.scores and part != "age" and (found is None or part not in option_keys(found[1])):
            yield part


def option_keys(item: Item) -> set[str]:
    """Every option of an item with its question."""
    return {key_of_option(item.link_id, code) for code in item.option_of}


def find_uncited_answers(rules: RuleSet) -> Iterator[str]:
    """The locations of rules that can be true without any fact to cite, because their facts apply to other answers."""
    for pattern in rules.patterns:
        gate = combinations.AllOf(pattern.gate)
        if not always_cited(gate, pattern.facts, pattern.only_with, rules.features):
            yield f"patterns.yaml: {pattern.id}.facts"
        for line in pattern.lines:
            together = combinations.AllOf((*pattern.gate, line.when))
            if not always_cited(together, line.facts, line.only_with, rules.features):
                yield f"patterns.yaml: {pattern.id}: facts of a line ({', '.join(line.facts)})"
    for instrument in rules.instruments.values():
        for flag in instrument.flags:
            levels = combinations.AnyOf(tuple(level.when for level in flag.levels))
            if not always_cited(levels, flag.facts, flag.only_with, rules.features):
                yield f"{instrument.name}.yaml: flags.{flag.code}.facts"


def always_cited(when: Condition, facts: Iterable[str], only_with: OnlyWith, features: Mapping[str, Feature]) -> bool:
    """Whether some fact is cited whenever the condition is true."""
    if any(fact not in only_with for fact in facts) or not only_with:
        return True
    return needs_one_of(when, [keys for sets in only_with.values() for keys in sets], features)


def needs_one_of(when: Condition, sets: Sequence[frozenset[str]], features: Mapping[str, Feature]) -> bool:
    """Whether the condition can be true only if all of one of the sets (answers, scores or ``age``) are reasons."""
    match when:
        case combinations.AllOf(operands=operands):
            left = [keys - certain_keys(operands, keys, features) for keys in sets]
            return frozenset() in left or any(needs_one_of(operand, left, features) for operand in operands)
        case combinations.AnyOf(operands=operands):
            return all(needs_one_of(operand, sets, features) for operand in operands)
        case c.FeatureHolds(id=id):
            return needs_one_of(features[id].when, sets, features)
        case c.AnyChosen(link_id=link_id, codes=codes):
            return all({key_of_option(link_id, code)} in sets for code in codes)
        case c.ScoreIs(score=score):
            return {score} in sets
    return isinstance(when, c.AgeIs) and {"age"} in sets


def certain_keys(
    operands: Iterable[Condition], keys: frozenset[str], features: Mapping[str, Feature]
) -> frozenset[str]:
    """Those of several keys that are reasons whenever all operands are true."""
    if len(keys) < 2:
        return frozenset()
    found = (key for key in keys for each in operands if needs_one_of(each, [frozenset({key})], features))
    return frozenset(found)
