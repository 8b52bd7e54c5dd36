"""What the check of a response needs to know everywhere: the other answers, and which items these switch off.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
"""

from collections.abc import Callable, Sequence

from service.screening.enablement import enabled, holds
from service.screening.faults import Fault
from service.screening.instrument import Expression, Instrument, Item
from service.screening.logic import Truth, every
from service.screening.response import Answer, AnsweredItem, Response, walk
from service.screening.sheet import OUR_FORM, SenderForm

# Judges an expression at the item that stands at a path, or that is absent (None).
Expressions = Callable[[Expression, str | None], Truth]
FINISHED = {"completed", "amended"}


class Walk:
    """The response and its questionnaire while one is walked along the other, with the faults found so far.

    ``hidden`` are the places of items that are given although they are switched off.
    """

    def __init__(
        self, response: Response, instrument: Instrument, form: SenderForm, expressions: Expressions | None
    ) -> None:
        self.response = response
        self.instrument = instrument
        self.form = form
        self.expressions = expressions
        self.finished = response.status in FINISHED
        self.faults: list[Fault] = []
        self.hidden: set[str] = set()
        self.looked_ahead: set[str] = set()
        self.occurrences: dict[str, list[AnsweredItem]] = {}
        for answered in walk(response.items):
            self.occurrences.setdefault(answered.link_id, []).append(answered)

    def add(
        self, code: str, path: str, text: str, link_id: str, severity: str = "error", tolerable: bool = False
    ) -> None:
        """Notes a fault of an item."""
        self.faults.append(Fault(code, path, text, severity, link_id, tolerable))

    def limit(self, path: str, text: str, link_id: str) -> None:
        """Notes what could not be judged."""
        self.faults.append(Fault("not-supported", path, text, "warning", link_id, untold=True))

    def enablement(self, item: Item, given: Sequence[AnsweredItem], path: str, above: Truth) -> Truth:
        """Whether an item is switched on at a place, given whether what holds it is. Notes what is hidden."""
        if not item.enable_when and item.enable_expression is None and self.form is OUR_FORM:
            truth = above
        else:
            truth = False if above is False else every((above, self.own_condition(item, given, path)))
        if truth is False:
            self.hidden.update(answered.path for answered in given)
        return truth

    def own_condition(self, item: Item, given: Sequence[AnsweredItem], path: str) -> Truth:
        """Whether the item's own condition holds; what cannot be judged is said where it matters."""
        if item.link_id in self.form.lacks:
            return False
        if item.link_id in self.form.always_shows:
            return True
        parts: list[Truth] = []
        if item.enable_when:
            parts.append(enabled(item, lambda question: self.answers_to(question, item, path)))
        if item.enable_expression is not None:
            parts.append(self.judge(item.enable_expression, given))
        truth = every(parts)
        if truth is None and (given or item.required) and self.is_limit(item, path):
            text = "Whether this item is shown with the other answers could not be told."
            self.limit(given[0].path if given else path, text, item.link_id)
        return truth

    def judge(self, expression: Expression, given: Sequence[AnsweredItem]) -> Truth:
        if self.expressions is None:
            return None
        return self.expressions(expression, given[0].path if given else None)

    def is_limit(self, item: Item, path: str) -> bool:
        """Whether a condition is unknown for want of our knowledge, rather than because a question is open."""
        if item.enable_expression is not None:
            return True
        asked = ((condition, self.answers_to(condition.question, item, path)) for condition in item.enable_when)
        return any(answers and holds(condition, answers) is None for condition, answers in asked)

    def answers_to(self, question: str, item: Item, path: str) -> Sequence[Answer]:
        """The answers to a question as seen from an item; a question that is switched off has none."""
        occurrences = self.occurrences.get(question)
        if not occurrences:
            return ()
        order = self.instrument.order
        ahead = order.get(question, -1) > order[item.link_id]
        found = occurrences[0] if len(occurrences) == 1 else nearest(occurrences, path, ahead)
        if found.path in self.hidden or (ahead and self.is_off(found)):
            return ()
        return found.answers

    def is_off(self, answered: AnsweredItem) -> bool:
        """Whether an item further down, which the walk has not come to, is switched off, or one that holds it."""
        if answered.path in self.looked_ahead:
            return False
        self.looked_ahead.add(answered.path)
        chain = [each for each in walk(self.response.items) if f"{answered.path}.".startswith(f"{each.path}.")]
        off = any(self.switches_off(each) for each in chain)
        self.looked_ahead.discard(answered.path)
        return off

    def switches_off(self, answered: AnsweredItem) -> bool:
        item = self.instrument.by_link_id.get(answered.link_id)
        if item is None:
            return False
        holder = answered.path.rpartition(".item[")[0]
        if item.enable_when and enabled(item, lambda question: self.answers_to(question, item, holder)) is False:
            return True
        return item.enable_expression is not None and self.judge(item.enable_expression, [answered]) is False


def nearest(occurrences: Sequence[AnsweredItem], path: str, ahead: bool) -> AnsweredItem:
    """Of several occurrences of a question the nearest: under the same holder, else before, else behind."""
    steps = path.split(".")
    shared = [common(answered.path.split("."), steps) for answered in occurrences]
    closest = [answered for answered, count in zip(occurrences, shared, strict=True) if count == max(shared)]
    return closest[0] if ahead else closest[-1]


def common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many steps two paths share from the root."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
