"""Content that does no harm to a running service but should be removed: unused, or impossible.

Content that is intentionally so is listed in excused.yaml with its reason; an unnecessary entry there is a fault too.
"""

from collections.abc import Iterable, Iterator, Mapping

from service.adapters.mappings.catalogue import LoadedCatalogue
from service.adapters.mappings.checks.fact_coverage import fact_coverage
from service.adapters.mappings.checks.usages import condition_uses, pattern_conditions, pattern_lines
from service.screening.instruments.instrument import Instrument, Item, walk_items
from service.screening.rules import conditions as c
from service.screening.rules.analysis.satisfiability import SatisfiabilitySearch
from service.screening.rules.case import Condition
from service.screening.rules.condition_parser import operands_of
from service.screening.rules.patterns import Pattern

# linkId and code of an option.
OptionKey = tuple[str, str]


def find_unused(catalogue: LoadedCatalogue) -> list[str]:
    """Every fault, with its location."""
    excused = catalogue.excused
    unused_facts = [covered.fact for covered in fact_coverage(catalogue) if not covered.uses]
    return [
        *unused_features(catalogue),
        *not_excused(unused_options(catalogue), excused.options, "options", "nothing uses this option"),
        *not_excused(impossible_rules(catalogue), excused.rules, "rules", "this can never be true"),
        *not_excused(unused_facts, excused.facts, "facts", "nothing uses this fact"),
    ]


def not_excused(found: Iterable[str], excused: Mapping[str, str], key: str, text: str) -> Iterator[str]:
    """A fault for each location found that is not excused, and for each one excused that was not found."""
    found = list(found)
    yield from (f"{location}: {text}" for location in found if location not in excused)
    yield from (f"excused.yaml: {key}.{name}: nothing to excuse, remove it" for name in excused if name not in found)


def unused_features(catalogue: LoadedCatalogue) -> Iterator[str]:
    """A fault for each feature that no rule, no advice and no other feature names."""
    named = {
        condition.id
        for _, when in condition_uses(catalogue)
        for condition in operands_of(when)
        if isinstance(condition, c.FeatureHolds)
    }
    yield from (f"features.{id}: nothing uses this feature" for id in catalogue.rules.features if id not in named)


def unused_options(catalogue: LoadedCatalogue) -> Iterator[str]:
    """The options of our questionnaires that no rule, weight, advice or enableWhen uses, e.g. ``lp-any.no``."""
    used = set(named_options(catalogue))
    for name, rules in catalogue.rules.instruments.items():
        instrument = catalogue.instrument(name)
        summands = {link_id for score in rules.scores for link_id in score.summands}
        used.update(enable_when_options(instrument))
        used.update((link_id, blank.blank_is) for link_id, blank in rules.blanks.items())
        for item in walk_items(instrument.items):
            if item.link_id not in summands:
                yield from unused_options_of(item, used)


def unused_options_of(item: Item, used: set[OptionKey]) -> Iterator[str]:
    """The options of an item that nothing uses. Exclusive options are always in use: they exclude the others."""
    unused = (code for code in item.option_of if (item.link_id, code) not in used and code not in item.exclusive)
    return (f"{item.link_id}.{code.removeprefix(f'{item.link_id}.')}" for code in unused)


def named_options(catalogue: LoadedCatalogue) -> Iterator[OptionKey]:
    """The options that conditions of rules name."""
    for _, when in condition_uses(catalogue):
        for condition in operands_of(when):
            if isinstance(condition, c.AnyChosen | c.OnlyChosen):
                yield from ((condition.link_id, code) for code in condition.codes)


def enable_when_options(instrument: Instrument) -> Iterator[OptionKey]:
    """The options that an enableWhen compares with."""
    for item in walk_items(instrument.items):
        for condition in item.enable_when:
            if condition.answer_code is not None:
                yield condition.question, condition.answer_code


def impossible_rules(catalogue: LoadedCatalogue) -> Iterator[str]:
    """The locations of conditions and bands that no answers can make true."""
    rules = catalogue.rules
    instruments = {name: catalogue.instrument(name) for name in rules.instruments}
    for name, instrument in rules.instruments.items():
        search = SatisfiabilitySearch(rules, instruments, name)
        for flag in instrument.flags:
            earlier: list[Condition] = []
            for n, level in enumerate(flag.levels):
                if not search.is_possible([level.when], earlier):
                    yield f"{name}.yaml: flags.{flag.code}.levels[{n}]"
                earlier.append(level.when)
    for pattern in rules.patterns:
        yield from impossible_in_pattern(pattern, SatisfiabilitySearch(rules, instruments))


def impossible_in_pattern(pattern: Pattern, search: SatisfiabilitySearch) -> Iterator[str]:
    """The same for one pattern: gate, other conditions, urgency lines after one that is always true, bands."""
    location = f"patterns.yaml: {pattern.id}"
    if not search.is_possible(pattern.gate):
        yield f"{location}.gate"
        return
    impossible = [where for where, when in pattern_conditions(pattern) if not search.is_possible([*pattern.gate, when])]
    yield from impossible
    for n, line in enumerate(pattern.urgency):
        earlier = [other.when for other in pattern.urgency[:n]]
        where = f"{location}.urgency[{n}]"
        if where not in impossible and not search.is_possible([*pattern.gate, line.when], earlier):
            yield where
    weights = [line.weight for where, line in pattern_lines(pattern) if f"{location}.{where}" not in impossible]
    highest = sum(weight for weight in weights if weight > 0)
    yield from (f"{location}.bands.{band.code}" for band, low in pattern.bands if low > highest)
