"""The options of a question that a red flag asks for: choosing one is a danger sign, whatever the other answers are."""

from service.screening.rules import conditions as c
from service.screening.rules.analysis.answer_changes import conditions_read
from service.screening.rules.assessment import RuleSet


def danger_options(rules: RuleSet, instrument: str, link_id: str) -> frozenset[str]:
    """The codes of the options of a question that the conditions of the red flags of its instrument name."""
    conditions = (level.when for flag in rules.instruments[instrument].flags for level in flag.levels)
    read = (each for condition in conditions for each in conditions_read(condition, rules, in_flags=True))
    named = (each.codes for each in read if isinstance(each, c.AnyChosen) and each.link_id == link_id)
    return frozenset().union(*named)
