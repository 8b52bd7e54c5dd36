"""State of one validation run: all answers, the issues so far, and which items enableWhen disables.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property

from service.issues import Issue, IssueSeverity, IssueType
from service.screening.instruments.editions import OUR_FORM, SenderForm
from service.screening.instruments.enable_when import is_enabled, is_met
from service.screening.instruments.instrument import Expression, Instrument, Item
from service.screening.instruments.response import Answer, AnsweredItem, Response
from service.screening.kleene import Truth, and_
from service.work import spend_steps

# Evaluates an expression on the item at a FHIRPath of the response; None if the response does not contain the item.
EvaluateExpression = Callable[[Expression, str | None], Truth]
# Steps to compare one path with another, and to add an issue.
STEPS_PER_PATH = 4
STEPS_PER_ISSUE = 3
FINISHED = {"completed", "amended"}


class ValidationContext:
    """A response, its questionnaire, and the issues found so far.

    ``judged_higher`` are the items of which an answer that says two things is accepted on submission.
    ``disabled_paths`` are the paths of items that the response contains although they are disabled.
    """

    def __init__(
        self,
        response: Response,
        instrument: Instrument,
        form: SenderForm,
        evaluate_expression: EvaluateExpression | None,
        judged_higher: Collection[str] = (),
    ) -> None:
        self.response = response
        self.instrument = instrument
        self.form = form
        self.evaluate_expression = evaluate_expression
        self.judged_higher = judged_higher
        self.finished = response.status in FINISHED
        self.issues: list[Issue] = []
        self.disabled_paths: set[str] = set()

    @cached_property
    def occurrences(self) -> dict[str, list[AnsweredItem]]:
        """The occurrences of each item of the response, by linkId."""
        found: dict[str, list[AnsweredItem]] = {}
        for answered in self.response.all_items:
            found.setdefault(answered.link_id, []).append(answered)
        return found

    @cached_property
    def by_path(self) -> dict[str, AnsweredItem]:
        """The items of the response by their path."""
        return {answered.path: answered for answered in self.response.all_items}

    def add_issue(
        self,
        code: IssueType,
        path: str,
        text: str,
        link_id: str,
        severity: IssueSeverity = "error",
        accepted_on_submission: bool = False,
    ) -> None:
        """Adds an issue of an item."""
        spend_steps(STEPS_PER_ISSUE)
        self.issues.append(Issue(code, path, text, severity, link_id, accepted_on_submission))

    def add_inconclusive(self, path: str, text: str, link_id: str) -> None:
        """Adds a warning about a check that was inconclusive."""
        spend_steps(STEPS_PER_ISSUE)
        self.issues.append(Issue("not-supported", path, text, "warning", link_id, inconclusive=True))

    def check_enabled(
        self, item: Item, occurrences: Sequence[AnsweredItem], parent_path: str, parent_enabled: Truth
    ) -> Truth:
        """Whether an item under ``parent_path`` is enabled. Remembers the occurrences of a disabled item."""
        if not item.has_condition and self.form is OUR_FORM:
            enabled = parent_enabled
        elif parent_enabled is False:
            enabled = False
        else:
            enabled = and_((parent_enabled, self.check_own_condition(item, occurrences, parent_path)))
        if enabled is False:
            self.disabled_paths.update(answered.path for answered in occurrences)
        return enabled

    def check_own_condition(self, item: Item, occurrences: Sequence[AnsweredItem], parent_path: str) -> Truth:
        """Whether the item's own condition is met. Adds a warning if that matters and cannot be evaluated."""
        if item.link_id in self.form.lacks:
            return False
        if item.link_id in self.form.always_shows:
            return True
        results: list[Truth] = []
        disabled_later = self.find_disabled_later(item, parent_path)
        if item.enable_when:
            results.append(
                is_enabled(item, lambda question: self.answers_to(question, item, parent_path, disabled_later))
            )
        if item.enable_expression is not None:
            results.append(self.evaluate(item.enable_expression, occurrences))
        met = and_(results)
        if met is None and (occurrences or item.required) and self.cannot_evaluate(item, parent_path, disabled_later):
            text = "Whether the other answers enable this item could not be evaluated."
            self.add_inconclusive(occurrences[0].path if occurrences else parent_path, text, item.link_id)
        return met

    def evaluate(self, expression: Expression, occurrences: Sequence[AnsweredItem]) -> Truth:
        """The result of an expression; unknown if expressions are not evaluated in this run."""
        if self.evaluate_expression is None:
            return None
        return self.evaluate_expression(expression, occurrences[0].path if occurrences else None)

    def evaluate_on(self, expression: Expression, path: str) -> Truth:
        """The result of an expression on the element at a path; unknown if expressions are not evaluated."""
        return None if self.evaluate_expression is None else self.evaluate_expression(expression, path)

    def cannot_evaluate(self, item: Item, parent_path: str, disabled_later: Mapping[str, bool]) -> bool:
        """Whether a condition is unknown because we cannot evaluate it, and not because a question is unanswered."""
        if item.enable_expression is not None:
            return True
        conditions = (
            (each, self.answers_to(each.question, item, parent_path, disabled_later)) for each in item.enable_when
        )
        return any(answers and is_met(condition, answers) is None for condition, answers in conditions)

    def answers_to(
        self, question: str, item: Item, parent_path: str, disabled_later: Mapping[str, bool]
    ) -> Sequence[Answer]:
        """The answers to a question that apply to an item under ``parent_path``; none if the question is disabled.

        ``disabled_later`` tells of each item that the run has not reached yet, by its path, whether it is disabled.
        """
        nearest = self.nearest_answered(question, item, parent_path)
        if nearest is None or nearest.path in self.disabled_paths or disabled_later.get(nearest.path, False):
            return ()
        spend_steps(len(nearest.answers))
        return nearest.answers

    def nearest_answered(self, question: str, item: Item, parent_path: str) -> AnsweredItem | None:
        """The occurrence of a question that a condition of an item under ``parent_path`` uses."""
        occurrences = self.occurrences.get(question)
        if not occurrences:
            return None
        spend_steps(len(occurrences) * STEPS_PER_PATH)
        if len(occurrences) == 1:
            return occurrences[0]
        return nearest_occurrence(occurrences, parent_path, self.is_later(question, item))

    def is_later(self, question: str, item: Item) -> bool:
        """Whether a question comes after the item in the questionnaire, so that the run has not reached it yet."""
        order = self.instrument.order
        return order.get(question, -1) > order[item.link_id]

    def find_disabled_later(self, item: Item, parent_path: str) -> dict[str, bool]:
        """Whether each later occurrence that decides over an item is disabled, directly or through others, by path.

        It iterates: a chain of items of which each shows the one before may be as long as the questionnaire. In a
        circle of conditions, the occurrence at which the circle was entered is not disabled.
        """
        disabled: dict[str, bool] = {}
        entered: set[str] = set()
        stack = self.later_occurrences(item, parent_path)
        while stack:
            answered = stack[-1]
            if answered.path not in entered:
                entered.add(answered.path)
                stack += [each for each in self.occurrences_deciding_over(answered) if each.path not in entered]
            else:
                stack.pop()
                if answered.path not in disabled:
                    chain = self.chain_to(answered.path)
                    disabled[answered.path] = any(self.is_condition_false(each, disabled) for each in chain)
        return disabled

    def later_occurrences(self, item: Item, parent_path: str) -> list[AnsweredItem]:
        """The occurrences of later questions that the conditions of an item under ``parent_path`` use."""
        order, place = self.instrument.order, self.instrument.order[item.link_id]
        later = [each.question for each in item.enable_when if order.get(each.question, -1) > place]
        found = (self.nearest_answered(question, item, parent_path) for question in later)
        return [answered for answered in found if answered is not None]

    def occurrences_deciding_over(self, answered: AnsweredItem) -> list[AnsweredItem]:
        """The later occurrences that the conditions of an occurrence, and of those that contain it, use."""
        found: list[AnsweredItem] = []
        for each in self.chain_to(answered.path):
            item = self.instrument.by_link_id.get(each.link_id)
            if item is not None:
                found += self.later_occurrences(item, parent_path_of(each))
        return found

    def chain_to(self, path: str) -> list[AnsweredItem]:
        """The occurrence at a path, and those that contain it, from the outermost to the innermost."""
        ends = (index for index, character in enumerate(f"{path}.") if character == ".")
        return [self.by_path[path[:end]] for end in ends if path[:end] in self.by_path]

    def is_condition_false(self, answered: AnsweredItem, disabled_later: Mapping[str, bool]) -> bool:
        """Whether the own condition of an occurrence is false."""
        item = self.instrument.by_link_id.get(answered.link_id)
        if item is None:
            return False
        parent = parent_path_of(answered)
        enabled = is_enabled(item, lambda question: self.answers_to(question, item, parent, disabled_later))
        if item.enable_when and enabled is False:
            return True
        return item.enable_expression is not None and self.evaluate(item.enable_expression, [answered]) is False


def parent_path_of(answered: AnsweredItem) -> str:
    """The path of the item or answer that contains an occurrence."""
    return answered.path.rpartition(".item[")[0]


def nearest_occurrence(occurrences: Sequence[AnsweredItem], path: str, is_later: bool) -> AnsweredItem:
    """The occurrence of a question that a condition on ``path`` uses: the one that shares most of the path.

    Of several such occurrences it is the first if the question comes after the item, otherwise the last.
    """
    steps = path.split(".")
    shared = [count_shared_steps(answered.path.split("."), steps) for answered in occurrences]
    most = max(shared)
    closest = [answered for answered, count in zip(occurrences, shared, strict=True) if count == most]
    return closest[0] if is_later else closest[-1]


def count_shared_steps(one: Sequence[str], other: Sequence[str]) -> int:
    """How many steps two paths share from the root."""
    count = 0
    for step, other_step in zip(one, other, strict=False):
        if step != other_step:
            break
        count += 1
    return count
