"""The answers to PHQ-9 item 9 and to the question that follows it, as the texts for clinicians name them."""

from dataclasses import dataclass

from service.fhir.results.impression.clinician_text import ClinicianText
from service.fhir.results.submission import SourceResponse
from service.screening.advice.advice import SELF_HARM
from service.screening.instruments.edition_translation import NOT_ASKED
from service.screening.rules.scores import Number
from service.screening.rules.urgency import Urgency


@dataclass(frozen=True)
class SelfHarmAnswers:
    """The answers in one response. ``value`` is None if item 9 has no answer.

    ``safe_now``: the answer ``yes``, ``no`` or ``unsure``; ``blank`` if it was left open, ``not-asked`` if the form did
    not show the question. ``points``: the sum of the items answered. ``declined``: item 9 was declined; ``asked``: the
    form showed it, and the sender does not say otherwise.
    """

    value: Number | None
    wording: str
    safe_now: str
    points: Number
    declined: bool = False
    asked: bool = True


def self_harm_answers(source: SourceResponse, text: ClinicianText) -> SelfHarmAnswers:
    """Returns the answers in a response to the instrument that contains item 9."""
    question, sheet = text.words.self_harm.question, source.sheet
    weights = text.knowledge.rules.instruments[source.instrument_name].scores[0].weights
    codes = sheet.chosen.get(question)
    answered = [(link_id, code) for link_id in weights for code in sheet.chosen.get(link_id, ())]
    points = sum(weights[link_id][code] for link_id, code in answered)
    if not codes:
        declined = sheet.absent.get(question) in text.declined_reasons
        asked = sheet.asked.get(question) is not False and sheet.absent.get(question) != NOT_ASKED
        return SelfHarmAnswers(None, "", safe_now_answer(source, text), points, declined, asked)
    code = next(iter(codes))
    wording = sheet.instrument.by_link_id[question].option_of[code].display or code
    return SelfHarmAnswers(weights[question][code], wording, safe_now_answer(source, text), points)


def safe_now_answer(source: SourceResponse, text: ClinicianText) -> str:
    """Returns the answer to the question that follows item 9, or why there is none."""
    link_id, sheet = text.words.self_harm.safe_now, source.sheet
    chosen = sheet.chosen.get(link_id, frozenset())
    if chosen:
        # Of an answer that says two things, the option that comes last in the form: "yes" is the first.
        last = [code for code in sheet.instrument.by_link_id[link_id].option_of if code in chosen][-1]
        return last.removeprefix(f"{link_id}.")
    return "blank" if sheet.is_open(link_id) else "not-asked"


def last_self_harm_answers(text: ClinicianText) -> SelfHarmAnswers | None:
    """Returns the answers in the newest response to that instrument; None if there is no such response."""
    source = last_self_harm_source(text)
    return None if source is None else self_harm_answers(source, text)


def last_self_harm_source(text: ClinicianText) -> SourceResponse | None:
    """Returns the newest response to that instrument; None if there is no such response."""
    name = text.words.self_harm.instrument
    sources = [source for source in text.submission.sources.values() if source.instrument_name == name]
    return max(sources, key=lambda source: source.order_time) if len(sources) > 1 else next(iter(sources), None)


def is_item_9_zero(source: SourceResponse, text: ClinicianText) -> bool:
    """Returns whether item 9 was answered in a response, with the value 0."""
    question, rules = text.words.self_harm.question, text.knowledge.rules.instruments[source.instrument_name]
    codes = source.sheet.chosen.get(question)
    if not codes:
        return False
    return rules.scores[0].weights[question][next(iter(codes))] == 0


def self_harm_source(text: ClinicianText) -> SourceResponse | None:
    """Returns the newest of the responses that raise the flag for self-harm at its highest level; None if none do."""
    raised = text.raised_by(SELF_HARM)
    highest = max((flag.level for _, flag in raised), default=Urgency.NONE)
    sources = [source for source, flag in raised if flag.level is highest]
    return max(sources, key=lambda source: source.order_time) if sources else None


def self_harm_phrase(value: Number | None, safe_now: str, text: ClinicianText) -> str:
    """Returns the name of the flag with the answers; "yes" to the question that follows is not named."""
    message = text.messages.message
    if safe_now in ("yes", "not-asked"):
        return message("summary", "self-harm", value=value)
    safe = text.messages.sentences["safe-now"][safe_now]
    return message("summary", "self-harm-and-safety", value=value, safe=safe)
