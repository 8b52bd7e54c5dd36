"""The page of the patient, in the order of section 11.7 of the knowledge base.

It is never a diagnosis and never an all-clear.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

from service.screening.advice.advice import Advice, BlockName, CallEntry, PageText, Precaution, Tip
from service.screening.advice.contacts import Contacts, contact_words
from service.screening.advice.page_case import EarlierTask, PageCase, answers_in
from service.screening.advice.patient_advice import PatientAdvice, PatientBlock, PatientLine, without_repetition
from service.screening.advice.pattern_groups import PatternGroup, group_patterns
from service.screening.rules.assessment import Assessment
from service.screening.rules.case import Reason
from service.screening.rules.red_flags import Flag
from service.screening.rules.urgency import Urgency


def for_patient(
    assessment: Assessment, advice: Advice, contacts: Contacts, open_tasks: Collection[EarlierTask] = ()
) -> PatientAdvice:
    """Returns the page of a patient. ``open_tasks``: of earlier acts."""
    page = PatientPage(PageCase(assessment, advice, open_tasks), contact_words(advice.numbers, contacts))
    blocks: Iterable[tuple[BlockName, Iterable[PatientLine]]] = (
        ("emergency", page.emergency()),
        ("self-harm", page.self_harm()),
        ("visit", page.visit()),
        ("why", page.why()),
        ("until-then", page.until_then()),
        ("may-be", page.may_be()),
        ("mood", page.mood()),
        ("self-care", page.self_care()),
        ("call-now", page.call_now()),
        ("always", page.always()),
    )
    filled = (PatientBlock(name, advice.headings.get(name, ""), tuple(lines)) for name, lines in blocks)
    return PatientAdvice(assessment.urgency, tuple(block for block in without_repetition(filled) if block.lines))


VISITS: Mapping[Urgency, PageText] = MappingProxyType(
    {Urgency.SAME_DAY: "same-day", Urgency.SOON: "soon", Urgency.ROUTINE: "routine"}
)


@dataclass(frozen=True)
class PatientPage:
    """The blocks of the page of one patient. ``words``: the texts for the names of numbers in braces."""

    case: PageCase
    words: Mapping[str, str]

    @property
    def advice(self) -> Advice:
        """The advice that the page is written with."""
        return self.case.advice

    def line(
        self, text: str, told: tuple[Reason, ...] = (), more: Mapping[str, str] = MappingProxyType({})
    ) -> PatientLine:
        """Returns a line with its names in braces filled in."""
        return PatientLine(text.format_map({**self.words, **more}), told)

    def say(self, *keys: PageText, **more: str) -> PatientLine:
        """Returns texts of the page itself as one line."""
        return self.line(" ".join(self.advice.page[key] for key in keys), more=more)

    def flag_line(self, flag: Flag) -> PatientLine:
        """Returns the sentence for a flag at its level, with the answers behind it."""
        told = self.case.answers_behind(flag)
        given = {code for reason in told for code in reason.values}
        ticked = next((words for code, words in self.advice.ticked_cancer.items() if code in given), "")
        return self.line(self.advice.flags[flag.rule.code].patient[flag.level], told, {"ticked-cancer": ticked})

    def emergency(self) -> Iterator[PatientLine]:
        """Yields the first line of an emergency."""
        case = self.case
        if case.assessment.minor and case.level is Urgency.EMERGENCY:
            yield self.say("emergency-minor")
        if case.is_emergency:
            yield self.first_line

    @cached_property
    def first_line(self) -> PatientLine:
        """Whether to call or to go; the sentence of its flag if that flag alone is an emergency."""
        urgent = {flag.rule.code: flag for flag in self.case.others if flag.level is Urgency.EMERGENCY}
        reasons = self.advice.reasons
        if set(urgent) == {reasons.first_line} and not self.case.self_harm_now:
            return self.flag_line(urgent[reasons.first_line])
        call = self.case.self_harm_now or not reasons.call.isdisjoint(urgent)
        return self.say("emergency-call" if call else "emergency-go")

    def self_harm(self) -> Iterator[PatientLine]:
        """Yields help for a patient who thinks of self-harm, or the question for it that was left open."""
        case = self.case
        if case.opens_with_question:
            yield self.say("self-harm-open")
        if case.self_harm is None:
            return
        if case.is_emergency:
            stay: tuple[PageText, ...] = ("self-harm-stay-safe",) if case.self_harm_now else ()
            yield self.say("self-harm-beside-emergency", *stay)
        elif case.assessment.minor and not case.self_harm_now:
            yield self.say("self-harm-minor")
        else:
            yield self.line(self.advice.flags[case.self_harm.rule.code].patient[case.self_harm.level])

    def visit(self) -> Iterator[PatientLine]:
        """Yields the open Tasks of earlier acts, then how soon to be seen."""
        yield from self.open_task_lines()
        case = self.case
        if case.is_emergency:
            return
        if case.self_harm is not None:
            yield from self.visit_beside_self_harm()
        elif case.most_left_open:
            yield self.flag_line(case.assessment.raised[self.advice.reasons.instead_of_visit])
        elif case.level is not Urgency.NONE:
            yield self.visit_line(case.level)
        elif not case.open_tasks:
            yield self.say("none")

    def open_task_lines(self) -> Iterator[PatientLine]:
        """Yields a line for each open Task, the highest level first; not what the page says already."""
        for task in sorted(self.case.open_tasks, key=lambda task: (-task.level, task.date)):
            if self.case.is_emergency or (task.about_self_harm and self.case.self_harm is not None):
                continue
            key: PageText = "open-task-self-harm" if task.about_self_harm else "open-task"
            yield self.say(key, date=task.date, when=self.advice.when[task.level])

    def visit_beside_self_harm(self) -> Iterator[PatientLine]:
        """Yields when to be seen for the legs."""
        if self.case.legs_level >= Urgency.SAME_DAY:
            yield self.visit_line(self.case.legs_level)
        elif self.case.legs_reported and not self.case.self_harm_now:
            yield self.say("legs-same-visit")

    def visit_line(self, level: Urgency) -> PatientLine:
        """Returns how soon to be seen, and how."""
        how: tuple[PageText, ...] = ("same-day-how",) if level is Urgency.SAME_DAY else ()
        if self.case.assessment.minor:
            return self.say("minor", *how, when=self.advice.when[level])
        return self.say(VISITS[level], *how)

    def why(self) -> Iterator[PatientLine]:
        """Yields the reasons for the level."""
        for flag in self.reasons:
            if flag.kind == "safety":
                yield from self.open_question_lines()
            else:
                yield self.flag_line(flag)
        for group in self.groups_as_reason:
            gate = answers_in(reason for item in group.items for reason in item.gate_reasons)
            yield self.group_line(group)._replace(told=gate)

    def open_question_lines(self) -> Iterator[PatientLine]:
        """Yields which safety question was left open; item 9 is in block 1 if it is urgent."""
        if self.case.self_harm_open:
            yield self.say("self-harm-open")
        flag = next(flag for flag in self.case.others if flag.kind == "safety")
        if self.case.other_question_open():
            yield self.line(self.advice.flags[flag.rule.code].patient[flag.level])

    @cached_property
    def reasons(self) -> list[Flag]:
        """The flags in block 3: at most so many of those of the level, the most dangerous first."""
        return self.candidates[: self.advice.reasons_at_most]

    @cached_property
    def candidates(self) -> list[Flag]:
        """The flags of the level that can be a reason, in order. Mood is block 6."""
        order, level = self.advice.reasons, self.case.reason_level
        said = {order.instead_of_visit, order.first_line if self.is_first_line(order.first_line) else ""}
        flags = [flag for flag in self.case.others if flag.level == level and flag.kind != "mood"]
        flags = [flag for flag in flags if flag.rule.code not in said]
        strong = [flag for flag in flags if flag.rule.code not in order.only_alone] or flags
        return sorted(strong, key=lambda flag: order.order[flag.rule.code])

    def is_first_line(self, code: str) -> bool:
        """True if the sentence of a flag is the first line of the page."""
        flag = self.case.assessment.raised.get(code)
        return flag is not None and self.case.is_emergency and self.first_line == self.flag_line(flag)

    @cached_property
    def groups_as_reason(self) -> list[PatternGroup]:
        """The first pattern of the level, if no flag has the level."""
        level = self.case.reason_level
        if level is Urgency.NONE or any(flag.level == level for flag in self.case.assessment.raised.values()):
            return []
        return [group for group in self.groups if group.urgency == level][:1]

    def until_then(self) -> Iterator[PatientLine]:
        """Yields what to do and not to do until then."""
        for flag in self.candidates[self.advice.reasons_at_most :]:
            if flag.level in self.advice.flags[flag.rule.code].until_then:
                yield self.line(self.advice.flags[flag.rule.code].until_then[flag.level])
        for precaution in self.advice.precautions:
            if self.applies(precaution):
                yield self.line(precaution.text)

    def applies(self, precaution: Precaution) -> bool:
        """True if a precaution is for this patient."""
        raised = self.case.assessment.raised
        levels = [raised[code].level for code in precaution.flags if code in raised]
        level = max(levels, default=Urgency.NONE) if precaution.flags else self.case.legs_level
        when = precaution.when is None or precaution.when.evaluate(self.case.assessment.case) is True
        return when and level >= precaution.level

    @cached_property
    def groups(self) -> list[PatternGroup]:
        """The families of the patterns reported, in order."""
        return group_patterns(self.case.assessment.patterns.reported, self.advice.patterns)

    def group_line(self, group: PatternGroup) -> PatientLine:
        """Returns the sentence for a family."""
        words = self.advice.patterns[group.lead.pattern.id].patient_words
        return self.line(self.advice.frames.frame(group.lead), more={"words": words})

    def may_be(self) -> Iterator[PatientLine]:
        """Yields what it may be."""
        case = self.case
        if case.level is Urgency.EMERGENCY or not case.legs_reported or not case.assessment.patterns_evaluated:
            return
        open_places = case.holds("many-open") is True
        groups = [group for group in self.groups if group.lead.pattern.danger or not open_places]
        for group in groups[: self.advice.patterns_at_most]:
            if group not in self.groups_as_reason:
                yield self.group_line(group)
        if case.most_left_open:
            return
        if open_places:
            yield self.say("many-open")
        elif not groups:
            yield self.say("no-pattern")

    def mood(self) -> Iterator[PatientLine]:
        """Yields how the patient feels, and item 9 that was left open if nothing above says so."""
        case = self.case
        flag = max((flag for flag in case.others if flag.kind == "mood"), key=lambda flag: flag.level, default=None)
        if flag is not None:
            yield self.line(self.advice.flags[flag.rule.code].patient[flag.level])
        if case.help_with_mood and case.self_harm is None and case.holds("self-harm-denied") is True:
            yield self.say("mood-help")
        if case.self_harm_open and case.self_harm is None:
            yield self.say("self-harm-open")

    def self_care(self) -> list[PatientLine]:
        """Returns the tips; none from the level same-day and beside an open Task."""
        if self.case.level >= Urgency.SAME_DAY or self.case.open_tasks:
            return []
        return [self.line(tip.text) for tip in self.allowed_tips()]

    def allowed_tips(self) -> list[Tip]:
        """Returns the tips for the flags raised and the patterns on the page."""
        assessment = self.case.assessment
        case = replace(assessment.case, reported={item.pattern.id: item for item in assessment.patterns.reported})
        tips = [tip for code in assessment.raised for tip in self.advice.flags[code].tips]
        shown = self.groups[: self.advice.patterns_at_most]
        tips += [tip for group in shown for item in group.items for tip in self.advice.patterns[item.pattern.id].tips]
        allowed = [tip for tip in dict.fromkeys(tips) if tip.unless is None or tip.unless.evaluate(case) is False]
        return allowed[: self.advice.tips_at_most]

    def call_now(self) -> Iterator[PatientLine]:
        """Yields when to call now, and when to be seen the same day."""
        case = self.case
        harm = case.self_harm is not None or case.self_harm_open
        lead, entries = self.say("call-now"), [entry for entry in self.advice.call_now if self.is_entry(entry)]
        if harm or case.help_with_mood or not case.legs_reported:
            entries.sort(key=lambda entry: entry.only_for != "self-harm")
        yield lead._replace(entries=tuple(entry.text for entry in entries))
        if case.level <= Urgency.SOON and case.legs_reported and not harm:
            yield self.say("rash")

    def is_entry(self, entry: CallEntry) -> bool:
        """True if a reason to call is for this patient."""
        if entry.only_for == "legs":
            return self.case.has_legs
        return entry.only_for != "pregnant" or self.case.holds("pregnant") is True

    def always(self) -> Iterator[PatientLine]:
        """Yields that this is no diagnosis, and to ask for help."""
        legs: tuple[PageText, ...] = ("not-examined",) if self.case.has_legs else ()
        yield self.say("no-diagnosis", *legs, "ask-again")
