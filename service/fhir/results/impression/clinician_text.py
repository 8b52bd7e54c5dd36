"""Flags, patterns and scores as text for clinicians, made from the sentences in mappings/wording.yaml."""

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property, lru_cache

from service.fhir.ids import BASE
from service.fhir.results.knowledge_base import KnowledgeBase
from service.fhir.results.score_observations import missing_text
from service.fhir.results.submission import SourceResponse, Submission
from service.screening.instruments.instrument import Item
from service.screening.rules.case import Reason
from service.screening.rules.conditions import Always
from service.screening.rules.patterns import Confidence, Evidence, ReportedPattern
from service.screening.rules.red_flags import Flag
from service.screening.rules.scores import Score
from service.screening.rules.urgency import Urgency


@lru_cache(4096)
def question_name(item: Item) -> str:
    """Returns the short name of a question: the display of our code for it, or if absent the text of the question.

    The cache serves "leg pain, full: from bytes to the bytes of the Bundle" of `make bench`.
    """
    own = next((code.display for code in item.code if (code.system or "").startswith(BASE)), None)
    return own or item.text


def option_names(item: Item, codes: Iterable[str]) -> str:
    """Returns the displays of options, separated by commas."""
    return ", ".join(item.option_of[code].display or code for code in codes)


@lru_cache(16_384)
def answer_text(sentence: str, item: Item, codes: tuple[str, ...]) -> str:
    """Returns a question with its answers.

    The text depends on the questionnaire alone and many results contain it: the cache serves "leg pain, full: assess
    and compose" of `make bench`.
    """
    return sentence.format(question=question_name(item), answers=option_names(item, codes))


class ClinicianText:
    """The texts about one submission.

    ``messages`` are the sentences that the texts are made from; ``words`` the short names, and which of them are shown.
    ``newest`` are the responses that give scores and patterns, by instrument.
    """

    def __init__(self, submission: Submission, knowledge: KnowledgeBase) -> None:
        self.submission = submission
        self.knowledge = knowledge
        self.messages = knowledge.messages
        self.words = knowledge.words
        self.newest = {name: submission.sources[id] for name, id in submission.assessment.newest.items()}

    @cached_property
    def items(self) -> dict[str, Item]:
        """Every item of the instruments answered, by linkId."""
        forms = [source.sheet.instrument.by_link_id for source in self.submission.sources.values()]
        if len(forms) == 1:
            return forms[0]
        return {link_id: item for form in forms for link_id, item in form.items()}

    def is_declined(self, link_id: str) -> bool:
        """True if the question was declined wherever it has no answer."""
        sheets = [source.sheet for source in self.submission.sources.values() if source.sheet.is_open(link_id)]
        return bool(sheets) and all(sheet.absent.get(link_id) in self.declined_reasons for sheet in sheets)

    @cached_property
    def declined_reasons(self) -> Collection[str]:
        """The codes of the data-absent-reasons that mean that the question was declined."""
        reasons: Collection[str] = self.knowledge.codes.bindings["declined"]
        return reasons

    def basis(self, key: str, **names: object) -> str:
        """Returns a sentence of the part ``basis``."""
        return self.messages.message("basis", key, **names)

    def urgency(self, level: Urgency) -> str:
        """Returns an urgency in words."""
        return self.messages.sentences["urgency"][level.code]

    def confidence(self, confidence: Confidence) -> str:
        """Returns a confidence in words."""
        return self.messages.sentences["confidence"][confidence.code]

    def flag_name(self, code: str) -> str:
        """Returns the display of a red flag."""
        return self.knowledge.codes.displays["red-flag"][code]

    def pattern_name(self, id: str) -> str:
        """Returns the display of a pattern."""
        return self.knowledge.codes.displays["pattern"][id]

    def pattern_short_name(self, id: str) -> str:
        """Returns the name of a pattern in the summary."""
        return self.knowledge.advice.patterns[id].summary_name

    def question_short_name(self, link_id: str) -> str:
        """Returns the name of a question in the summary."""
        return self.words.questions.get(link_id) or self.subject_name(link_id)

    def subject_name(self, key: str) -> str:
        """Returns the name of the subject of a reason or open question: a question, a flag or a score."""
        if key in self.items:
            return question_name(self.items[key])
        displays = self.knowledge.codes.displays
        return displays["red-flag"].get(key) or displays["assessment"].get(key) or key

    def subject_names(self, keys: Iterable[str]) -> str:
        """Returns several names, each once, separated by commas."""
        return ", ".join(dict.fromkeys(self.subject_name(key) for key in keys))

    def reason_text(self, reason: Reason) -> str:
        """Returns one reason: an answer, an open question, a score, an age or a flag."""
        if reason.kind in ("answer", "open"):
            kind = "declined" if reason.kind == "open" and self.is_declined(reason.subject) else reason.kind
            sentence = self.messages.sentences["basis"][kind]
            return answer_text(sentence, self.items[reason.subject], reason.values)
        if reason.kind == "flag":
            return self.basis("flag-up", flag=self.flag_name(reason.subject))
        return self.basis(reason.kind, score=self.subject_name(reason.subject), value="".join(reason.values))

    def reasons_text(self, reasons: Iterable[Reason]) -> str:
        """Returns several reasons, each text once."""
        return "; ".join(dict.fromkeys([self.reason_text(reason) for reason in reasons]))

    def raised_by(self, code: str) -> Sequence[tuple[SourceResponse, Flag]]:
        """Returns the responses that raised a flag, each with the flag at its own level and with its own reasons."""
        return self.raising.get(code, ())

    @cached_property
    def raising(self) -> dict[str, list[tuple[SourceResponse, Flag]]]:
        """The responses that raised each flag, by its code."""
        found: dict[str, list[tuple[SourceResponse, Flag]]] = {}
        for id, results in self.submission.assessment.responses.items():
            for flag in results.flags.raised:
                found.setdefault(flag.rule.code, []).append((self.submission.sources[id], flag))
        return found

    def flag_text(self, flag: Flag) -> str:
        """Returns the level, the answers with their dates, and the facts that the rule is based on."""
        raised = self.raised_by(flag.rule.code)
        reasons = ". ".join(
            [
                self.basis("reasons-of", date=source.day, reasons=self.reasons_text(own.reasons))
                for source, own in raised
                if own.reasons
            ]
        )
        names = {"urgency": self.urgency(flag.level)}
        names["facts"] = self.knowledge.facts.cite_facts([fact for _, own in raised for fact in own.facts])
        text = self.basis("flag", reasons=reasons, **names) if reasons else self.basis("flag-without-reasons", **names)
        return text + self.open_text(flag.open_questions)

    def open_text(self, questions: Sequence[str]) -> str:
        """Returns the open and the declined questions, with a space before; an empty string if there are none."""
        if not questions:
            return ""
        declined = {question: self.is_declined(question) for question in questions}
        left_open = self.subject_names(question for question in declined if not declined[question])
        others = self.subject_names(question for question in declined if declined[question])
        texts = (("unjudged", left_open), ("unjudged-declined", others))
        return "".join(f" {self.basis(key, questions=names)}" for key, names in texts if names)

    def pattern_text(self, reported: ReportedPattern) -> str:
        """Returns the score, the band, and every line of evidence with its weight, answers and facts."""
        text = self.confidence_text(reported) + self.nature_text(reported)
        return text + self.open_text(reported.open_questions)

    def confidence_text(self, reported: ReportedPattern) -> str:
        """Returns the confidence of a pattern and the evidence for it: an umbrella's band, a gate, or a score."""
        pattern, band = reported.pattern, self.confidence(reported.confidence)
        if pattern.band_of is not None:
            facts, umbrella = self.knowledge.facts.cite_facts(reported.facts), self.pattern_name(pattern.band_of)
            return self.gated_text("pattern-of-umbrella", reported, confidence=band, umbrella=umbrella, facts=facts)
        lines = "; ".join([self.line_text(line) for line in reported.evidence])
        if pattern.danger:
            return self.gated_text("pattern-danger", reported, score=reported.score, lines=lines)
        bands = self.bands_text(reported)
        return self.basis("pattern", score=reported.score, confidence=band, bands=bands, lines=lines)

    def gated_text(self, key: str, reported: ReportedPattern, **names: object) -> str:
        """Returns a sentence with the reasons of the gate, or the one for a gate without any (EX-75)."""
        gate = self.reasons_text(reported.gate_reasons)
        return self.basis(key, gate=gate, **names) if gate else self.basis(f"{key}-without-gate", **names)

    def bands_text(self, reported: ReportedPattern) -> str:
        """Returns the bands of a pattern, each with its lowest score; an empty string if it has none."""
        bands = reported.pattern.bands
        return ", ".join([self.basis("band", confidence=self.confidence(band), low=low) for band, low in bands])

    def line_text(self, evidence: Evidence) -> str:
        """Returns one line of evidence with its weight, answers and facts."""
        weight, facts = f"{evidence.line.weight:+d}", self.knowledge.facts.cite_facts(evidence.facts)
        reasons = self.line_reasons_text(evidence)
        if not reasons:
            return self.basis("line-without-reasons", weight=weight, facts=facts)
        return self.basis("line", weight=weight, reasons=reasons, facts=facts)

    def line_reasons_text(self, evidence: Evidence) -> str:
        """Returns why a line is true; an empty string if only because of options that were not chosen (EX-75)."""
        if isinstance(evidence.line.when, Always):
            return self.basis("always")
        return self.reasons_text(evidence.reasons)

    def nature_text(self, reported: ReportedPattern) -> str:
        """Returns that a mood pattern may add to another cause, or is only a link; else an empty string."""
        if reported.adds_to_bodily:
            return f" {self.basis('adds')}"
        return f" {self.basis('link')}" if reported.pattern.wording == "link" else ""

    def score_text(self, score: Score, source: SourceResponse) -> str:
        """Returns a score with its band and date, or the number of items that are open."""
        rule = score.rule
        if score.total is None:
            return missing_text("basis", score, self.knowledge, score=rule.title, date=source.day)
        names = {"total": score.total, "highest": rule.highest, "band": self.band_text(score), "date": source.day}
        return self.basis("score-total", score=rule.title, **names)

    def band_text(self, score: Score) -> str:
        """Returns the band of a total; without one, that the age or the sex which decides is not known."""
        if score.band is None:
            return self.basis("band-unknown")
        band = self.knowledge.codes.displays["severity"][score.band].lower()
        if score.missing:
            return self.basis("prorated", band=band, missing=len(score.missing))
        return band
