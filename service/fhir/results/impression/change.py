"""What changed since the impression before: flags, level, totals, the answer about self-harm; compared, not judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal

from service.fhir.r4.types import Resource
from service.fhir.results.impression.clinician_text import ClinicianText
from service.fhir.results.impression.phrases.self_harm_answers import SelfHarmAnswers, last_self_harm_answers
from service.fhir.results.submission import SourceResponse, Submission, reference_type
from service.screening.advice.clinician_words import ScoreScheme
from service.screening.rules.scores import Number, Score, number_of_score
from service.screening.rules.urgency import Urgency

# Why two totals cannot be compared; keys of the wording.
NotComparable = Literal["other-edition", "other-language", "other-mode", "no-total"]
COMPLETION_MODE = "http://hl7.org/fhir/StructureDefinition/questionnaireresponse-completionMode"
Flags = frozenset[tuple[str, Urgency]]


@dataclass(frozen=True)
class ScoreChange:
    """The total of one instrument in two submissions. ``why_not``: why they cannot be compared, or None."""

    instrument: str
    old: Score
    new: Score
    why_not: NotComparable | None
    scheme: ScoreScheme | None

    @property
    def difference(self) -> Number | None:
        """The new total minus the old one; None without one of them."""
        if self.old.total is None or self.new.total is None:
            return None
        return number_of_score(Decimal(self.new.total) - Decimal(self.old.total))

    @property
    def verdict(self) -> str | None:
        """The words of the scheme; None if the totals cannot be compared or there is no scheme."""
        if self.why_not is not None or self.scheme is None or self.difference is None:
            return None
        return self.scheme.verdict(self.difference)


@dataclass(frozen=True)
class Change:
    """A submission compared with an earlier one."""

    text: ClinicianText
    earlier: ClinicianText

    @property
    def new_flags(self) -> Flags:
        """The flags with their levels that the earlier submission did not raise."""
        return raised_levels(self.text.submission) - raised_levels(self.earlier.submission)

    @property
    def gone_flags(self) -> Flags:
        """The flags with their levels that only the earlier submission raised."""
        return raised_levels(self.earlier.submission) - raised_levels(self.text.submission)

    @property
    def levels(self) -> tuple[Urgency, Urgency]:
        """The old level and the new one."""
        return self.earlier.submission.assessment.urgency, self.text.submission.assessment.urgency

    @cached_property
    def scores(self) -> Mapping[str, ScoreChange]:
        """By instrument, the totals of two different responses."""
        found = {name: score_change(name, self.text, self.earlier) for name in self.text.words.scores}
        return {name: change for name, change in found.items() if change is not None}

    @cached_property
    def self_harm(self) -> tuple[SelfHarmAnswers, SelfHarmAnswers] | None:
        """The old and the new answers, if item 9 was asked in both and its value differs."""
        old, new = last_self_harm_answers(self.earlier), last_self_harm_answers(self.text)
        return None if old is None or new is None or old.value == new.value else (old, new)


def change_of(text: ClinicianText) -> Change | None:
    """Returns the comparison with the impression before; None for the first impression."""
    earlier = text.submission.earlier
    return None if earlier is None else Change(text, ClinicianText(earlier, text.knowledge))


def raised_levels(submission: Submission) -> Flags:
    """Returns the raised flags with their levels."""
    return frozenset((code, flag.level) for code, flag in submission.assessment.raised.items())


def score_change(name: str, text: ClinicianText, earlier: ClinicianText) -> ScoreChange | None:
    """Returns the change of one total; None if both submissions do not have different responses."""
    new, old = text.newest.get(name), earlier.newest.get(name)
    if new is None or old is None or new.id == old.id:
        return None
    scores = earlier.submission.results_of(old.id).scores[0], text.submission.results_of(new.id).scores[0]
    if scores[0].total is None and scores[1].total is None:
        return None
    scheme_name = text.knowledge.change_scheme or text.words.change.default
    scheme = text.words.change.scheme_of(scheme_name, name)
    return ScoreChange(name, *scores, why_not_comparable(old, new, *scores), scheme)


def why_not_comparable(old: SourceResponse, new: SourceResponse, *scores: Score) -> NotComparable | None:
    """Returns why the totals of two responses cannot be compared; None if they can."""
    if differs(edition_of(old.resource), edition_of(new.resource)):
        return "other-edition"
    if differs_where_known(old.resource.get("language"), new.resource.get("language")):
        return "other-language"
    if any(differs_where_known(*pair) for pair in zip(mode_of(old), mode_of(new), strict=True)):
        return "other-mode"
    return "no-total" if any(score.total is None for score in scores) else None


def differs_where_known(old: object, new: object) -> bool:
    """True if both are known and differ."""
    return old is not None and new is not None and old != new


def edition_of(resource: Resource) -> tuple[str, str | None]:
    """Returns url and version of the questionnaire; the version is None if the response does not name it."""
    url, _, version = str(resource.get("questionnaire", "")).partition("|")
    return url, version or None


def differs(old: tuple[str, str | None], new: tuple[str, str | None]) -> bool:
    """True if two responses answer different editions, as far as they name them."""
    return old[0] != new[0] or differs_where_known(old[1], new[1])


def mode_of(source: SourceResponse) -> tuple[frozenset[str] | None, bool | None, bool | None]:
    """Returns the codes of the completion mode, and whether source and author are the patient; each None if unknown."""
    resource = source.resource
    return completion_mode(resource), is_patient(resource, "source"), is_patient(resource, "author")


def completion_mode(resource: Resource) -> frozenset[str] | None:
    """Returns the codes of the extension questionnaireresponse-completionMode; None if it is absent."""
    for extension in resource.get("extension", ()):
        if extension.get("url") == COMPLETION_MODE:
            codings = extension.get("valueCodeableConcept", {}).get("coding", ())
            return frozenset(str(coding.get("code")) for coding in codings) or None
    return None


def is_patient(resource: Resource, role: str) -> bool | None:
    """Returns whether ``source`` or ``author`` is the patient; None if the element is absent."""
    reference = resource.get(role)
    return None if not reference else reference_type(reference) == "Patient"
