"""Whether a rule can come true at all: a search for answers, ages and totals that do not contradict each other.

What it calls impossible is impossible. The reverse is not promised: totals, the answers behind them and red flags
are taken as free of each other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from service.screening import combinations
from service.screening import conditions as c
from service.screening.assessment import RuleSet
from service.screening.case import Condition
from service.screening.instrument import EnableWhen, Instrument, Item

# A condition, and whether it is to be true; "not to be true" takes in what cannot be told.
Goal = tuple[Condition, bool]
OLDEST = 130


@dataclass(frozen=True)
class Reach:
    """Searches among the patterns, or (given an ``instrument``) among the red flags of that instrument."""

    rules: RuleSet
    instruments: Mapping[str, Instrument]
    instrument: str | None = None

    def possible(self, wanted: Iterable[Condition], unwanted: Iterable[Condition] = ()) -> bool:
        """Whether all the wanted conditions can hold at once, and none of the unwanted."""
        return self.search([*((part, True) for part in wanted), *((part, False) for part in unwanted)], [])

    def search(self, goals: Sequence[Goal], settled: Sequence[Goal]) -> bool:
        """Settles what leaves no choice, then tries the ways of the first choice one by one."""
        pending, settled, choices = list(goals), list(settled), []
        while pending:
            goal = pending.pop()
            ways = self.ways(goal)
            if len(ways) == 1:
                pending += ways[0]
            elif ways:
                choices.append(goal)
            elif goal not in settled:
                settled.append(goal)
                if not self.consistent(goal, settled):
                    return False
                pending += self.follows(goal)
        if not choices:
            return True
        first, *rest = choices
        return any(self.search([*way, *rest], settled) for way in self.ways(first))

    def ways(self, goal: Goal) -> list[list[Goal]]:
        """The ways in which a condition with parts can be met; none for one without."""
        condition, wanted = goal
        match condition:
            case combinations.Not(part=part):
                return [[(part, not wanted)]]
            case c.FeatureHolds(id=id):
                feature = self.rules.features[id]
                special = feature.in_flags if self.instrument else None
                return [[(special or feature.when, wanted)]]
            case combinations.All(parts=parts):
                return [[(part, True) for part in parts]] if wanted else [[(part, False)] for part in parts]
            case combinations.Any(parts=parts):
                return [[(part, True)] for part in parts] if wanted else [[(part, False) for part in parts]]
        return []

    def follows(self, goal: Goal) -> Iterator[Goal]:
        """What must hold too: an answer needs its question shown, a pattern its gate."""
        condition, wanted = goal
        match condition:
            case c.Chosen(instrument=name, link_id=link_id) | c.Only(instrument=name, link_id=link_id) if wanted:
                yield from ((shown, True) for shown in shown_when(self.instruments[name], link_id))
            case c.PatternReported(id=id) if wanted:
                pattern = next(pattern for pattern in self.rules.patterns if pattern.id == id)
                yield from ((part, True) for part in pattern.gate)

    def consistent(self, goal: Goal, settled: Iterable[Goal]) -> bool:
        """Whether something meets the goal together with all that is settled of the same subject."""
        condition, wanted = goal
        same = [other for other in settled if subject(other[0]) == subject(condition)]
        match condition:
            case c.Always():
                return wanted
            case c.Chosen(instrument=name, link_id=link_id) | c.Only(instrument=name, link_id=link_id):
                known = self.instrument in (None, name)
                return self.answerable(self.instruments[name].by_link_id[link_id], same) if known else not wanted
            case c.ScoreIs(score=id):
                return any(meets(total, same) for total in (None, *range(self.highest(id) + 1)))
            case c.AgeIs():
                return any(meets(age, same) for age in (None, *range(OLDEST)))
        return (condition, not wanted) not in same

    def highest(self, score: str) -> int:
        """The greatest total; below zero for one that is not known among these red flags."""
        for name, own in self.rules.instruments.items():
            for rule in own.scores:
                if rule.id == score and self.instrument in (None, name):
                    return rule.highest
        return -1

    def answerable(self, item: Item, goals: Sequence[Goal]) -> bool:
        """Whether some answer to the item, or none, meets every goal about it."""
        return any(all(fits(given, goal) for goal in goals) for given in self.answers(item, goals))

    def answers(self, item: Item, goals: Sequence[Goal]) -> Iterator[frozenset[str]]:
        """No answer, each option alone, and where several may be chosen all that the goals do not rule out."""
        yield frozenset()
        yield from (frozenset({code}) for code in item.option_of)
        if item.repeats:
            out = {code for part, wanted in goals if isinstance(part, c.Chosen) and not wanted for code in part.codes}
            within = [part.codes | part.ignoring for part, wanted in goals if isinstance(part, c.Only) and wanted]
            yield frozenset(item.option_of).difference(item.exclusive, out).intersection(*within)


def subject(condition: Condition) -> object:
    """What a condition is about: conditions on different subjects cannot contradict each other."""
    match condition:
        case c.Chosen(link_id=link_id) | c.Only(link_id=link_id):
            return link_id
        case c.ScoreIs(score=score):
            return ("score", score)
        case c.AgeIs():
            return "age"
    return condition


def fits(given: frozenset[str], goal: Goal) -> bool:
    """Whether these answers to an item meet a goal about it."""
    condition, wanted = goal
    if isinstance(condition, c.Only):
        rest = given - condition.ignoring
        return (bool(rest) and rest <= condition.codes) is wanted
    return isinstance(condition, c.Chosen) and given.isdisjoint(condition.codes) is not wanted


def meets(number: int | None, goals: Iterable[Goal]) -> bool:
    """Whether a total or an age (None when there is none) meets every goal about it."""
    return all(
        (number is not None and condition.limits.judge(number, number) is True) is wanted
        for condition, wanted in goals
        if isinstance(condition, c.ScoreIs | c.AgeIs)
    )


def shown_when(instrument: Instrument, link_id: str) -> Iterator[Condition]:
    """The conditions under which the form shows an item: its own, and those of the groups around it."""
    for item in around(instrument.items, link_id):
        parts = tuple(chosen(instrument, entry) for entry in item.enable_when)
        if parts:
            yield combinations.All(parts) if item.enable_all else combinations.Any(parts)


def around(items: Iterable[Item], link_id: str) -> tuple[Item, ...]:
    """The item of this linkId after the groups around it; empty when it is not among the items."""
    for item in items:
        below = around(item.items, link_id)
        if item.link_id == link_id or below:
            return (item, *below)
    return ()


def chosen(instrument: Instrument, entry: EnableWhen) -> Condition:
    """A condition of display as a condition of a rule; one on anything but a code is taken as met."""
    if entry.operator != "=" or entry.kind != "Coding":
        return c.Always()
    return c.Chosen(instrument.name, entry.question, frozenset({entry.value.code}))
