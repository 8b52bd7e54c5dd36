"""Flags, patterns and scores in words for a clinician, made from the sentences in mappings/."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from service.fhir.acts import Act, Part
from service.fhir.ids import BASE
from service.fhir.lexicon import Lexicon
from service.screening.case import Reason
from service.screening.flags import Flag
from service.screening.instrument import Item
from service.screening.patterns import Evidence, Reported
from service.screening.scores import Score
from service.screening.urgency import Urgency


def question_name(item: Item) -> str:
    """A short name of a question: of ours the display of its code, of a published instrument its wording."""
    own = next((code.display for code in item.code if (code.system or "").startswith(BASE)), None)
    return own or item.text


def option_names(item: Item, codes: Iterable[str]) -> str:
    """The options in the words of the questionnaire."""
    return ", ".join(item.option_of[code].display or code for code in codes)


@lru_cache(16_384)
def answer_in_words(sentence: str, item: Item, codes: tuple[str, ...]) -> str:
    """A question with its answers. Depends on the questionnaire alone, and comes up again and again."""
    return sentence.format(question=question_name(item), answers=option_names(item, codes))


@dataclass(frozen=True)
class Words:
    """One act in words."""

    act: Act
    lexicon: Lexicon

    @cached_property
    def newest(self) -> dict[str, Part]:
        """The responses that feed scores and patterns, by instrument."""
        return {name: self.act.parts[id] for name, id in self.act.assessment.newest.items()}

    @cached_property
    def items(self) -> dict[str, Item]:
        """Every item of the responses drawn on, by linkId."""
        sheets = (part.sheet for part in self.act.parts.values())
        return {link_id: item for sheet in sheets for link_id, item in sheet.instrument.by_link_id.items()}

    def basis(self, key: str, **names: object) -> str:
        return self.lexicon.say("basis", key, **names)

    def urgency(self, level: Urgency) -> str:
        return self.lexicon.wording["urgency"][level.code]

    def flag_name(self, code: str) -> str:
        return self.lexicon.displays["red-flag"][code]

    def pattern_name(self, id: str) -> str:
        return self.lexicon.displays["pattern"][id]

    def name(self, key: str) -> str:
        """What something open or unknown is called: a question, the age, a flag, a score."""
        if key in self.items:
            return question_name(self.items[key])
        if key == "age":
            return self.lexicon.wording["note"]["no-age"]
        displays = self.lexicon.displays
        return displays["red-flag"].get(key) or displays["assessment"].get(key) or key

    def names(self, keys: Iterable[str]) -> str:
        return ", ".join(dict.fromkeys(self.name(key) for key in keys))

    def reason(self, reason: Reason) -> str:
        """One reason: an answer, an open question, a score, an age or a flag."""
        if reason.kind in ("answer", "open"):
            sentence = self.lexicon.wording["basis"][reason.kind]
            return answer_in_words(sentence, self.items[reason.subject], reason.values)
        if reason.kind == "flag":
            return self.basis("flag-up", flag=self.flag_name(reason.subject))
        return self.basis(reason.kind, score=self.name(reason.subject), value="".join(reason.values))

    def reasons(self, reasons: Iterable[Reason]) -> str:
        return "; ".join(dict.fromkeys([self.reason(reason) for reason in reasons]))

    def sources(self, code: str) -> list[tuple[Part, Flag]]:
        """The responses that raised a flag, each with its own level and reasons."""
        return [
            (self.act.parts[id], flag)
            for id, judged in self.act.assessment.responses.items()
            for flag in judged.flags.raised
            if flag.rule.code == code
        ]

    def flag(self, flag: Flag) -> str:
        """Level, the answers with their dates, and the facts that the rule rests on."""
        sources = self.sources(flag.rule.code)
        said = (self.basis("reasons-of", date=part.day, reasons=self.reasons(own.reasons)) for part, own in sources)
        facts = self.lexicon.cite(fact for _, own in sources for fact in own.rule.facts)
        text = self.basis("flag", urgency=self.urgency(flag.level), reasons=". ".join(said), facts=facts)
        return text + self.left_open(flag.open_questions)

    def left_open(self, questions: Iterable[str]) -> str:
        """What was left open and so not counted; empty when nothing was."""
        names = self.names(questions)
        return f" {self.basis('unjudged', questions=names)}" if names else ""

    def pattern(self, item: Reported) -> str:
        """Score, band, and every line that counted with its weight, answers and facts."""
        return self.pattern_standing(item) + self.nature(item) + self.left_open(item.open_questions)

    def pattern_standing(self, item: Reported) -> str:
        pattern, own = item.pattern, self.lexicon.wording["confidence"]
        band = own[item.confidence.code]
        if pattern.band_of is not None:
            facts, umbrella = self.lexicon.cite(pattern.facts), self.pattern_name(pattern.band_of)
            gate = self.reasons(item.gate_reasons)
            return self.basis("pattern-of-umbrella", confidence=band, umbrella=umbrella, gate=gate, facts=facts)
        lines = "; ".join([self.line(entry) for entry in item.evidence])
        if pattern.danger:
            gate = self.reasons(item.gate_reasons)
            return self.basis("pattern-danger", score=item.score, gate=gate, lines=lines)
        limits = ", ".join([self.basis("band", confidence=own[b.code], low=low) for b, low in pattern.bands])
        return self.basis("pattern", score=item.score, confidence=band, bands=limits, lines=lines)

    def line(self, entry: Evidence) -> str:
        reasons = self.reasons(entry.reasons) or self.lexicon.wording["basis"]["always"]
        facts = self.lexicon.cite(entry.line.facts)
        return self.basis("line", weight=f"{entry.line.weight:+d}", reasons=reasons, facts=facts)

    def nature(self, item: Reported) -> str:
        """That a mood pattern may be adding to another cause, or is a link."""
        if item.adds_to_bodily:
            return f" {self.basis('adds')}"
        return f" {self.basis('link')}" if item.pattern.wording == "link" else ""

    def dates(self, code: str) -> str:
        """The days on which the answers behind a flag were given."""
        return ", ".join(dict.fromkeys(part.day for part, _ in self.sources(code)))

    def flags_by_level(self) -> Mapping[Urgency, list[str]]:
        """The flags in words with their dates, by level, the highest first."""
        found: dict[Urgency, list[str]] = {}
        for code, flag in self.act.assessment.raised.items():
            text = self.lexicon.say("summary", "flag", flag=self.flag_name(code), dates=self.dates(code))
            found.setdefault(flag.level, []).append(text)
        return found

    def score(self, score: Score, part: Part) -> str:
        """A score with its band and date, or how much of it is open."""
        rule = score.rule
        if score.total is None or score.band is None:
            missing, items = len(score.missing), len(rule.summands)
            return self.lexicon.say(
                "summary", "score-open", score=rule.title, date=part.day, missing=missing, items=items
            )
        band = self.lexicon.displays["severity"][score.band].lower()
        names = {"total": score.total, "highest": rule.highest, "band": band, "date": part.day}
        return self.lexicon.say("summary", "score", score=rule.title, **names)
