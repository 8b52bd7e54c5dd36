"""One submission as plain text: summary, page of the patient, what changed, findings with their reasons, sources."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from textwrap import fill

from service.fhir.results.impression.change_note import change_notes
from service.fhir.results.impression.clinician_text import ClinicianText
from service.fhir.results.impression.counterfactual_text import (
    counterfactual_sentences,
    flag_changes,
    pattern_changes,
)
from service.fhir.results.impression.notes import notes_on_answers
from service.fhir.results.impression.patient_text import page_of_submission
from service.fhir.results.impression.summary import newest_results, summary
from service.fhir.results.knowledge_base import KnowledgeBase
from service.fhir.results.submission import Submission
from service.screening.advice.advice import FindingAdvice, Step
from service.screening.advice.patient_advice import PatientBlock, PatientLine
from service.screening.advice.pattern_groups import display_order
from service.screening.rules.analysis.counterfactuals import Counterfactuals
from service.screening.rules.patterns import ReportedPattern
from service.screening.rules.urgency import Urgency

WIDTH = 100


def explanation(submission: Submission, knowledge: KnowledgeBase) -> str:
    """Returns the page. Unlike the record it names medicines and procedures too, for the clinician to consider."""
    page = ExplanationPage(ClinicianText(submission, knowledge))
    return "\n".join(page.lines())


@dataclass
class ExplanationPage:
    """A page being written. ``cited`` collects the ids of the facts cited, in order; its values mean nothing."""

    text: ClinicianText
    cited: dict[str, None] = field(default_factory=dict)

    @property
    def knowledge(self) -> KnowledgeBase:
        """The knowledge that the page is written with."""
        return self.text.knowledge

    @property
    def submission(self) -> Submission:
        """The submission explained."""
        return self.text.submission

    def lines(self) -> Iterator[str]:
        """Yields every line: the summary, the page of the patient, what changed, then the reasons."""
        yield from wrap_text(summary(self.text))
        yield from self.section("patient", self.patient_lines())
        yield from self.section("change", self.change_lines())
        yield from self.section("flags", self.flag_lines())
        yield from self.section("patterns", self.pattern_lines())
        yield from self.section("scores", self.score_lines())
        yield from self.section("notes", self.note_lines())
        yield from self.section("sources", self.source_lines())

    def say(self, key: str, **names: object) -> str:
        """Returns a sentence of the part ``explain``."""
        return self.knowledge.messages.message("explain", key, **names)

    def section(self, key: str, lines: Iterable[str]) -> Iterator[str]:
        """Yields a heading and its lines; nothing if there are no lines."""
        body = list(lines)
        if body:
            heading = self.say(key)
            yield from ("", heading, "-" * len(heading), *body)

    def cite(self, facts: Iterable[str]) -> str:
        """Returns the citations of facts, and remembers the facts for the section of sources."""
        facts = list(facts)
        self.cited.update(dict.fromkeys(facts))
        return self.knowledge.facts.cite_facts(facts)

    def flag_lines(self) -> Iterator[str]:
        """Yields each red flag with the answers that raised it."""
        text = self.text
        for code, flag in self.submission.assessment.raised.items():
            yield from wrap_text(self.say("flag", flag=text.flag_name(code), urgency=text.urgency(flag.level)), 0)
            yield from self.raised_by_lines(code)
            yield from wrap_text(text.open_text(flag.open_questions).strip(), 4)
            yield from self.next_step_lines(self.knowledge.advice.flags[code], flag.level)

    def raised_by_lines(self, code: str) -> Iterator[str]:
        """Yields the answers of each response that raised a flag, and the facts of the rule."""
        for source, flag in self.text.raised_by(code):
            reasons = self.text.reasons_text(flag.reasons)
            yield from wrap_text(self.text.basis("reasons-of", date=source.day, reasons=reasons), 4)
            yield from wrap_text(self.say("rests-on", facts=self.cite(flag.facts)), 4)
            yield from self.counterfactual_lines(flag_changes(source, flag, self.text))

    def counterfactual_lines(self, changes: Counterfactuals) -> Iterator[str]:
        """Yields the changes of answers by which a finding would fall."""
        for sentence in counterfactual_sentences(changes, self.text):
            yield from wrap_text(sentence, 4, 8)

    def pattern_lines(self) -> Iterator[str]:
        """Yields each pattern with its gate and every line that is true."""
        text = self.text
        for reported in display_order(self.submission.assessment.patterns.reported):
            yield from wrap_text(self.pattern_heading(reported), 0)
            yield from wrap_text(self.say("gate", reasons=text.reasons_text(reported.gate_reasons)), 4)
            yield from self.evidence_lines(reported)
            yield from wrap_text((text.nature_text(reported) + text.open_text(reported.open_questions)).strip(), 4)
            yield from self.counterfactual_lines(pattern_changes(reported, text))
            yield from self.next_step_lines(self.knowledge.advice.patterns[reported.pattern.id], reported.urgency)

    def pattern_heading(self, reported: ReportedPattern) -> str:
        """Returns name, confidence and urgency of a pattern, with its score and bands if it has bands."""
        text = self.text
        names = {"pattern": text.pattern_name(reported.pattern.id), "confidence": text.confidence(reported.confidence)}
        heading, bands = self.say("pattern", **names, urgency=text.urgency(reported.urgency)), text.bands_text(reported)
        return f"{heading} {self.say('score', score=reported.score, bands=bands)}" if bands else heading

    def evidence_lines(self, reported: ReportedPattern) -> Iterator[str]:
        """Yields the lines of evidence of a pattern; without evidence the facts of the pattern itself."""
        for evidence in reported.evidence:
            weight, facts = f"{evidence.line.weight:+d}", self.cite(evidence.facts)
            reasons = self.text.line_reasons_text(evidence)
            if reasons:
                yield from wrap_text(self.say("line", weight=weight, reasons=reasons, facts=facts), 4, 8)
            else:
                yield from wrap_text(self.say("line-without-reasons", weight=weight, facts=facts), 4, 8)
        if not reported.evidence and reported.facts:
            yield from wrap_text(self.say("rests-on", facts=self.cite(reported.facts)), 4)

    def next_step_lines(self, advice: FindingAdvice, level: Urgency) -> Iterator[str]:
        """Yields the next steps for the clinician at a level."""
        yield from wrap_text(self.say("next", comment=advice.clinician[level]), 4)
        for step in advice.steps_at(level):
            yield from wrap_text(self.step_text(step), 6, 8)
        yield ""

    def step_text(self, step: Step) -> str:
        """Returns one step with its facts."""
        key = "step" if step.for_record else "step-outside"
        return self.say(key, step=step.text, facts=self.cite(step.facts))

    def score_lines(self) -> Iterator[str]:
        """Yields each score with its band and the facts behind its bands."""
        for results in newest_results(self.submission):
            for score in results.scores:
                text = self.text.score_text(score, self.text.newest[results.instrument])
                yield from wrap_text(f"{text}. {self.say('rests-on', facts=self.cite(score.rule.facts))}", 0, 4)

    def note_lines(self) -> Iterator[str]:
        """Yields the notes of the impression but that on the change."""
        for note in notes_on_answers(self.text):
            yield from wrap_text(note, 0, 4)

    def change_lines(self) -> Iterator[str]:
        """Yields what changed since the visit before, and the open Tasks."""
        for note in change_notes(self.text):
            yield from wrap_text(note, 0, 4)

    def source_lines(self) -> Iterator[str]:
        """Yields every fact cited above, below the section of its document."""
        facts = self.knowledge.facts
        by_source: dict[str, list[str]] = {}
        for id in sorted(self.cited):
            by_source.setdefault(facts.fact_source(facts.by_id[id]), []).append(id)
        for source, ids in by_source.items():
            yield from wrap_text(source)
            for id in ids:
                yield from wrap_text(self.say("fact", fact=id, statement=facts.by_id[id].statement), 4, 12)

    def patient_lines(self) -> Iterator[str]:
        """Yields the page of the patient, word for word, in its order."""
        page = page_of_submission(self.submission, self.knowledge)
        for number, block in enumerate(page.blocks):
            if number:
                yield ""
            yield from self.block_lines(block)

    def block_lines(self, block: PatientBlock) -> Iterator[str]:
        """Yields one block of the page of the patient."""
        yield from wrap_text(f"{block.heading}:" if block.heading else "")
        indent = 2 if block.heading else 0
        for line in block.lines:
            yield from wrap_text(line.text, indent)
            yield from wrap_text(self.told_text(line), indent + 2)
            for entry in line.entries:
                yield from wrap_text(self.say("entry", entry=entry), indent + 2, indent + 4)

    def told_text(self, line: PatientLine) -> str:
        """Returns the answers behind a line as the questionnaire words them; an empty string if there are none."""
        answers = self.text.reasons_text(line.told)
        return self.knowledge.advice.page["told"].format(answers=answers) if answers else ""


def wrap_text(text: str, indent: int = 0, hanging: int | None = None) -> list[str]:
    """Returns a paragraph in lines of at most WIDTH characters; no line for an empty paragraph.

    ``hanging``: the indent of all lines but the first, if it differs.
    """
    first, rest = " " * indent, " " * (indent if hanging is None else hanging)
    lines = fill(text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False)
    return lines.split("\n") if text else []
