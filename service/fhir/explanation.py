"""One act explained on a page of plain text: findings, why, next steps, sources, and what the patient reads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from textwrap import fill

from service.fhir.acts import Act
from service.fhir.impressions import newest_judged, summary
from service.fhir.notes import notes
from service.fhir.publisher import Publisher
from service.fhir.words import Words
from service.screening.advice import PatientAdvice, Step, Voices, for_patient
from service.screening.cards import in_order
from service.screening.case import Reason
from service.screening.flags import Flag
from service.screening.patterns import Reported

WIDTH = 100


def explanation(act: Act, publisher: Publisher) -> str:
    """The whole page. Unlike the record it names medicines and procedures too, for the clinician to weigh."""
    page = Page(act, publisher)
    return "\n".join(page.lines())


@dataclass
class Page:
    """The page being written; ``cited`` gathers the facts that it rests on, in the order of their coming."""

    act: Act
    publisher: Publisher
    words: Words = field(init=False)
    cited: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.words = Words(self.act, self.publisher.lexicon)

    def lines(self) -> Iterator[str]:
        """Every line: for the clinician first, then what the patient reads."""
        yield from wrapped(summary(self.act, self.publisher.rules, self.words))
        yield from self.section("flags", self.flags())
        yield from self.section("patterns", self.patterns())
        yield from self.section("scores", self.scores())
        yield from self.section("notes", self.listed(notes(self.act, self.words, self.publisher.approved_by)))
        yield from self.section("sources", self.sources())
        told = for_patient(self.act.assessment, self.publisher.advice)
        yield from self.section("patient", self.patient(told))

    def say(self, key: str, **names: object) -> str:
        return self.publisher.lexicon.say("explain", key, **names)

    def section(self, key: str, lines: Iterable[str]) -> Iterator[str]:
        """A heading with what stands below it; nothing when nothing does."""
        held = list(lines)
        if held:
            heading = self.say(key)
            yield from ("", heading, "-" * len(heading), *held)

    def cite(self, facts: Iterable[str]) -> str:
        """The facts by their ids, to be written out among the sources."""
        facts = list(facts)
        self.cited.update(dict.fromkeys(facts))
        return self.publisher.lexicon.cite(facts)

    def flags(self) -> Iterator[str]:
        """Each red flag with the answers that raised it."""
        for code, flag in self.act.assessment.raised.items():
            yield from wrapped(
                self.say("flag", flag=self.words.flag_name(code), urgency=self.words.urgency(flag.level)), 0
            )
            yield from self.raised_by(code)
            yield from wrapped(self.words.left_open(flag.open_questions).strip(), 4)
            yield from self.next_steps(self.publisher.advice.flags[code])

    def raised_by(self, code: str) -> Iterator[str]:
        for part, own in self.words.sources(code):
            reasons = self.words.reasons(own.reasons)
            yield from wrapped(self.words.basis("reasons-of", date=part.day, reasons=reasons), 4)
            yield from wrapped(self.say("rests-on", facts=self.cite(own.rule.facts)), 4)

    def patterns(self) -> Iterator[str]:
        """Each pattern with its gate and every line that counted."""
        for item in in_order(self.act.assessment.patterns.reported):
            yield from wrapped(self.pattern_heading(item), 0)
            yield from wrapped(self.say("gate", reasons=self.words.reasons(item.gate_reasons)), 4)
            yield from self.evidence(item)
            yield from wrapped((self.words.nature(item) + self.words.left_open(item.open_questions)).strip(), 4)
            yield from self.next_steps(self.publisher.advice.patterns[item.pattern.id])

    def pattern_heading(self, item: Reported) -> str:
        own = self.publisher.lexicon.wording["confidence"]
        names = {"pattern": self.words.pattern_name(item.pattern.id), "confidence": own[item.confidence.code]}
        limits = ", ".join(self.words.basis("band", confidence=own[b.code], low=low) for b, low in item.pattern.bands)
        heading = self.say("pattern", **names, urgency=self.words.urgency(item.urgency))
        return f"{heading} {self.say('score', score=item.score, bands=limits)}" if limits else heading

    def evidence(self, item: Reported) -> Iterator[str]:
        for entry in item.evidence:
            reasons = self.words.reasons(entry.reasons) or self.words.basis("always")
            line = self.say(
                "line", weight=f"{entry.line.weight:+d}", reasons=reasons, facts=self.cite(entry.line.facts)
            )
            yield from wrapped(line, 4, 8)
        if not item.evidence and item.pattern.facts:
            yield from wrapped(self.say("rests-on", facts=self.cite(item.pattern.facts)), 4)

    def next_steps(self, voices: Voices) -> Iterator[str]:
        """What a clinician may do next, step by step."""
        yield from wrapped(self.say("next", comment=voices.clinician), 4)
        for step in voices.steps:
            yield from wrapped(self.step(step), 6, 8)
        yield ""

    def step(self, step: Step) -> str:
        key = "step" if step.for_record else "step-outside"
        return self.say(key, step=step.text, facts=self.cite(step.facts))

    def scores(self) -> Iterator[str]:
        """Each score with its band and the facts behind its bands."""
        for judged in newest_judged(self.act):
            for score in judged.scores:
                text = self.words.score(score, self.words.newest[judged.instrument])
                yield from wrapped(f"{text}. {self.say('rests-on', facts=self.cite(score.rule.facts))}", 0, 4)

    def sources(self) -> Iterator[str]:
        """Every fact cited above, under the section of the document where it stands."""
        lexicon = self.publisher.lexicon
        places: dict[str, list[str]] = {}
        for id in sorted(self.cited):
            places.setdefault(lexicon.source(lexicon.facts[id]), []).append(id)
        for place, ids in places.items():
            yield from wrapped(place)
            for id in ids:
                yield from wrapped(self.say("fact", fact=id, statement=lexicon.facts[id].statement), 4, 12)

    def listed(self, texts: Iterable[str]) -> Iterator[str]:
        for text in texts:
            yield from wrapped(text, 0, 4)

    def patient(self, told: PatientAdvice) -> Iterator[str]:
        """What the patient reads, word for word, in its order."""
        for text in (*told.help, *told.act):
            yield from (*wrapped(text), "")
        for warned in told.warnings:
            yield from wrapped(f"{warned.text} {self.told(warned.flags)}".strip(), 2)
        for name, how_sure in told.patterns:
            yield from wrapped(self.say("patient-pattern", pattern=name, confidence=how_sure), 2)
        for text in told.tips:
            yield from wrapped(self.say("tip", tip=text), 2, 4)
        for text in told.always:
            yield from ("", *wrapped(text))

    def told(self, flags: Iterable[Flag]) -> str:
        """The answers behind a warning, in the words of the form."""
        reasons: dict[Reason, None] = {}
        for flag in flags:
            for _, own in self.words.sources(flag.rule.code):
                reasons.update(dict.fromkeys(own.reasons))
        given = [self.words.reason(reason) for reason in reasons if reason.kind == "answer"]
        return self.publisher.advice.levels["told"].format(answers="; ".join(given)) if given else ""


def wrapped(text: str, indent: int = 0, hanging: int | None = None) -> list[str]:
    """A paragraph in lines of readable length; none for an empty one."""
    first, rest = " " * indent, " " * (indent if hanging is None else hanging)
    lines = fill(text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False)
    return lines.split("\n") if text else []
