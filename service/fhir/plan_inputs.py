"""The named expressions of a PlanDefinition that read responses: answers, whether asked, totals.

Each response stands under the name of its instrument; an instrument without a response is an empty collection.
"""

from collections.abc import Iterator, Sequence

from service.fhir.fhirpath import UNKNOWN, among, either, joined, literal, name, variable
from service.screening.assessment import InstrumentRules, RuleSet
from service.screening.instrument import EnableWhen, Instrument, Item
from service.screening.scores import ScoreRule

Named = tuple[str, str]


def inputs(rules: RuleSet, instruments: Sequence[Instrument]) -> Iterator[Named]:
    """Every name with its expression, each after those it refers to."""
    for instrument in instruments:
        yield from answers(instrument, instrument.items)
        yield from asked(instrument, instrument.items, "")
        yield from scores(rules.instruments[instrument.name])
    minor = either(f"%`age-high` < {rules.adult_age}", "false", "true")
    yield "patterns-judged", f"{variable(rules.drawn_from)}.exists() and {minor}"


def answers(instrument: Instrument, items: Sequence[Item]) -> Iterator[Named]:
    """The codes chosen; an option that stands alone counts only when nothing else was chosen."""
    for item in items:
        if item.options:
            given = f"{variable(instrument.name)}.descendants().where(linkId = '{item.link_id}').answer.value.code"
            if item.exclusive and item.repeats:
                yield name("given", item.link_id), given
                others = f"{variable('given', item.link_id)}.where(($this in {literal(item.exclusive)}).not())"
                given = either(f"{others}.exists()", others, variable("given", item.link_id))
            yield name("answer", item.link_id), given
        yield from answers(instrument, item.items)


def asked(instrument: Instrument, items: Sequence[Item], parent: str) -> Iterator[Named]:
    """Whether the form showed an item; unknown while that hangs on a question left open."""
    for item in items:
        parts = [variable("asked", parent)] if parent else []
        parts += [shown(item)] if item.enable_when else []
        condition = joined("and", parts) if parts else "true"
        yield name("asked", item.link_id), either(f"{variable(instrument.name)}.exists()", condition, UNKNOWN)
        yield from asked(instrument, item.items, item.link_id)


def shown(item: Item) -> str:
    """The condition of display. Conditions on one question, any of which will do, are written as one."""
    if item.enable_all:
        return joined("and", [holds([condition]) for condition in item.enable_when])
    by_question: dict[str, list[EnableWhen]] = {}
    for condition in item.enable_when:
        by_question.setdefault(condition.question, []).append(condition)
    return joined("or", [holds(conditions) for conditions in by_question.values()])


def holds(conditions: Sequence[EnableWhen]) -> str:
    """Conditions on one question, of which any will do. Raises ValueError for one that codes cannot express."""
    if any(condition.operator != "=" or condition.kind != "Coding" for condition in conditions):
        raise ValueError("only a comparison with a code can be published as FHIRPath")
    question = variable("answer", conditions[0].question)
    codes = [condition.value.code for condition in conditions]
    return either(f"{question}.empty()", UNKNOWN, among(question, codes))


def scores(own: InstrumentRules) -> Iterator[Named]:
    """What each item weighs, and of each total the value, the least and the greatest that it can be."""
    for score in own.scores:
        for link_id in score.summands:
            yield name("weight", score.id, link_id), weight(score, link_id)
        weights = {link_id: variable("weight", score.id, link_id) for link_id in score.summands}
        yield name("score", score.id, "total"), " + ".join(weights.values())
        for bound, of_open in (("low", min), ("high", max)):
            parts = (
                either(f"{part}.exists()", part, str(of_open((0, *score.weights[link_id].values()))))
                for link_id, part in weights.items()
            )
            sum_of = either(f"{variable(own.name)}.exists()", " + ".join(parts), UNKNOWN)
            yield name("score", score.id, bound), sum_of


def weight(score: ScoreRule, link_id: str) -> str:
    """The weight of the answer to one item; unknown when it was left open."""
    text = UNKNOWN
    for code, value in score.weights[link_id].items():
        text = either(f"{variable('answer', link_id)} = '{code}'", str(value), text)
    return text
