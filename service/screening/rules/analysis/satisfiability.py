"""Whether a rule can be true at all: a search for answers, ages and totals that satisfy it without contradiction.

A rule for which the search fails is impossible. A rule for which it succeeds may still be impossible: totals, the
answers that they are added from, and red flags are treated as independent of each other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from service.screening.instruments.instrument import EnableWhen, Instrument, Item
from service.screening.rules import combinations
from service.screening.rules import conditions as c
from service.screening.rules.assessment import RuleSet
from service.screening.rules.case import Condition
from service.screening.rules.scores import Number

# A condition, and whether it must be true (True) or must be false or unknown (False).
Goal = tuple[Condition, bool]
OLDEST_AGE = 130


@dataclass(frozen=True)
class SatisfiabilitySearch:
    """Searches among the patterns or, with an ``instrument``, among the red flags of that instrument."""

    rules: RuleSet
    instruments: Mapping[str, Instrument]
    instrument: str | None = None

    def is_possible(self, wanted: Iterable[Condition], unwanted: Iterable[Condition] = ()) -> bool:
        """Whether all wanted conditions can be true at once while no unwanted one is true."""
        goals = [*((condition, True) for condition in wanted), *((condition, False) for condition in unwanted)]
        return self.search(goals, [])

    def search(self, goals: Sequence[Goal], settled: Sequence[Goal]) -> bool:
        """Settles every goal that has no alternatives, then tries the alternatives of the first other goal."""
        pending, settled, undecided = list(goals), list(settled), []
        while pending:
            goal = pending.pop()
            alternatives = self.alternatives(goal)
            if len(alternatives) == 1:
                pending += alternatives[0]
            elif goal in settled or goal in undecided:
                continue
            elif alternatives:
                undecided.append(goal)
            else:
                settled.append(goal)
                if not self.is_consistent(goal, settled):
                    return False
                pending += self.implied_goals(goal)
        if not undecided:
            return True
        first, *rest = undecided
        return any(self.search([*alternative, *rest], [*settled, first]) for alternative in self.alternatives(first))

    def alternatives(self, goal: Goal) -> list[list[Goal]]:
        """The sets of goals that each meet a goal on a combined condition; none for a condition without operands."""
        condition, wanted = goal
        match condition:
            case combinations.Not(operand=operand):
                return [[(operand, not wanted)]]
            case c.FeatureHolds(id=id):
                feature = self.rules.features[id]
                in_flags = feature.in_flags if self.instrument else None
                return [[(in_flags or feature.when, wanted)]]
            case combinations.AllOf(operands=operands):
                return all_at_once(operands) if wanted else each_alone(operands, False)
            case combinations.AnyOf(operands=operands):
                return each_alone(operands, True) if wanted else [[(operand, False) for operand in operands]]
        return []

    def implied_goals(self, goal: Goal) -> Iterator[Goal]:
        """The goals that follow from a goal: a question that is answered is shown, a reported pattern has its gate."""
        condition, wanted = goal
        match condition:
            case c.AnyChosen(instrument=name, link_id=link_id) | c.OnlyChosen(instrument=name, link_id=link_id) if (
                wanted
            ):
                yield from ((shown, True) for shown in display_conditions(self.instruments[name], link_id))
            case c.PatternReported(id=id) if wanted:
                pattern = next(pattern for pattern in self.rules.patterns if pattern.id == id)
                yield from ((gate, True) for gate in pattern.gate)

    def is_consistent(self, goal: Goal, settled: Iterable[Goal]) -> bool:
        """Whether a goal can be met together with all settled goals on the same subject."""
        condition, wanted = goal
        same = [other for other in settled if subject_of(other[0]) == subject_of(condition)]
        match condition:
            case c.Always():
                return wanted
            case c.AnyChosen(instrument=name, link_id=link_id) | c.OnlyChosen(instrument=name, link_id=link_id):
                known = self.instrument in (None, name)
                return self.is_answerable(self.instruments[name].by_link_id[link_id], same) if known else not wanted
            case c.ScoreIs(score=id):
                return any(meets_limits(total, same) for total in (None, *self.totals(id)))
            case c.AgeIs():
                return any(meets_limits(age, same) for age in (None, *range(OLDEST_AGE)))
        return (condition, not wanted) not in same

    def totals(self, score: str) -> Iterable[Number]:
        """The possible totals of a score; none if red flags of another instrument are searched."""
        for name, instrument in self.rules.instruments.items():
            for rule in instrument.scores:
                if rule.id == score and self.instrument in (None, name):
                    return rule.possible_totals()
        return ()

    def is_answerable(self, item: Item, goals: Sequence[Goal]) -> bool:
        """Whether some choice of options of the item, or no answer, meets every goal on it."""
        return any(all(chosen_meet(chosen, goal) for goal in goals) for chosen in self.choices(item, goals))

    def choices(self, item: Item, goals: Sequence[Goal]) -> Iterator[frozenset[str]]:
        """No answer, each option alone, and if the item repeats, all options together that no goal excludes."""
        yield frozenset()
        yield from (frozenset({code}) for code in item.option_of)
        if item.repeats:
            excluded = {
                code
                for condition, wanted in goals
                if isinstance(condition, c.AnyChosen) and not wanted
                for code in condition.codes
            }
            allowed = [
                condition.codes | condition.ignoring
                for condition, wanted in goals
                if isinstance(condition, c.OnlyChosen) and wanted
            ]
            yield frozenset(item.option_of).difference(item.exclusive, excluded).intersection(*allowed)


def all_at_once(operands: Iterable[Condition]) -> list[list[Goal]]:
    """One alternative: every operand is true."""
    return [[(operand, True) for operand in operands]]


def each_alone(operands: Iterable[Condition], wanted: bool) -> list[list[Goal]]:
    """One alternative per operand."""
    return [[(operand, wanted)] for operand in operands]


def subject_of(condition: Condition) -> object:
    """The subject of a condition. Conditions on different subjects cannot contradict each other."""
    match condition:
        case c.AnyChosen(link_id=link_id) | c.OnlyChosen(link_id=link_id):
            return link_id
        case c.ScoreIs(score=score):
            return ("score", score)
        case c.AgeIs():
            return "age"
    return condition


def chosen_meet(chosen: frozenset[str], goal: Goal) -> bool:
    """Whether the chosen options of an item meet a goal on it."""
    condition, wanted = goal
    if isinstance(condition, c.OnlyChosen):
        considered = chosen - condition.ignoring
        return (bool(considered) and considered <= condition.codes) is wanted
    return isinstance(condition, c.AnyChosen) and chosen.isdisjoint(condition.codes) is not wanted


def meets_limits(number: Number | None, goals: Iterable[Goal]) -> bool:
    """Whether a total or an age (None: there is none) meets every goal on it."""
    return all(
        (number is not None and condition.limits.evaluate(number, number) is True) is wanted
        for condition, wanted in goals
        if isinstance(condition, c.ScoreIs | c.AgeIs)
    )


def display_conditions(instrument: Instrument, link_id: str) -> Iterator[Condition]:
    """The conditions under which the form shows an item: its enableWhen, and those of the groups that contain it."""
    for item in items_down_to(instrument.items, link_id):
        operands = tuple(rule_condition(instrument, enable_when) for enable_when in item.enable_when)
        if operands:
            yield combinations.AllOf(operands) if item.enable_all else combinations.AnyOf(operands)


def items_down_to(items: Iterable[Item], link_id: str) -> tuple[Item, ...]:
    """The groups that contain the item of this linkId, from the outermost, and the item; empty if there is none."""
    for item in items:
        below = items_down_to(item.items, link_id)
        if item.link_id == link_id or below:
            return (item, *below)
    return ()


def rule_condition(instrument: Instrument, enable_when: EnableWhen) -> Condition:
    """An enableWhen as a condition of a rule. If it does not compare with a code, it is treated as always true."""
    code = enable_when.answer_code
    if enable_when.operator != "=" or code is None:
        return c.Always()
    return c.AnyChosen(instrument.name, enable_when.question, frozenset({code}))
