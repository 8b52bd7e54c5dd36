"""Our extensions as trees of parts.

https://hl7.org/fhir/R4/defining-extensions.html
"""

from dataclasses import dataclass

CORE, FINDING = "http://hl7.org/fhir/StructureDefinition", "ClinicalImpression.finding"


@dataclass(frozen=True)
class ExtensionPart:
    """One extension: either ``type``, the FHIR type of its value, or ``parts``, the extensions inside it.

    ``least`` and ``most``: its cardinality. ``value_set``: the name of our ValueSet that a code must be from.
    """

    name: str
    definition: str
    type: str | None = None
    least: int = 0
    most: str = "1"
    parts: tuple["ExtensionPart", ...] = ()
    value_set: str | None = None


@dataclass(frozen=True)
class Extension:
    """A published extension. ``contexts`` are the elements that may contain it."""

    whole: ExtensionPart
    contexts: tuple[str, ...]

    @property
    def name(self) -> str:
        """The last segment of its url."""
        return self.whole.name


FACT = ExtensionPart("fact", "A fact that this rests on.", "code", 1, "*", value_set="fact")
ANSWER = ExtensionPart(
    "answer",
    "An answer that counted.",
    most="*",
    parts=(
        ExtensionPart("linkId", "The question.", "string", 1),
        ExtensionPart("value", "The answer.", "Coding", 1),
    ),
)
LINE = ExtensionPart(
    "line",
    "One line that counted.",
    most="*",
    parts=(
        ExtensionPart("weight", "What it counts; below zero it speaks against.", "integer"),
        ExtensionPart("response", "The response that raised the red flag.", "Reference"),
        ANSWER,
        ExtensionPart("open", "A question left open that counted.", "string", most="*"),
        ExtensionPart("score", "A score that counted, with its value.", "string", most="*"),
        ExtensionPart("age", "The age that counted.", "string", most="*"),
        ExtensionPart("flag", "A red flag that counted.", "string", most="*"),
        FACT,
    ),
)
NOT_JUDGED = ExtensionPart(
    "not-judged",
    "What was left open or unknown, and so not counted.",
    most="*",
    parts=(
        ExtensionPart("linkId", "The question left open.", "string"),
        ExtensionPart("subject", "What else was not known.", "string"),
        ExtensionPart("reason", "Why it could not be judged.", "string", 1),
    ),
)
ANSWER_VALUE = ExtensionPart("value", "An option of the answer.", "Coding", 1, "*")
COUNTERFACTUAL = ExtensionPart(
    "counterfactual",
    "A smallest set of answers whose change would lower or remove the finding, all other answers as they are.",
    most="*",
    parts=(
        ExtensionPart(
            "result",
            "The urgency or confidence after the change; absent if it would be gone.",
            "code",
        ),
        ExtensionPart(
            "change",
            "Another answer to one question.",
            least=1,
            most="*",
            parts=(
                ExtensionPart("linkId", "The question.", "string", 1),
                ExtensionPart("from", "The answer given; absent if the question was left open.", parts=(ANSWER_VALUE,)),
                ExtensionPart("to", "An answer in its place; any of them is enough.", most="*", parts=(ANSWER_VALUE,)),
            ),
        ),
    ),
)
EVIDENCE = ExtensionPart(
    "evidence",
    "Why a finding is there: the rule and its version, each line that counted, what could not be judged.",
    parts=(
        ExtensionPart("rule", "The pattern or red flag whose rule was judged.", "code", 1),
        ExtensionPart("version", "The version of the rule set.", "string", 1),
        ExtensionPart("score", "The sum of the weights of the lines.", "integer"),
        ExtensionPart("minimum", "The score from which the pattern is reported.", "integer"),
        LINE,
        COUNTERFACTUAL,
        NOT_JUDGED,
    ),
)
NEXT_STEPS = ExtensionPart(
    "next-steps",
    "What a clinician may do next about a finding. Medicines and procedures are left out.",
    parts=(
        ExtensionPart("comment", "What to think of.", "string", 1),
        ExtensionPart(
            "step",
            "One step.",
            most="*",
            parts=(
                ExtensionPart("text", "The step in words.", "string", 1),
                ExtensionPart("code", "Its standard code, where there is one.", "Coding"),
                FACT,
            ),
        ),
    ),
)
URGENCY = ExtensionPart("urgency", "How soon someone must be seen.", "code", value_set="urgency")
CONFIDENCE = ExtensionPart("confidence", "How well the answers fit a pattern.", "code", value_set="confidence")

SAFETY_ANSWER_CHANGED = ExtensionPart(
    "safety-answer-changed",
    "An answer to a safety question that raised a red flag, and was lowered or taken back later.",
    most="*",
    parts=(
        ExtensionPart("response", "The response.", "Reference", 1),
        ExtensionPart("linkId", "The question.", "string", 1),
        ExtensionPart("was", "An answer that raised a red flag.", "Coding", 1, "*"),
        ExtensionPart("answered", "When it was given.", "dateTime", 1),
        ExtensionPart("now", "An answer of the current version.", "Coding", 0, "*"),
        ExtensionPart("changed", "When the version that lowered it was received.", "dateTime", 1),
        ExtensionPart("withdrawn", "Whether the whole response was taken back as entered in error.", "boolean", 1),
        ExtensionPart("text", "The change in words.", "string", 1),
    ),
)
FLAG_AND_LEVEL = (
    ExtensionPart("flag", "The red flag.", "code", 1, value_set="red-flag"),
    ExtensionPart("urgency", "Its level.", "code", 1, value_set="urgency"),
)
CHANGE = ExtensionPart(
    "change",
    "What differs from the clinical impression before, and the Tasks of earlier submissions that are still open.",
    parts=(
        ExtensionPart("previous", "The impression that this one is compared with.", "Reference"),
        ExtensionPart("flag-new", "A red flag that was not up before at this level.", most="*", parts=FLAG_AND_LEVEL),
        ExtensionPart("flag-gone", "A red flag that is no longer up at this level.", most="*", parts=FLAG_AND_LEVEL),
        ExtensionPart("level-before", "The level before.", "code", value_set="urgency"),
        ExtensionPart("level", "The level now.", "code", value_set="urgency"),
        ExtensionPart(
            "score",
            "A total before and now, of two different responses.",
            most="*",
            parts=(
                ExtensionPart("instrument", "The instrument.", "code", 1, value_set="assessment"),
                ExtensionPart("before", "The total before.", "integer"),
                ExtensionPart("after", "The total now.", "integer"),
                ExtensionPart("not-comparable", "Why the totals are not compared.", "code"),
                ExtensionPart("scheme", "The scheme by which they are compared.", "code"),
                ExtensionPart("verdict", "What the scheme says of the difference.", "string"),
            ),
        ),
        ExtensionPart("item-9-before", "The value of PHQ-9 item 9 before; absent if it was left open.", "integer"),
        ExtensionPart("item-9", "The value of PHQ-9 item 9 now; absent if it was left open.", "integer"),
        ExtensionPart("open-task", "A Task from before that is not known to be closed.", "Reference", most="*"),
    ),
)

EXPRESSION = ExtensionPart("expression", "When it holds; its name may stand in later expressions.", "Expression", 1)
CONFIDENCE_CODE = ExtensionPart("confidence", "The band.", "code", 1, value_set="confidence")
URGENCY_CODE = ExtensionPart("urgency", "The level.", "code", 1, value_set="urgency")
RULE = ExtensionPart(
    "rule",
    "What a rule makes of its answers, beyond the conditions of its action.",
    parts=(
        ExtensionPart("kind", "bodily, mood, safety, self-harm or modifier.", "code", 1),
        ExtensionPart(
            "level", "One level of a red flag, the highest first.", most="*", parts=(URGENCY_CODE, EXPRESSION)
        ),
        ExtensionPart(
            "reached", "The level of a red flag that is up; its name may stand in later expressions.", "Expression"
        ),
        ExtensionPart(
            "line",
            "One line of evidence of a pattern.",
            most="*",
            parts=(
                ExtensionPart("weight", "What it counts when its expression is true.", "integer", 1),
                EXPRESSION,
                FACT,
            ),
        ),
        ExtensionPart("total", "The sum of the weights of the lines that hold.", "Expression"),
        ExtensionPart("minimum", "The total from which a pattern is reported.", "integer"),
        ExtensionPart(
            "band",
            "A band and the total from which it counts.",
            most="*",
            parts=(CONFIDENCE_CODE, ExtensionPart("from", "The total from which it counts.", "integer", 1)),
        ),
        ExtensionPart("band-of", "The pattern whose band this one takes.", "code", value_set="pattern"),
        ExtensionPart("danger", "Whether the pattern has no band and needs checking whatever its total.", "boolean"),
        ExtensionPart("raise-band", "When the band is one higher.", parts=(EXPRESSION, FACT)),
        ExtensionPart("cap-band", "When the band is at most this one.", parts=(CONFIDENCE_CODE, EXPRESSION, FACT)),
        ExtensionPart(
            "urgency",
            "A level of a pattern; the first whose expression is true counts.",
            most="*",
            parts=(URGENCY_CODE, EXPRESSION, FACT),
        ),
        ExtensionPart(
            "at-least",
            "A red flag below whose level the pattern does not stay.",
            most="*",
            parts=(ExtensionPart("flag", "The red flag.", "code", 1, value_set="red-flag"), EXPRESSION),
        ),
    ),
)

VARIABLE = ExtensionPart(
    "variable", "An expression whose name may stand in every expression after it.", "Expression", most="*"
)

EXTENSIONS = (
    Extension(VARIABLE, ("PlanDefinition", "PlanDefinition.action")),
    Extension(RULE, ("PlanDefinition.action",)),
    Extension(SAFETY_ANSWER_CHANGED, ("ClinicalImpression",)),
    Extension(URGENCY, ("ClinicalImpression", FINDING)),
    Extension(CONFIDENCE, (FINDING,)),
    Extension(EVIDENCE, (FINDING, "ClinicalImpression")),
    Extension(CHANGE, ("ClinicalImpression",)),
    Extension(NEXT_STEPS, (FINDING,)),
)
