"""Task.description: what the person who is called reads first."""

from collections.abc import Iterator

from service.fhir.results.impression.clinician_text import ClinicianText
from service.fhir.results.impression.phrases.flag_phrases import (
    SAFETY,
    flag_phrase,
    open_safety_phrase,
    open_safety_phrases,
)
from service.fhir.results.impression.phrases.self_harm_answers import self_harm_answers
from service.fhir.results.impression.phrases.two_readings import two_readings_sentences
from service.fhir.results.impression.summary import score_phrase
from service.fhir.results.origin.who_answered import answered_by, is_from_patient
from service.fhir.results.submission import SourceResponse
from service.screening.advice.advice import SELF_HARM
from service.screening.rules.red_flags import Flag
from service.screening.rules.urgency import Urgency


def task_description(flag: Flag, text: ClinicianText) -> str:
    """Returns the level and the flag, by whom and when it was answered, and which answers say two things."""
    return " ".join([*sentences_of_task(flag, text), *two_readings_sentences(text, text.submission.own_ids)])


def raising_sources(flag: Flag, text: ClinicianText) -> list[SourceResponse]:
    """Returns the responses of the submission itself that raise a flag: those of its level, the newest last."""
    own = [(source, each) for source, each in text.raised_by(flag.rule.code) if source.id in text.submission.own_ids]
    return sorted((source for source, each in own if each.level is flag.level), key=lambda source: source.order_time)


def contact_source(flag: Flag, text: ClinicianText) -> SourceResponse | None:
    """Returns the response whose answer or open question about self-harm calls a person; None if none does."""
    if flag.kind == SELF_HARM:
        return raising_sources(flag, text)[-1]
    question = text.words.self_harm.question
    opened = (
        source
        for source, own in text.raised_by(flag.rule.code)
        if source.id in text.submission.own_ids and any(reason.subject == question for reason in own.reasons)
    )
    return next(opened, None) if flag.kind == SAFETY else None


def sentences_of_task(flag: Flag, text: ClinicianText) -> Iterator[str]:
    """Yields the sentence about self-harm, or that item 9 was left open; then one for what else the flag names."""
    contact, names = contact_source(flag, text), flag_names_of(flag, text)
    if contact is not None:
        yield contact_sentence(flag, contact, text)
        said = open_safety_phrase(text.words.self_harm.question, contact, text)
        names = [] if flag.kind == SELF_HARM else [name for name in names if name != said]
    if names:
        flags, who = "; ".join(dict.fromkeys(names)), who_text(flag, text)
        yield text.messages.message("task", "description", level=level_heading(flag.level, text), flags=flags, who=who)


def who_text(flag: Flag, text: ClinicianText) -> str:
    """Returns who answered the responses that raise the flag."""
    told = (answered_by(source, text.messages) for source in raising_sources(flag, text))
    return "; ".join(dict.fromkeys(told))


def flag_names_of(flag: Flag, text: ClinicianText) -> list[str]:
    """Returns the short name of a flag; of open safety questions one name each, none for what another flag says."""
    if flag.kind != SAFETY:
        return [flag_phrase(flag, text)]
    raised = text.raised_by(flag.rule.code)
    return [phrase for source, own in raised for phrase in open_safety_phrases(own, source, text)]


def level_heading(level: Urgency, text: ClinicianText) -> str:
    """Returns a level as a Task says it."""
    if level is Urgency.EMERGENCY:
        return text.messages.message("task", "now")
    return text.messages.sentences["level-short"][level.code]


def contact_sentence(flag: Flag, source: SourceResponse, text: ClinicianText) -> str:
    """Returns the sentence about the answer to item 9, or about item 9 left open."""
    answers, message = self_harm_answers(source, text), text.messages.message
    level = level_heading(flag.level, text)
    names = {"level": level, "scores": scores_text(text), "answered": answered_text(source, text)}
    if flag.kind != SELF_HARM:
        phrase = open_safety_phrase(text.words.self_harm.question, source, text)
        return message("task", "item-9-open", flag=phrase, **names)
    safe = text.messages.sentences["safe-now"][answers.safe_now]
    names |= {"value": str(answers.value), "wording": answers.wording, "safe": safe}
    return message("task", "self-harm", **names)


def scores_text(text: ClinicianText) -> str:
    """Returns the totals as a sentence with a space after it; an empty string if there are none."""
    sources = [text.newest[name] for name in text.words.scores if name in text.newest]
    plain = ClinicianText(text.submission.alone, text.knowledge)
    phrases = [score_phrase(score, s, plain) for s in sources for score in text.submission.results_of(s.id).scores]
    return text.messages.message("task", "scores", scores=", ".join(phrases)) if phrases else ""


def answered_text(source: SourceResponse, text: ClinicianText) -> str:
    """Returns when the questions were answered, as the sender wrote it; and by whom, if not by the patient alone."""
    time = time_text(source, text)
    if is_from_patient(source):
        return time
    return text.messages.message("task", "by", answered=time, who=answered_by(source, text.messages))


def time_text(source: SourceResponse, text: ClinicianText) -> str:
    """Returns the time of answering."""
    authored = source.response.authored
    if authored is None:
        return text.messages.message("task", "unknown-time")
    if not authored.is_instant:
        return source.day
    date, _, time = authored.text.partition("T")
    return text.messages.message("task", "at", date=date, time=time)
