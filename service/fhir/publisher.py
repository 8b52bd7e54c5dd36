"""What every resource of results is written with: rules, advice, words, and the settings that show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from service.fhir.lexicon import Lexicon
from service.fhir.next_steps import NextSteps, next_steps
from service.screening.advice import Advice
from service.screening.assessment import RuleSet


@dataclass(frozen=True)
class Publisher:
    """``profiles`` by resource type are claimed in meta, because the server is known to hold them."""

    rules: RuleSet
    advice: Advice
    lexicon: Lexicon
    version: str
    approved_by: str | None = None
    profiles: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def flag_steps(self) -> Mapping[str, NextSteps]:
        """What a clinician may do next about each flag."""
        return {code: next_steps(voices, self.lexicon) for code, voices in self.advice.flags.items()}

    @cached_property
    def pattern_steps(self) -> Mapping[str, NextSteps]:
        """What a clinician may do next about each pattern."""
        return {id: next_steps(voices, self.lexicon) for id, voices in self.advice.patterns.items()}
