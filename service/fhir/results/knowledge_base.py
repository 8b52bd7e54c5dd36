"""The knowledge that results are written with: rules, advice, codes, facts, messages; and who answers for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import cached_property

from service.fhir.results.impression.next_steps import NextSteps, make_next_steps
from service.fhir.results.result_options import AgeGroup, ScoreValue
from service.fhir.terminology.code_systems import CodeSystems
from service.fhir.terminology.facts import FactIndex
from service.fhir.terminology.messages import Messages
from service.screening.advice.advice import Advice, FindingAdvice
from service.screening.advice.clinician_words import ClinicianWords
from service.screening.advice.contacts import Contacts
from service.screening.rules.assessment import RuleSet
from service.screening.rules.scores import ScoreRule
from service.screening.rules.urgency import Urgency

# By red flag code or pattern id, then by level.
StepsByLevel = Mapping[str, Mapping[Urgency, NextSteps]]


@dataclass(frozen=True)
class KnowledgeBase:
    """Everything that results depend on besides the responses.

    ``version``: of this software. ``approved_by``: the clinician who signed off the rules, if one did.
    ``words``: the names in the summary. ``time_zone``: of the site. ``change_scheme``: the name of the scheme by which
    totals are compared; None means the default of summary.yaml.
    ``profiles``: by resource type, the canonical url that ``meta.profile`` of that type must contain.
    ``contacts``: the numbers that patients may call. ``score_value``: the type of totals. ``quality_codes``: write
    screenings for quality measures, for this group if the age is not known; None: do not write them.
    ``asserter_labels``: label answers and results with who asserts them.
    ``organization``: reference to the operator of this software. ``flag_steps`` by red flag code and level and
    ``pattern_steps`` by pattern id are built here, at start, so that the first request need not build them.
    """

    rules: RuleSet
    advice: Advice
    codes: CodeSystems
    facts: FactIndex
    messages: Messages
    version: str
    approved_by: str | None = None
    profiles: Mapping[str, str] = field(default_factory=dict)
    words: ClinicianWords = field(kw_only=True)
    time_zone: tzinfo = UTC
    change_scheme: str | None = None
    contacts: Contacts = field(default_factory=Contacts)
    organization: str | None = None
    score_value: ScoreValue = "quantity"
    quality_codes: AgeGroup | None = None
    asserter_labels: bool = False
    flag_steps: StepsByLevel = field(init=False)
    pattern_steps: StepsByLevel = field(init=False)

    def __post_init__(self) -> None:
        # A frozen dataclass can set its derived fields in this way only.
        object.__setattr__(self, "flag_steps", self.steps_of(self.advice.flags))
        object.__setattr__(self, "pattern_steps", self.steps_of(self.advice.patterns))

    @cached_property
    def named_scores(self) -> tuple[ScoreRule, ...]:
        """The rules of the scores in the order in which they are named."""
        return tuple(rule for name in self.words.scores for rule in self.rules.instruments[name].scores)

    @cached_property
    def score_rule_of(self) -> Mapping[str, ScoreRule]:
        """The rule of the score that an item is part of, by its linkId; of several the one that is named first."""
        return {link_id: rule for rule in reversed(self.named_scores) for link_id in rule.summands}

    def steps_of(self, findings: Mapping[str, FindingAdvice]) -> StepsByLevel:
        """Returns the next steps for each flag or pattern at each level."""
        return {
            name: {level: make_next_steps(advice, level, self.facts, self.messages) for level in advice.clinician}
            for name, advice in findings.items()
        }
