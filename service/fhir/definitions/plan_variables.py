"""The variables of the PlanDefinition that read responses: answers, whether a question was asked, totals.

A variable with the name of the instrument contains its response; without a response it is an empty collection.
"""

from collections.abc import Iterator, Sequence

from service.fhir.definitions.fhirpath_writer import (
    UNKNOWN,
    contains_any,
    iif,
    join_operands,
    literal,
    variable,
    variable_name,
)
from service.screening.instruments.instrument import EnableWhen, Instrument, Item
from service.screening.rules.assessment import InstrumentRules, RuleSet
from service.screening.rules.scores import ScoreRule

# A name and its FHIRPath.
Variable = tuple[str, str]


def plan_variables(rules: RuleSet, instruments: Sequence[Instrument]) -> Iterator[Variable]:
    """Yields every variable as (name, FHIRPath), each after those that it refers to."""
    for instrument in instruments:
        yield from answer_variables(instrument, instrument.items)
        yield from asked_variables(instrument, instrument.items, "")
        yield from score_variables(rules.instruments[instrument.name])
    minor = iif(f"%`age-high` < {rules.adult_age}", "false", "true")
    yield "patterns-judged", f"{variable(rules.drawn_from)}.exists() and {minor}"


def answer_variables(instrument: Instrument, items: Sequence[Item]) -> Iterator[Variable]:
    """Yields the codes chosen. An exclusive option is ignored if another option was chosen."""
    for item in items:
        if item.options:
            given = f"{variable(instrument.name)}.descendants().where(linkId = '{item.link_id}').answer.value.code"
            if item.exclusive and item.repeats:
                yield variable_name("given", item.link_id), given
                others = f"{variable('given', item.link_id)}.where(($this in {literal(item.exclusive)}).not())"
                given = iif(f"{others}.exists()", others, variable("given", item.link_id))
            yield variable_name("answer", item.link_id), given
        yield from answer_variables(instrument, item.items)


def asked_variables(instrument: Instrument, items: Sequence[Item], parent: str) -> Iterator[Variable]:
    """Yields whether the form showed an item; unknown if that depends on an open question."""
    for item in items:
        parts = [variable("asked", parent)] if parent else []
        parts += [shown_expression(item)] if item.enable_when else []
        condition = join_operands("and", parts) if parts else "true"
        yield variable_name("asked", item.link_id), iif(f"{variable(instrument.name)}.exists()", condition, UNKNOWN)
        yield from asked_variables(instrument, item.items, item.link_id)


def shown_expression(item: Item) -> str:
    """Returns enableWhen as FHIRPath. Alternative conditions on the same question become a single expression."""
    if item.enable_all:
        return join_operands("and", [condition_expression([condition]) for condition in item.enable_when])
    by_question: dict[str, list[EnableWhen]] = {}
    for condition in item.enable_when:
        by_question.setdefault(condition.question, []).append(condition)
    return join_operands("or", [condition_expression(conditions) for conditions in by_question.values()])


def condition_expression(conditions: Sequence[EnableWhen]) -> str:
    """Returns alternative conditions on the same question. Raises ValueError if a value compared is not a code."""
    codes = [condition.answer_code for condition in conditions if condition.operator == "="]
    if None in codes or len(codes) != len(conditions):
        raise ValueError("only a comparison with a code can be published as FHIRPath")
    question = variable("answer", conditions[0].question)
    return iif(f"{question}.empty()", UNKNOWN, contains_any(question, [code for code in codes if code is not None]))


def score_variables(own: InstrumentRules) -> Iterator[Variable]:
    """Yields the weight of each item, and of each total the value, the lowest and the highest possible value."""
    for score in own.scores:
        if not score.is_plain_sum:
            # Means and prorated totals are computed here alone: a client that follows the plan knows them as unknown.
            for part in ("total", "low", "high"):
                yield variable_name("score", score.id, part), UNKNOWN
            continue
        for link_id in score.summands:
            yield variable_name("weight", score.id, link_id), weight_expression(score, link_id)
        weights = {link_id: variable("weight", score.id, link_id) for link_id in score.summands}
        yield variable_name("score", score.id, "total"), " + ".join(weights.values())
        for bound, of_open in (("low", min), ("high", max)):
            parts = (
                iif(f"{part}.exists()", part, str(of_open((0, *score.weights[link_id].values()))))
                for link_id, part in weights.items()
            )
            sum_of = iif(f"{variable(own.name)}.exists()", " + ".join(parts), UNKNOWN)
            yield variable_name("score", score.id, bound), sum_of


def weight_expression(score: ScoreRule, link_id: str) -> str:
    """Returns the weight of the answer to one item; unknown if the item is open."""
    text = UNKNOWN
    for code, value in score.weights[link_id].items():
        text = iif(f"{variable('answer', link_id)} = '{code}'", str(value), text)
    return text
