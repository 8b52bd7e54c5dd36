"""The rule set as a PlanDefinition, made from the rules that the service evaluates: one action per rule.

An expression may refer to the name of every expression before it, in the order of the resource.
https://hl7.org/fhir/R4/plandefinition.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from service.fhir.definitions.code_systems import (
    COPYRIGHT,
    LOINC_NOTICE,
    publication_header,
    resource_name,
    version_algorithm,
)
from service.fhir.definitions.fhirpath_writer import FhirPathWriter, iif, join_operands, variable, variable_name
from service.fhir.definitions.plan_variables import plan_variables
from service.fhir.ids import extension_url
from service.fhir.r4.types import Resource
from service.fhir.terminology.code_systems import CodeSystems
from service.fhir.terminology.facts import FactIndex, fact_extensions
from service.screening.instruments.instrument import Instrument
from service.screening.rules.assessment import RuleSet
from service.screening.rules.case import Condition, Feature
from service.screening.rules.condition_parser import operands_of
from service.screening.rules.conditions import FeatureHolds
from service.screening.rules.patterns import BandShift, Pattern
from service.screening.rules.red_flags import FlagRule

LANGUAGE = "text/fhirpath"
KIND = "http://terminology.hl7.org/CodeSystem/plan-definition-type"


def plan_definition(
    rules: RuleSet,
    instruments: Mapping[str, Instrument],
    codes: CodeSystems,
    facts: FactIndex,
    title: str,
    description: str,
    date: str,
) -> Resource:
    """Returns the PlanDefinition whose canonical is the ``protocol`` of every ClinicalImpression."""
    id = rules.url.rsplit("/", 1)[-1]
    used = [instruments[name] for name in rules.instruments]
    actions, message = PlanActions(rules, codes, facts), facts.messages.message
    return {
        "resourceType": "PlanDefinition",
        "id": id,
        "language": "en",
        "extension": [
            version_algorithm(),
            *(variable_extension(*variable) for variable in plan_variables(rules, used)),
        ],
        "url": rules.url,
        "version": rules.version,
        "name": resource_name(id),
        **publication_header(title, description, date),
        "experimental": True,
        "copyright": f"{COPYRIGHT} {LOINC_NOTICE}",
        "type": {"coding": [{"system": KIND, "code": "eca-rule"}]},
        "relatedArtifact": [
            *({"type": "derived-from", "display": document} for document in facts.documents.values()),
            *({"type": "depends-on", "resource": instrument.canonical} for instrument in used),
        ],
        "action": [
            {"id": "red-flags", "title": message("plan", "flags"), "action": list(actions.flag_actions())},
            {"id": "patterns", "title": message("plan", "patterns"), "action": list(actions.pattern_actions())},
        ],
    }


class PlanActions:
    """The actions of all rules, in the order in which the rules are evaluated."""

    def __init__(self, rules: RuleSet, codes: CodeSystems, facts: FactIndex) -> None:
        self.rules, self.codes, self.facts = rules, codes, facts

    def flag_actions(self) -> Iterator[Resource]:
        """Yields one action per red flag of each instrument; the flags that are raised only alone come last."""
        last: list[tuple[FlagRule, FhirPathWriter]] = []
        others: list[str] = []
        for own in self.rules.instruments.values():
            writer = FhirPathWriter(self.rules, own.name)
            for rule in own.flags:
                if rule.alone:
                    last.append((rule, writer))
                    continue
                yield self.flag_action(rule, writer)
                writer.flags = (*writer.flags, rule)
                others.append(variable("flag", rule.instrument, rule.code))
        for rule, writer in last:
            yield self.flag_action(rule, writer, others)

    def flag_action(self, rule: FlagRule, writer: FhirPathWriter, others: Sequence[str] = ()) -> Resource:
        """Returns the action of a red flag. If any of ``others`` (references) is true, the flag is not raised."""
        known, at = len(writer.variables), (rule.instrument, rule.code)
        levels = [
            nested_extension(
                "level",
                coded_extension("urgency", level.urgency.code),
                expression_part(writer.write(level.when), "is", *at, str(n)),
            )
            for n, level in enumerate(rule.levels, 1)
        ]
        is_up = join_operands("or", [variable("is", *at, str(n)) for n in range(1, len(rule.levels) + 1)])
        up = iif(f"{variable(rule.instrument)}.exists()", is_up, "false")
        up = iif(join_operands("or", others), "false", up) if others else up
        reached = {"url": "reached", "valueExpression": expression_of(level_reached(rule, up), "level", *at)}
        conditions = [level.when for level in rule.levels]
        return {
            "id": variable_name(*at),
            "extension": [
                *new_variables(writer, known),
                rule_extension(coded_extension("kind", rule.kind), *levels, reached),
            ],
            "title": self.codes.displays["red-flag"][rule.code],
            "code": [self.codes.codeable_concept("red-flag", rule.code)],
            "documentation": self.documentation(rule.facts, conditions),
            "condition": [applicability(up, "flag", *at)],
        }

    def pattern_actions(self) -> Iterator[Resource]:
        """Yields one action per pattern."""
        flags = tuple(rule for own in self.rules.instruments.values() for rule in own.flags)
        writer = FhirPathWriter(self.rules, flags=flags)
        for pattern in self.rules.patterns:
            yield self.pattern_action(pattern, writer)

    def pattern_action(self, pattern: Pattern, writer: FhirPathWriter) -> Resource:
        """Returns the action of a pattern."""
        known, id = len(writer.variables), pattern.id
        gate = [applicability(writer.write(part), "gate", id, str(n)) for n, part in enumerate(pattern.gate, 1)]
        parts = [
            coded_extension("kind", pattern.kind),
            *weight_extensions(pattern, writer),
            *level_extensions(pattern, writer),
        ]
        if pattern.minimum is not None:
            gate.append(applicability(f"{variable('total', id)} >= {pattern.minimum}", "reached", id))
        shifts = [shift for shift in (pattern.raise_band, pattern.cap_band) if shift is not None]
        facts = [fact for group in (pattern.lines, pattern.urgency, shifts) for entry in group for fact in entry.facts]
        when = [*pattern.gate, *(line.when for line in pattern.lines)]
        return {
            "id": id,
            "extension": [*new_variables(writer, known), rule_extension(*parts)],
            "title": self.codes.displays["pattern"][id],
            "code": [self.codes.codeable_concept("pattern", id)],
            "documentation": self.documentation([*pattern.facts, *facts], when),
            "condition": gate,
        }

    def documentation(self, facts: Iterable[str], conditions: Iterable[Condition]) -> list[Resource]:
        """Returns the sources of facts: one entry per section of a document, and one per basis of an addition."""
        of_features = (fact for feature in self.features_of(conditions) for fact in feature.facts)
        sources: dict[str, list[str]] = {}
        for fact in dict.fromkeys((*facts, *of_features)):
            sources.setdefault(self.facts.fact_source(self.facts.by_id[fact]), []).append(fact)
        message = self.facts.messages.message
        return [
            {"type": "citation", "display": message("fact", "cited", source=source, facts=", ".join(ids))}
            for source, ids in sources.items()
        ]

    def features_of(self, conditions: Iterable[Condition]) -> Iterator[Feature]:
        """Yields every feature that the conditions name, at any depth."""
        for condition in conditions:
            for part in operands_of(condition):
                if isinstance(part, FeatureHolds):
                    feature = self.rules.features[part.id]
                    yield feature
                    yield from self.features_of([feature.when])


def weight_extensions(pattern: Pattern, writer: FhirPathWriter) -> Iterator[Resource]:
    """Yields the lines of evidence with their sum, the minimum and the bands."""
    for n, line in enumerate(pattern.lines, 1):
        when = expression_part(writer.write(line.when), "line", pattern.id, str(n))
        yield nested_extension(
            "line", {"url": "weight", "valueInteger": line.weight}, when, *fact_extensions(line.facts)
        )
    if pattern.lines:
        sums = (
            iif(variable("line", pattern.id, str(n)), str(line.weight), "0") for n, line in enumerate(pattern.lines, 1)
        )
        yield {"url": "total", "valueExpression": expression_of(" + ".join(sums), "total", pattern.id)}
    if pattern.minimum is not None:
        yield {"url": "minimum", "valueInteger": pattern.minimum}
    for band, low in pattern.bands:
        yield nested_extension("band", coded_extension("confidence", band.code), {"url": "from", "valueInteger": low})


def level_extensions(pattern: Pattern, writer: FhirPathWriter) -> Iterator[Resource]:
    """Yields the conditions besides its total that determine the confidence and urgency of a pattern."""
    if pattern.band_of is not None:
        yield coded_extension("band-of", pattern.band_of)
    if pattern.danger:
        yield {"url": "danger", "valueBoolean": True}
    yield from band_shift_extensions("raise-band", pattern.raise_band, writer)
    yield from band_shift_extensions("cap-band", pattern.cap_band, writer)
    for line in pattern.urgency:
        level = coded_extension("urgency", line.level.code)
        yield nested_extension("urgency", level, expression_part(writer.write(line.when)), *fact_extensions(line.facts))
    for entry in pattern.at_least:
        yield nested_extension(
            "at-least", coded_extension("flag", entry.flag), expression_part(writer.write(entry.when))
        )


def band_shift_extensions(url: str, shift: BandShift | None, writer: FhirPathWriter) -> Iterator[Resource]:
    """Yields the condition under which a band is raised or capped, if the pattern has one."""
    if shift is not None:
        cap = [] if shift.cap is None else [coded_extension("confidence", shift.cap.code)]
        yield nested_extension(url, *cap, expression_part(writer.write(shift.when)), *fact_extensions(shift.facts))


def level_reached(rule: FlagRule, up: str) -> str:
    """Returns the level of a raised flag: the first that is true; if open questions raise it, the first not false."""
    text = "{}"
    for n, level in reversed(list(enumerate(rule.levels, 1))):
        holds = variable("is", rule.instrument, rule.code, str(n))
        if rule.open_questions_raise:
            text = iif(f"{holds} = false", text, f"'{level.urgency.code}'")
        else:
            text = iif(holds, f"'{level.urgency.code}'", text)
    return iif(up, text, "{}")


def new_variables(writer: FhirPathWriter, known: int) -> list[Resource]:
    """Returns the variables that a rule was the first to need: those after the first ``known`` ones."""
    return [variable_extension(*variable) for variable in list(writer.variables.items())[known:]]


def variable_extension(variable_name: str, text: str) -> Resource:
    """Returns the extension ``variable``."""
    return {"url": extension_url("variable"), "valueExpression": expression_of(text, variable_name)}


def expression_of(text: str, *names: str) -> Resource:
    """Returns an Expression; with a name if later expressions may refer to it."""
    return {**({"name": variable_name(*names)} if names else {}), "language": LANGUAGE, "expression": text}


def expression_part(text: str, *names: str) -> Resource:
    """Returns the extension part ``expression``."""
    return {"url": "expression", "valueExpression": expression_of(text, *names)}


def applicability(text: str, *names: str) -> Resource:
    """Returns one ``action.condition``."""
    return {"kind": "applicability", "expression": expression_of(text, *names)}


def coded_extension(url: str, code: str) -> Resource:
    """Returns an extension with a code as value."""
    return {"url": url, "valueCode": code}


def nested_extension(url: str, *parts: Resource) -> Resource:
    """Returns an extension that contains extensions."""
    return {"url": url, "extension": list(parts)}


def rule_extension(*parts: Resource) -> Resource:
    """Returns the extension ``rule``."""
    return nested_extension(extension_url("rule"), *parts)
