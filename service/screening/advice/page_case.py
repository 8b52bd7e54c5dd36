"""Facts about an assessment that decide the content of the patient's page."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from service.screening.advice.advice import SELF_HARM, Advice, PageCondition
from service.screening.kleene import Truth
from service.screening.rules.assessment import Assessment
from service.screening.rules.case import Reason
from service.screening.rules.red_flags import Flag
from service.screening.rules.urgency import Urgency


@dataclass(frozen=True)
class EarlierTask:
    """A Task of an earlier act that no person has closed. ``date``: of the answers, such as "2026-11-01"."""

    date: str
    level: Urgency
    about_self_harm: bool


@dataclass(frozen=True)
class PageCase:
    """An assessment with the open Tasks of earlier acts, read for the page of the patient."""

    assessment: Assessment
    advice: Advice
    open_tasks: Collection[EarlierTask] = ()

    def holds(self, condition: PageCondition) -> Truth:
        """Returns whether a condition is true on the newest answers."""
        return self.advice.conditions[condition].evaluate(self.assessment.case)

    @cached_property
    def level(self) -> Urgency:
        """The level of the response."""
        return self.assessment.urgency

    @cached_property
    def self_harm(self) -> Flag | None:
        """The red flag of item 9 above 0."""
        return next((flag for flag in self.assessment.raised.values() if flag.kind == SELF_HARM), None)

    @cached_property
    def others(self) -> list[Flag]:
        """All red flags but that of item 9."""
        return [flag for flag in self.assessment.raised.values() if flag.kind != SELF_HARM]

    @cached_property
    def legs_level(self) -> Urgency:
        """The highest level of a bodily red flag or of a pattern."""
        flags = [flag.level for flag in self.others if flag.kind == "bodily"]
        return max([*flags, *(item.urgency for item in self.assessment.patterns.reported)], default=Urgency.NONE)

    @cached_property
    def is_emergency(self) -> bool:
        """True if the body needs help now: the page opens with the line for it."""
        return self.legs_level is Urgency.EMERGENCY

    @cached_property
    def self_harm_now(self) -> bool:
        """True if item 9 asks for help now."""
        return self.self_harm is not None and self.self_harm.level is Urgency.EMERGENCY

    @cached_property
    def reason_level(self) -> Urgency:
        """The level whose flags are the reasons: that of the response, or of the legs beside help against self-harm."""
        return self.legs_level if self.self_harm and self.legs_level >= Urgency.SAME_DAY else self.level

    @cached_property
    def self_harm_open(self) -> bool:
        """True if item 9 was left open."""
        return any(self.leaves_item_open(flag) for flag in self.own_flags("safety"))

    @cached_property
    def opens_with_question(self) -> bool:
        """True if item 9 was left open and the answered items make it urgent, so that block 1 asks for it."""
        flags = self.own_flags("safety")
        urgent = any(self.leaves_item_open(flag) and flag.level >= Urgency.SAME_DAY for flag in flags)
        return urgent and self.self_harm is None

    @cached_property
    def has_legs(self) -> bool:
        """True if leg questions were asked."""
        return self.holds("legs-asked") is True

    @cached_property
    def legs_reported(self) -> bool:
        """True if leg questions were asked and the patient did not say that the legs are well."""
        return self.has_legs and self.holds("legs") is not False

    @cached_property
    def most_left_open(self) -> bool:
        """True if the flag is up whose sentence is in place of the line that asks for a visit."""
        return self.advice.reasons.instead_of_visit in self.assessment.raised

    @cached_property
    def help_with_mood(self) -> bool:
        """True if scores are high."""
        return self.advice.reasons.with_help in self.assessment.raised

    def own_flags(self, kind: str) -> list[Flag]:
        """Returns the flags of one kind as each response raised them."""
        responses = self.assessment.responses.values()
        return [flag for response in responses for flag in response.flags.raised if flag.kind == kind]

    def leaves_item_open(self, flag: Flag) -> bool:
        """True if the flag is up because item 9 was left open."""
        return self.advice.self_harm_item in open_questions_in(flag.reasons)

    def other_question_open(self) -> bool:
        """True if a safety question other than item 9 was left open."""
        subjects = {link for flag in self.own_flags("safety") for link in open_questions_in(flag.reasons)}
        return bool(subjects - {self.advice.self_harm_item})

    def answers_behind(self, flag: Flag) -> tuple[Reason, ...]:
        """Returns the answers that raised a flag to its level, over all responses."""
        own = [other for other in self.own_flags(flag.kind) if other.rule.code == flag.rule.code]
        return answers_in(reason for other in own if other.level == flag.level for reason in other.reasons)


def open_questions_in(reasons: Iterable[Reason]) -> set[str]:
    """Returns the linkIds of the questions that were left open."""
    return {reason.subject for reason in reasons if reason.kind == "open"}


def answers_in(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Returns the reasons that are answers, each once."""
    return tuple(dict.fromkeys(reason for reason in reasons if reason.kind == "answer"))
