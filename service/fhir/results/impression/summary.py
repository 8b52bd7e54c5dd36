"""The `summary` of the ClinicalImpression: one paragraph, the level first, then open Tasks, flags, patterns, scores.

https://hl7.org/fhir/R4/clinicalimpression-definitions.html#ClinicalImpression.summary
"""

from collections.abc import Iterator
from typing import NamedTuple

from service.fhir.results.impression.change import ScoreChange, change_of
from service.fhir.results.impression.clinician_text import ClinicianText
from service.fhir.results.impression.phrases.flag_phrases import flag_phrases, task_flag_names
from service.fhir.results.impression.phrases.open_questions import (
    by_openness,
    join_names,
    questions_that_decide,
    short_title,
    single_names,
)
from service.fhir.results.impression.phrases.pattern_phrases import pattern_phrases
from service.fhir.results.impression.phrases.self_harm_answers import is_item_9_zero, last_self_harm_source
from service.fhir.results.impression.phrases.two_readings import two_readings_sentences
from service.fhir.results.impression.safety_changes import safety_change_sentences, safety_changes
from service.fhir.results.score_observations import missing_text
from service.fhir.results.submission import SourceResponse, Submission
from service.fhir.results.tasks.earlier_tasks import OpenTask
from service.screening.advice.advice import SELF_HARM
from service.screening.advice.clinician_words import Ticked
from service.screening.instruments.answer_sheet import AnswerSheet
from service.screening.rules.assessment import ResponseResults
from service.screening.rules.case import key_of_option
from service.screening.rules.scores import Score
from service.screening.rules.urgency import Urgency


class Shown(NamedTuple):
    """How many names of each kind the summary lists."""

    patterns: int
    soon: int
    questions: int
    tasks: int
    urgent: int


def summary(text: ClinicianText) -> str:
    """Returns the summary, at most as long as allowed: first patterns, then flags of level soon are left out."""
    at_most = text.words.at_most
    shown = Shown(at_most.patterns, at_most.flags, at_most.questions, len(text.submission.open_tasks), at_most.flags)
    written = written_summary(text, shown)
    for name, least in (("patterns", 0), ("soon", 0), ("questions", 0), ("tasks", 1), ("urgent", 1)):
        for count in range(getattr(shown, name) - 1, least - 1, -1):
            if len(written) <= at_most.characters:
                return written
            shown = shown._replace(**{name: count})
            written = written_summary(text, shown)
    return written


def written_summary(text: ClinicianText, shown: Shown) -> str:
    """Returns the summary with so many names."""
    return " ".join(summary_sentences(text, shown))


def summary_sentences(text: ClinicianText, shown: Shown) -> Iterator[str]:
    """Yields the sentences of the summary in their order."""
    yield from task_sentences(text, shown.tasks)
    yield head_sentence(text)
    yield from flag_sentences(text, shown)
    yield from two_readings_sentences(text, text.submission.sources)
    yield from safety_change_sentences(safety_changes(text.submission, text.knowledge))
    if text.submission.is_partial:
        yield text.messages.message("summary", "early")
    else:
        yield pattern_sentence(text, shown.patterns)
        yield from score_sentences(text)
    yield from open_sentences(text, shown.questions)
    yield from item_9_sentences(text)


def task_sentences(text: ClinicianText, at_most: int) -> Iterator[str]:
    """Yields a sentence for each open Task of an earlier submission."""
    tasks = text.submission.open_tasks
    for task in tasks[:at_most]:
        yield task_sentence_of(task, text)
    if len(tasks) > at_most:
        yield f"{text.messages.message('summary', 'only-more', count=len(tasks) - at_most)}."


def task_sentence_of(task: OpenTask, text: ClinicianText) -> str:
    """Returns the sentence about one open Task; overdue after the end of its period."""
    is_overdue = task.end is not None and text.submission.now > task.end
    names = {
        "level": text.messages.sentences["level-short"][task.level.code],
        "date": task.date,
        "flags": task_flag_names(task, text, "summary"),
    }
    return text.messages.message("summary", "overdue-task" if is_overdue else "open-task", **names)


def head_sentence(text: ClinicianText) -> str:
    """Returns the level of the response, who answered, and when."""
    message, day = text.messages.message, text.submission.day
    about, level = list(about_patient(text)), level_text(text)
    if not text.submission.open_tasks:
        return message("summary", "head", level=level, about=", ".join([*about, answered_phrase(text)]))
    if not about:
        return message("summary", "head-after-task-bare", date=day, level=level)
    return message("summary", "head-after-task", date=day, level=level, about=", ".join(about))


def answered_phrase(text: ClinicianText) -> str:
    """Returns when the newest answers were given, or that this is not known."""
    newest = text.submission.newest_source
    if newest.response.authored is None:
        return text.messages.message("summary", "unknown-time")
    return text.messages.message("summary", "answered", date=text.submission.day)


def level_text(text: ClinicianText) -> str:
    """Returns the level, and that a pattern set it if no flag has it."""
    assessment = text.submission.assessment
    level = text.messages.sentences["level-head"][assessment.urgency.code]
    if assessment.urgency is Urgency.NONE or any(f.level is assessment.urgency for f in assessment.raised.values()):
        return level
    return text.messages.message("summary", "by-pattern", level=level)


def about_patient(text: ClinicianText) -> Iterator[str]:
    """Yields age and sex as far as known, and the answers that a clinician wants to know first."""
    person = " ".join(part for part in (age_text(text), sex_text(text)) if part)
    if person:
        yield person
    sources = text.newest.values() or text.submission.sources.values()
    sheets = [source.sheet for source in sources]
    for each in text.words.ticked:
        for sheet in sheets:
            if each.question in sheet.chosen and is_chosen(each, sheet):
                yield each.name
                break


def is_chosen(ticked: Ticked, sheet: AnswerSheet) -> bool:
    """True if the answer is among those to its question."""
    codes = sheet.chosen.get(ticked.question)
    if not codes:
        return False
    wanted = key_of_option(ticked.question, ticked.answer)
    return any(key_of_option(ticked.question, code) == wanted for code in codes)


def age_text(text: ClinicianText) -> str:
    """Returns the age in years; an empty string if it is not known."""
    age = text.submission.assessment.case.age
    if age is None:
        return ""
    if age.low == age.high:
        return str(age.low)
    return text.messages.message("summary", "age-range", low=age.low, high=age.high)


def sex_text(text: ClinicianText) -> str:
    """Returns ``Patient.gender``; an empty string if it is not known."""
    gender = text.submission.gender
    return text.messages.message("summary", gender) if gender in ("female", "male", "other") else ""


def flag_sentences(text: ClinicianText, shown: Shown) -> Iterator[str]:
    """Yields the flags of each level; those of level routine only if that is the level of the response."""
    routine = text.submission.assessment.urgency is Urgency.ROUTINE
    for level, phrases in flag_phrases(text).items():
        if level > Urgency.ROUTINE or routine:
            names = join_names(phrases, shown.urgent if level > Urgency.SOON else shown.soon, text, "; ")
            heading = text.messages.sentences["level-flags"][level.code]
            yield text.messages.message("summary", "flags", level=heading, flags=names)


def pattern_sentence(text: ClinicianText, at_most: int) -> str:
    """Returns the patterns reported, or why there are none."""
    assessment, message = text.submission.assessment, text.messages.message
    if assessment.minor:
        return message("summary", "minor", **{"adult-age": text.knowledge.rules.adult_age})
    if not assessment.patterns_evaluated:
        return message("summary", "no-legs")
    phrases = pattern_phrases(text)
    if not phrases:
        return message("summary", "no-complaint" if has_no_complaint(text) else "no-pattern")
    return message("summary", "patterns", patterns=join_names(phrases, at_most, text, "; "))


def has_no_complaint(text: ClinicianText) -> bool:
    """True if the patient answered that nothing is wrong with the legs."""
    _, question, answer = text.words.no_complaint
    wanted = key_of_option(question, answer)
    chosen = (source.sheet.chosen.get(question, ()) for source in text.newest.values())
    return any(key_of_option(question, code) == wanted for codes in chosen for code in codes)


def score_sentences(text: ClinicianText) -> Iterator[str]:
    """Yields one sentence with every score."""
    named = (text.newest[name] for name in text.words.scores if name in text.newest)
    phrases = [score_phrase(score, s, text) for s in named for score in text.submission.results_of(s.id).scores]
    if phrases:
        yield text.messages.message("summary", "scores", scores=", ".join(phrases))


def score_phrase(score: Score, source: SourceResponse, text: ClinicianText) -> str:
    """Returns a total with its band, its change, and its date if that is another one; or how many items are open."""
    message, title = text.messages.message, short_title(score.rule)
    if score.total is None:
        return missing_text("summary", score, text.knowledge, score=title)
    notes = [text.band_text(score)]
    change = change_of(text)
    if change is not None and source.instrument_name in change.scores:
        notes.append(change_phrase(change.scores[source.instrument_name], text))
    if source.day != text.submission.day:
        notes.append(message("summary", "answered", date=source.day))
    return message("summary", "score", score=title, total=score.total, notes=", ".join(notes))


def change_phrase(change: ScoreChange, text: ClinicianText) -> str:
    """Returns the difference of the totals, or why they cannot be compared."""
    if change.why_not is not None:
        why = text.messages.sentences["change"][change.why_not]
        return text.messages.message("summary", "not-comparable", why=why)
    return f"{change.difference:+}" if change.difference else "0"


def open_sentences(text: ClinicianText, at_most: int) -> Iterator[str]:
    """Yields the questions left open that decide: the safety questions, then at most so many others."""
    deciding = questions_that_decide(text)
    for key, link_ids in by_openness(deciding, text).items() if deciding else ():
        first = [link_id for link_id in link_ids if link_id in text.words.safety_questions]
        if link_ids:
            shown = join_names(single_names(link_ids, text), len(first) + at_most, text)
            yield text.messages.message("summary", key, questions=shown)


def item_9_sentences(text: ClinicianText) -> Iterator[str]:
    """Yields a sentence where self-harm was denied: "not endorsed", never "no risk" (EX-50)."""
    if SELF_HARM in text.submission.assessment.raised:
        return
    source = last_self_harm_source(text)
    if source is not None and is_item_9_zero(source, text):
        yield text.messages.message("summary", "item-9-zero")


def newest_results(submission: Submission) -> list[ResponseResults]:
    """Returns the results of the newest response of each instrument."""
    return [submission.results_of(id) for id in submission.assessment.newest.values()]
