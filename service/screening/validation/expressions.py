"""Checks of the rules on answers that a questionnaire writes as expressions (questionnaire-constraint)."""

from collections.abc import Sequence

from service.issues import Issue, IssueSeverity
from service.screening.instruments.instrument import ExpressionConstraint
from service.screening.validation.context import STEPS_PER_ISSUE, ValidationContext
from service.work import spend_steps


def check_expressions(
    constraints: Sequence[ExpressionConstraint], path: str, context: ValidationContext, link_id: str | None = None
) -> None:
    """Evaluates each rule on the element at a path. A broken rule is an error only in a finished response."""
    for constraint in constraints:
        spend_steps(STEPS_PER_ISSUE)
        result = context.evaluate_on(constraint.expression, path)
        is_error = constraint.severity == "error"
        if result is False:
            severity: IssueSeverity = "error" if is_error and context.finished else "warning"
            text = constraint.human or "This answer breaks a rule of the questionnaire."
            context.issues.append(Issue("invariant", path, text, severity, link_id))
        elif result is None:
            text = "A rule of the questionnaire (questionnaire-constraint) could not be evaluated on these answers."
            context.issues.append(Issue("not-supported", path, text, "warning", link_id, inconclusive=is_error))
