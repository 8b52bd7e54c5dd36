"""Our extensions as trees of parts, and the elements that define them.

https://hl7.org/fhir/R4/defining-extensions.html
"""

from collections.abc import Iterator
from dataclasses import dataclass

from service.fhir.ids import extension_url
from service.fhir.reading import Resource
from service.fhir.terminology import value_set_url

CORE = "http://hl7.org/fhir/StructureDefinition"
FINDING = "ClinicalImpression.finding"


@dataclass(frozen=True)
class Part:
    """One extension: the FHIR type of its value, or the parts it holds; a code's ValueSet is one of ours."""

    name: str
    definition: str
    kind: str | None = None
    least: int = 0
    most: str = "1"
    parts: tuple["Part", ...] = ()
    value_set: str | None = None


@dataclass(frozen=True)
class Extension:
    """A published extension, and the elements on which it stands."""

    whole: Part
    contexts: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.whole.name


FACT = Part("fact", "A fact that this rests on.", "code", 1, "*", value_set="fact")
ANSWER = Part(
    "answer",
    "An answer that counted.",
    most="*",
    parts=(
        Part("linkId", "The question.", "string", 1),
        Part("value", "The answer.", "Coding", 1),
    ),
)
LINE = Part(
    "line",
    "One line that counted.",
    most="*",
    parts=(
        Part("weight", "What it counts; below zero it speaks against.", "integer"),
        Part("response", "The response that raised the red flag.", "Reference"),
        ANSWER,
        Part("open", "A question left open that counted.", "string", most="*"),
        Part("score", "A score that counted, with its value.", "string", most="*"),
        Part("age", "The age that counted.", "string", most="*"),
        Part("flag", "A red flag that counted.", "string", most="*"),
        FACT,
    ),
)
NOT_JUDGED = Part(
    "not-judged",
    "What was left open or unknown, and so not counted.",
    most="*",
    parts=(
        Part("linkId", "The question left open.", "string"),
        Part("subject", "What else was not known.", "string"),
        Part("reason", "Why it could not be judged.", "string", 1),
    ),
)
EVIDENCE = Part(
    "evidence",
    "Why a finding is there: the rule and its version, each line that counted, what could not be judged.",
    parts=(
        Part("rule", "The pattern or red flag whose rule was judged.", "code", 1),
        Part("version", "The version of the rule set.", "string", 1),
        Part("score", "The sum of the weights of the lines.", "integer"),
        Part("minimum", "The score from which the pattern is reported.", "integer"),
        LINE,
        NOT_JUDGED,
    ),
)
NEXT_STEPS = Part(
    "next-steps",
    "What a clinician may do next about a finding. Medicines and procedures are left out.",
    parts=(
        Part("comment", "What to think of.", "string", 1),
        Part(
            "step",
            "One step.",
            most="*",
            parts=(
                Part("text", "The step in words.", "string", 1),
                Part("code", "Its standard code, where there is one.", "Coding"),
                FACT,
            ),
        ),
    ),
)
URGENCY = Part("urgency", "How soon someone must be seen.", "code", value_set="urgency")
CONFIDENCE = Part("confidence", "How well the answers fit a pattern.", "code", value_set="confidence")

EXPRESSION = Part("expression", "When it holds; its name may stand in later expressions.", "Expression", 1)
CONFIDENCE_CODE = Part("confidence", "The band.", "code", 1, value_set="confidence")
URGENCY_CODE = Part("urgency", "The level.", "code", 1, value_set="urgency")
RULE = Part(
    "rule",
    "What a rule makes of its answers, beyond the conditions of its action.",
    parts=(
        Part("kind", "bodily, mood, safety, self-harm or modifier.", "code", 1),
        Part("level", "One level of a red flag, the highest first.", most="*", parts=(URGENCY_CODE, EXPRESSION)),
        Part("reached", "The level of a red flag that is up; its name may stand in later expressions.", "Expression"),
        Part(
            "line",
            "One line of evidence of a pattern.",
            most="*",
            parts=(
                Part("weight", "What it counts when its expression is true.", "integer", 1),
                EXPRESSION,
                FACT,
            ),
        ),
        Part("total", "The sum of the weights of the lines that hold.", "Expression"),
        Part("minimum", "The total from which a pattern is reported.", "integer"),
        Part(
            "band",
            "A band and the total from which it counts.",
            most="*",
            parts=(CONFIDENCE_CODE, Part("from", "The total from which it counts.", "integer", 1)),
        ),
        Part("band-of", "The pattern whose band this one takes.", "code", value_set="pattern"),
        Part("danger", "Whether the pattern has no band and needs checking whatever its total.", "boolean"),
        Part("raise-band", "When the band is one higher.", parts=(EXPRESSION, FACT)),
        Part("cap-band", "When the band is at most this one.", parts=(CONFIDENCE_CODE, EXPRESSION, FACT)),
        Part(
            "urgency",
            "A level of a pattern; the first whose expression is true counts.",
            most="*",
            parts=(URGENCY_CODE, EXPRESSION, FACT),
        ),
        Part(
            "at-least",
            "A red flag below whose level the pattern does not stay.",
            most="*",
            parts=(Part("flag", "The red flag.", "code", 1, value_set="red-flag"), EXPRESSION),
        ),
    ),
)

VARIABLE = Part("variable", "An expression whose name may stand in every expression after it.", "Expression", most="*")

EXTENSIONS = (
    Extension(VARIABLE, ("PlanDefinition", "PlanDefinition.action")),
    Extension(RULE, ("PlanDefinition.action",)),
    Extension(URGENCY, ("ClinicalImpression", FINDING)),
    Extension(CONFIDENCE, (FINDING,)),
    Extension(EVIDENCE, (FINDING,)),
    Extension(NEXT_STEPS, (FINDING,)),
)


def elements(whole: Part) -> list[Resource]:
    """The elements of an extension, complete enough for a snapshot."""
    return list(part_elements(whole, "Extension", "Extension", extension_url(whole.name)))


def part_elements(part: Part, id: str, path: str, url: str) -> Iterator[Resource]:
    """One part: its head, what it holds, its url, its value."""
    head = element(id, path, part.least, part.most, part.definition)
    yield head if id == "Extension" else {**head, "sliceName": part.name}
    yield from inner_elements(part, id, path)
    yield {**element(f"{id}.url", f"{path}.url", 1, "1", "Names the extension."), "fixedUri": url}
    if part.kind is None:
        yield element(f"{id}.value[x]", f"{path}.value[x]", 0, "0", "No value of its own.")
        return
    value = {
        **element(f"{id}.value[x]", f"{path}.value[x]", 1, "1", part.definition),
        "type": [{"code": part.kind}],
    }
    bound = part.value_set and {"strength": "required", "valueSet": value_set_url(part.value_set)}
    yield {**value, "binding": bound} if bound else value


def inner_elements(part: Part, id: str, path: str) -> Iterator[Resource]:
    """The parts that a part holds, or that it holds none."""
    if not part.parts:
        yield element(f"{id}.extension", f"{path}.extension", 0, "0", "Nothing inside.")
        return
    least = sum(inner.least for inner in part.parts)
    slicing = {"discriminator": [{"type": "value", "path": "url"}], "rules": "closed"}
    yield {**element(f"{id}.extension", f"{path}.extension", least, "*", "The parts."), "slicing": slicing}
    for inner in part.parts:
        yield from part_elements(inner, f"{id}.extension:{inner.name}", f"{path}.extension", inner.name)


# How the elements stand in the base definition.
BASE_CARDINALITY = {"Extension": (0, "*"), "extension": (0, "*"), "url": (1, "1"), "value[x]": (0, "1")}
FHIR_TYPE = {"url": f"{CORE}/structuredefinition-fhir-type", "valueUrl": "uri"}
SYSTEM_STRING = {"extension": [FHIR_TYPE], "code": "http://hl7.org/fhirpath/System.String"}
TYPES: dict[str, list[Resource]] = {"extension": [{"code": "Extension"}], "url": [SYSTEM_STRING]}


def element(id: str, path: str, least: int, most: str, definition: str) -> Resource:
    """One element, complete enough for a snapshot."""
    last = path.rsplit(".", 1)[-1]
    low, high = BASE_CARDINALITY[last]
    made = {
        "id": id,
        "path": path,
        "short": definition,
        "definition": definition,
        "min": least,
        "max": most,
        "base": {"path": "Extension" if last == "Extension" else f"Extension.{last}", "min": low, "max": high},
    }
    return {**made, "type": TYPES[last]} if last in TYPES else made
