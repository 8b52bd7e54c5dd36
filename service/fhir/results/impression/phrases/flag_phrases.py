"""The red flags in the summary: short names by level, without those that only repeat others."""

from collections.abc import Iterable, Iterator
from typing import Literal

from service.fhir.results.impression.clinician_text import ClinicianText
from service.fhir.results.impression.phrases.self_harm_answers import (
    self_harm_answers,
    self_harm_phrase,
    self_harm_source,
)
from service.fhir.results.submission import SourceResponse
from service.fhir.results.tasks.earlier_tasks import OpenTask
from service.screening.advice.advice import SELF_HARM
from service.screening.rules.red_flags import Flag
from service.screening.rules.urgency import Urgency

SAFETY = "safety"
Part = Literal["summary", "change"]


def flag_phrases(text: ClinicianText) -> dict[Urgency, list[str]]:
    """Returns the names of the flags by level, the highest level first."""
    phrases: dict[Urgency, list[str]] = {}
    for flag in sorted(named_flags(text), key=lambda flag: text.words.flag_order(flag.rule.code)):
        for level, phrase in phrases_of(flag, text):
            phrases.setdefault(level, []).append(phrase)
    return {level: list(dict.fromkeys(phrases[level])) for level in sorted(phrases, reverse=True)}


def named_flags(text: ClinicianText) -> list[Flag]:
    """Returns the raised flags without those that say the same as others of their level or of a higher one."""
    raised, quiet = list(text.submission.assessment.raised.values()), text.words.said_otherwise
    loudest = max((flag.level for flag in raised if flag.rule.code not in quiet), default=Urgency.NONE)
    kept = [flag for flag in raised if flag.rule.code not in quiet or flag.level > loudest]
    # Of two flags about the same totals the higher one is enough.
    moods = [flag.level for flag in kept if flag.kind == "mood"]
    return [flag for flag in kept if flag.kind != "mood" or flag.level == max(moods)]


def phrases_of(flag: Flag, text: ClinicianText) -> Iterator[tuple[Urgency, str]]:
    """Yields the names of one flag, each with its level: an open safety question has a name of its own."""
    if flag.kind == SAFETY:
        for source, own in text.raised_by(flag.rule.code):
            for phrase in open_safety_phrases(own, source, text):
                yield own.level, with_dates(phrase, [source.day], text)
        return
    days = [source.day for source, own in text.raised_by(flag.rule.code) if own.level == flag.level]
    yield flag.level, with_dates(flag_phrase(flag, text), days, text)


def flag_phrase(flag: Flag, text: ClinicianText) -> str:
    """Returns the short name of a flag at its level; that of the flag for self-harm contains the answers."""
    source = self_harm_source(text) if flag.kind == SELF_HARM else None
    if source is not None:
        answers = self_harm_answers(source, text)
        return self_harm_phrase(answers.value, answers.safe_now, text)
    return short_name(flag.rule.code, flag.level, text)


def short_name(code: str, level: Urgency, text: ClinicianText) -> str:
    """Returns the short name of a flag at a level, or its display if it has none."""
    return text.words.flag_name(code, level) or text.flag_name(code)


def open_safety_phrases(flag: Flag, source: SourceResponse, text: ClinicianText) -> list[str]:
    """Returns a name for each safety question that was left open; the flag for self-harm names its own already."""
    words, named = text.words, text.submission.assessment.raised
    opened = {reason.subject for reason in flag.reasons if reason.kind == "open"}
    if SELF_HARM in named:
        opened -= {words.self_harm.safe_now}
    return [open_safety_phrase(question, source, text) for question in words.safety_questions if question in opened]


def open_safety_phrase(question: str, source: SourceResponse, text: ClinicianText) -> str:
    """Returns the name of one safety question that was left open or declined."""
    message = text.messages.message
    if question == text.words.self_harm.question:
        answers = self_harm_answers(source, text)
        return message("summary", "item-9-declined" if answers.declined else "item-9-open", points=answers.points)
    declined = source.sheet.absent.get(question) in text.declined_reasons
    key = "safety-declined" if declined else "safety-open"
    return message("summary", key, question=text.question_short_name(question))


def with_dates(phrase: str, days: Iterable[str], text: ClinicianText) -> str:
    """Returns the name with the days of answering that differ from that of the submission."""
    others = [day for day in dict.fromkeys(days) if day != text.submission.day]
    if not others or text.submission.day in days:
        return phrase
    return text.messages.message("summary", "flag-dated", flag=phrase, dates=", ".join(others))


def task_flag_names(task: OpenTask, text: ClinicianText, part: Part) -> str:
    """Returns the flags of an earlier Task, as the ``summary`` or, in brackets, the note on ``change`` has them."""
    return "; ".join(task_flag_name(code, level, task, text, part) for code, level in task.flags)


def task_flag_name(code: str, level: Urgency, task: OpenTask, text: ClinicianText, part: Part) -> str:
    """Returns the name of one flag of an earlier Task."""
    message = text.messages.message
    if code == SELF_HARM and task.item_9 is not None:
        if part == "change":
            return message("change", "self-harm", value=task.item_9)
        return self_harm_phrase(task.item_9, task.safe_now, text)
    if task.points is not None and text.words.flag_name(code, level) is None:
        if part == "change":
            return message("change", "item-9-declined" if task.declined else "item-9-question")
        return message("summary", "item-9-declined" if task.declined else "item-9-open", points=task.points)
    return short_name(code, level, text)
