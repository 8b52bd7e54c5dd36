"""The rule set as a PlanDefinition, made from the same rules that are judged: one action per rule.

A name may stand in every expression that comes after it, in the order of the resource.
https://hl7.org/fhir/R4/plandefinition.html
"""

from collections.abc import Iterable, Iterator, Mapping

from service.fhir.evidence import fact_parts
from service.fhir.fhirpath import Scope, either, joined, name, variable
from service.fhir.ids import extension_url
from service.fhir.lexicon import Lexicon
from service.fhir.plan_inputs import inputs
from service.fhir.reading import Resource
from service.fhir.terminology import published, resource_name
from service.screening.assessment import RuleSet
from service.screening.case import Condition, Feature
from service.screening.conditions import FeatureHolds
from service.screening.flags import FlagRule
from service.screening.instrument import Instrument
from service.screening.notation import parts_of
from service.screening.patterns import BandShift, Pattern

LANGUAGE = "text/fhirpath"
KIND = "http://terminology.hl7.org/CodeSystem/plan-definition-type"


def plan_definition(
    rules: RuleSet, instruments: Mapping[str, Instrument], lexicon: Lexicon, title: str, description: str, date: str
) -> Resource:
    """The PlanDefinition whose canonical every impression names as its protocol."""
    id = rules.url.rsplit("/", 1)[-1]
    used = [instruments[name] for name in rules.instruments]
    actions = Actions(rules, lexicon)
    return {
        "resourceType": "PlanDefinition",
        "id": id,
        "language": "en",
        "extension": [variable_part(*named) for named in inputs(rules, used)],
        "url": rules.url,
        "version": rules.version,
        "name": resource_name(id),
        **published(title, description, date),
        "experimental": True,
        "type": {"coding": [{"system": KIND, "code": "eca-rule"}]},
        "relatedArtifact": [
            *({"type": "derived-from", "display": document} for document in lexicon.documents.values()),
            *({"type": "depends-on", "resource": instrument.canonical} for instrument in used),
        ],
        "action": [
            {"id": "red-flags", "title": lexicon.wording["plan"]["flags"], "action": list(actions.of_flags())},
            {"id": "patterns", "title": lexicon.wording["plan"]["patterns"], "action": list(actions.of_patterns())},
        ],
    }


class Actions:
    """The actions of all rules, in the order in which they are judged."""

    def __init__(self, rules: RuleSet, lexicon: Lexicon) -> None:
        self.rules, self.lexicon = rules, lexicon

    def of_flags(self) -> Iterator[Resource]:
        """One action per red flag of each instrument."""
        for own in self.rules.instruments.values():
            scope = Scope(self.rules, own.name)
            for rule in own.flags:
                yield self.of_flag(rule, scope)
                scope.flags = (*scope.flags, rule)

    def of_flag(self, rule: FlagRule, scope: Scope) -> Resource:
        known, at = len(scope.named), (rule.instrument, rule.code)
        levels = [
            part("level", coded("urgency", level.urgency.code), expression(scope.write(level.when), "is", *at, str(n)))
            for n, level in enumerate(rule.levels, 1)
        ]
        is_up = joined("or", [variable("is", *at, str(n)) for n in range(1, len(rule.levels) + 1)])
        up = either(f"{variable(rule.instrument)}.exists()", is_up, "false")
        reached = {"url": "reached", "valueExpression": expression_of(level_reached(rule, up), "level", *at)}
        conditions = [level.when for level in rule.levels]
        return {
            "id": name(*at),
            "extension": [*new_names(scope, known), rule_part(coded("kind", rule.kind), *levels, reached)],
            "title": self.lexicon.displays["red-flag"][rule.code],
            "code": [self.lexicon.concept("red-flag", rule.code)],
            "documentation": self.documentation(rule.facts, conditions),
            "condition": [condition(up, "flag", *at)],
        }

    def of_patterns(self) -> Iterator[Resource]:
        """One action per pattern."""
        flags = tuple(rule for own in self.rules.instruments.values() for rule in own.flags)
        scope = Scope(self.rules, flags=flags)
        for pattern in self.rules.patterns:
            yield self.of_pattern(pattern, scope)

    def of_pattern(self, pattern: Pattern, scope: Scope) -> Resource:
        known, id = len(scope.named), pattern.id
        gate = [condition(scope.write(part), "gate", id, str(n)) for n, part in enumerate(pattern.gate, 1)]
        parts = [coded("kind", pattern.kind), *weighing(pattern, scope), *standing(pattern, scope)]
        if pattern.minimum is not None:
            gate.append(condition(f"{variable('total', id)} >= {pattern.minimum}", "reached", id))
        shifts = [shift for shift in (pattern.raise_band, pattern.cap_band) if shift is not None]
        facts = [fact for group in (pattern.lines, pattern.urgency, shifts) for entry in group for fact in entry.facts]
        when = [*pattern.gate, *(line.when for line in pattern.lines)]
        return {
            "id": id,
            "extension": [*new_names(scope, known), rule_part(*parts)],
            "title": self.lexicon.displays["pattern"][id],
            "code": [self.lexicon.concept("pattern", id)],
            "documentation": self.documentation([*pattern.facts, *facts], when),
            "condition": gate,
        }

    def documentation(self, facts: Iterable[str], conditions: Iterable[Condition]) -> list[Resource]:
        """Where the facts stand: one entry per section of a document, additions each with their basis."""
        of_features = (fact for feature in self.features_of(conditions) for fact in feature.facts)
        places: dict[str, list[str]] = {}
        for fact in dict.fromkeys((*facts, *of_features)):
            places.setdefault(self.lexicon.source(self.lexicon.facts[fact]), []).append(fact)
        say = self.lexicon.say
        return [
            {"type": "citation", "display": say("fact", "cited", source=source, facts=", ".join(ids))}
            for source, ids in places.items()
        ]

    def features_of(self, conditions: Iterable[Condition]) -> Iterator[Feature]:
        """Every feature that the conditions name, at any depth."""
        for given in conditions:
            for part in parts_of(given):
                if isinstance(part, FeatureHolds):
                    feature = self.rules.features[part.id]
                    yield feature
                    yield from self.features_of([feature.when])


def weighing(pattern: Pattern, scope: Scope) -> Iterator[Resource]:
    """The lines of evidence with their sum, the minimum and the bands."""
    for n, line in enumerate(pattern.lines, 1):
        when = expression(scope.write(line.when), "line", pattern.id, str(n))
        yield part("line", {"url": "weight", "valueInteger": line.weight}, when, *fact_parts(line.facts))
    if pattern.lines:
        sums = (
            either(variable("line", pattern.id, str(n)), str(line.weight), "0")
            for n, line in enumerate(pattern.lines, 1)
        )
        yield {"url": "total", "valueExpression": expression_of(" + ".join(sums), "total", pattern.id)}
    if pattern.minimum is not None:
        yield {"url": "minimum", "valueInteger": pattern.minimum}
    for band, low in pattern.bands:
        yield part("band", coded("confidence", band.code), {"url": "from", "valueInteger": low})


def standing(pattern: Pattern, scope: Scope) -> Iterator[Resource]:
    """How sure and how urgent a pattern is, beyond its total."""
    if pattern.band_of is not None:
        yield coded("band-of", pattern.band_of)
    if pattern.danger:
        yield {"url": "danger", "valueBoolean": True}
    yield from shift("raise-band", pattern.raise_band, scope)
    yield from shift("cap-band", pattern.cap_band, scope)
    for line in pattern.urgency:
        level = coded("urgency", line.level.code)
        yield part("urgency", level, expression(scope.write(line.when)), *fact_parts(line.facts))
    for entry in pattern.at_least:
        yield part("at-least", coded("flag", entry.flag), expression(scope.write(entry.when)))


def shift(url: str, given: BandShift | None, scope: Scope) -> Iterator[Resource]:
    if given is not None:
        to = [] if given.cap is None else [coded("confidence", given.cap.code)]
        yield part(url, *to, expression(scope.write(given.when)), *fact_parts(given.facts))


def level_reached(rule: FlagRule, up: str) -> str:
    """The level of a flag that is up: the first that holds, or the first that may hold where a blank raises."""
    text = "{}"
    for n, level in reversed(list(enumerate(rule.levels, 1))):
        holds = variable("is", rule.instrument, rule.code, str(n))
        if rule.open_questions_raise:
            text = either(f"{holds} = false", text, f"'{level.urgency.code}'")
        else:
            text = either(holds, f"'{level.urgency.code}'", text)
    return either(up, text, "{}")


def new_names(scope: Scope, known: int) -> list[Resource]:
    """The names that a rule was the first to need."""
    return [variable_part(*named) for named in list(scope.named.items())[known:]]


def variable_part(named: str, text: str) -> Resource:
    return {"url": extension_url("variable"), "valueExpression": expression_of(text, named)}


def expression_of(text: str, *names: str) -> Resource:
    """An Expression, with a name when later ones may refer to it."""
    return {**({"name": name(*names)} if names else {}), "language": LANGUAGE, "expression": text}


def expression(text: str, *names: str) -> Resource:
    return {"url": "expression", "valueExpression": expression_of(text, *names)}


def condition(text: str, *names: str) -> Resource:
    return {"kind": "applicability", "expression": expression_of(text, *names)}


def coded(url: str, code: str) -> Resource:
    return {"url": url, "valueCode": code}


def part(url: str, *parts: Resource) -> Resource:
    return {"url": url, "extension": list(parts)}


def rule_part(*parts: Resource) -> Resource:
    return part(extension_url("rule"), *parts)
