"""What does no harm to a running service but should not stay: things that nothing uses, or that can never be.

What is meant to be so stands in excused.yaml with its reason; a reason without its finding is a fault too.
"""

from collections.abc import Iterable, Iterator, Mapping

from service.adapters.catalogue import Catalogue
from service.adapters.coverage import coverage
from service.adapters.places import conditions, lines, of_pattern
from service.screening import conditions as c
from service.screening.case import Condition
from service.screening.instrument import Instrument, Item, walk
from service.screening.notation import parts_of
from service.screening.patterns import Pattern
from service.screening.reachability import Reach

Option = tuple[str, str]


def audit(catalogue: Catalogue) -> list[str]:
    """Every fault, with its place."""
    excused = catalogue.excused
    bare = [entry.fact for entry in coverage(catalogue) if not entry.places]
    return [
        *unused_features(catalogue),
        *beyond(unused_options(catalogue), excused.options, "options", "nothing uses this option"),
        *beyond(unreachable(catalogue), excused.rules, "rules", "this can never hold"),
        *beyond(bare, excused.facts, "facts", "this fact has no place"),
    ]


def beyond(found: Iterable[str], excused: Mapping[str, str], part: str, text: str) -> Iterator[str]:
    """What was found and is not excused, and what is excused and was not found."""
    found = list(found)
    yield from (f"{place}: {text}" for place in found if place not in excused)
    yield from (f"excused.yaml: {part}.{name}: there is nothing to excuse" for name in excused if name not in found)


def unused_features(catalogue: Catalogue) -> Iterator[str]:
    """Features that no rule, no advice and no other feature names."""
    named = {
        part.id for _, when in conditions(catalogue) for part in parts_of(when) if isinstance(part, c.FeatureHolds)
    }
    yield from (f"features.{id}: nothing uses this feature" for id in catalogue.rules.features if id not in named)


def unused_options(catalogue: Catalogue) -> Iterator[str]:
    """Options of our forms that no rule, weight, advice or condition of display looks at."""
    used = set(named_options(catalogue))
    for name, own in catalogue.rules.instruments.items():
        instrument = catalogue.instrument(name)
        weighed = {link_id for score in own.scores for link_id in score.summands}
        used.update(shown_by(instrument))
        used.update((link_id, reading.blank_is) for link_id, reading in own.blanks.items())
        for item in walk(instrument.items):
            if item.link_id not in weighed:
                yield from idle(item, used)


def idle(item: Item, used: set[Option]) -> Iterator[str]:
    """The options of an item that are not used; one that stands alone is used by standing alone."""
    idle = (code for code in item.option_of if (item.link_id, code) not in used and code not in item.exclusive)
    return (f"{item.link_id}.{code.removeprefix(f'{item.link_id}.')}" for code in idle)


def named_options(catalogue: Catalogue) -> Iterator[Option]:
    """The options that conditions name."""
    for _, when in conditions(catalogue):
        for part in parts_of(when):
            if isinstance(part, c.Chosen | c.Only):
                yield from ((part.link_id, code) for code in part.codes)


def shown_by(instrument: Instrument) -> Iterator[Option]:
    """The options on which the display of another question hangs."""
    for item in walk(instrument.items):
        yield from ((entry.question, entry.value.code) for entry in item.enable_when if entry.kind == "Coding")


def unreachable(catalogue: Catalogue) -> Iterator[str]:
    """The places of rules that no answers can make true."""
    rules = catalogue.rules
    instruments = {name: catalogue.instrument(name) for name in rules.instruments}
    for name, own in rules.instruments.items():
        reach = Reach(rules, instruments, name)
        for flag in own.flags:
            before: list[Condition] = []
            for n, level in enumerate(flag.levels):
                if not reach.possible([level.when], before):
                    yield f"{name}.yaml: flags.{flag.code}.levels[{n}]"
                before.append(level.when)
    for pattern in rules.patterns:
        yield from unreachable_in(pattern, Reach(rules, instruments))


def unreachable_in(pattern: Pattern, reach: Reach) -> Iterator[str]:
    """The same within one pattern: its gate, its other conditions, urgencies after one that always holds, bands."""
    where = f"patterns.yaml: {pattern.id}"
    if not reach.possible(pattern.gate):
        yield f"{where}.gate"
        return
    dead = [place for place, when in of_pattern(pattern) if not reach.possible([*pattern.gate, when])]
    yield from dead
    for n, line in enumerate(pattern.urgency):
        before = [earlier.when for earlier in pattern.urgency[:n]]
        place = f"{where}.urgency[{n}]"
        if place not in dead and not reach.possible([*pattern.gate, line.when], before):
            yield place
    live = [line.weight for place, line in lines(pattern) if f"{where}.{place}" not in dead and line.weight > 0]
    yield from (f"{where}.bands.{band.code}" for band, low in pattern.bands if low > sum(live))
