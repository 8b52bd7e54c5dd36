"""The change since the last impression, as a note and as the extension ``change``."""

from collections.abc import Iterator

from service.fhir.ids import extension_url
from service.fhir.r4.types import Resource
from service.fhir.results.impression.change import Change, Flags, ScoreChange, change_of
from service.fhir.results.impression.clinician_text import ClinicianText
from service.fhir.results.impression.phrases.flag_phrases import short_name, task_flag_names
from service.fhir.results.impression.phrases.open_questions import short_title
from service.fhir.results.impression.phrases.self_harm_answers import SelfHarmAnswers
from service.fhir.results.score_observations import missing_by_reason
from service.fhir.results.tasks.earlier_tasks import OpenTask
from service.screening.rules.scores import Score

# These flags follow from the answer to item 9 and from the totals, which the note compares itself.
SAID_BY_ANSWERS = ("self-harm", "mood")
# The reasons for a missing total that have words of their own.
ABSENT = ("declined", "not-asked")


def change_notes(text: ClinicianText) -> Iterator[str]:
    """Yields the note about the change and about open Tasks; nothing for a first impression without them.

    Where the note would be too long, first the flags and then the Tasks are shortened.
    """
    if text.submission.earlier is None and not text.submission.open_tasks:
        return
    for most in range(text.words.at_most.characters // 10, -1, -1):
        note = change_text(text, most)
        if len(note) <= text.words.at_most.characters or most == 0:
            if note:
                yield note
            return


def change_text(text: ClinicianText, at_most: int) -> str:
    """Returns the note with at most so many flags and Tasks of each kind."""
    change = change_of(text)
    tasks = [task_sentence(task, text) for task in text.submission.open_tasks]
    if len(tasks) > max(1, at_most):
        rest = text.messages.message("summary", "only-more", count=len(tasks) - max(1, at_most))
        tasks = [*tasks[: max(1, at_most)], f"{rest}."]
    if change is None:
        return " ".join(tasks)
    none = text.messages.message("change", "none")
    changes = " ".join(change_sentences(change, at_most)) or none
    since = text.messages.message("change", "since", date=change.earlier.submission.day, changes=changes)
    return " ".join([since, *tasks])


def change_sentences(change: Change, at_most: int) -> Iterator[str]:
    """Yields a sentence about flags and level, about the totals, and about item 9."""
    for parts in (flag_parts(change, at_most), score_parts(change), self_harm_parts(change)):
        sentence = "; ".join(parts)
        if sentence:
            yield f"{sentence}."


def flag_parts(change: Change, at_most: int) -> Iterator[str]:
    """Yields the new flags, the gone flags, and the change of the level."""
    message, text = change.text.messages.message, change.text
    for key, flags in (("flags-new", change.new_flags), ("flags-gone", change.gone_flags)):
        names = flag_names(flags, text)
        if names:
            yield message("change", key, flags=shorten(names, at_most, text))
    old, new = change.levels
    if old is not new:
        short = text.messages.sentences["level-short"]
        yield message("change", "level", old=short[old.code], new=short[new.code])


def shorten(names: list[str], at_most: int, text: ClinicianText) -> str:
    """Returns the first names, and how many more there are."""
    if len(names) <= at_most:
        return ", ".join(names)
    key = "more" if at_most else "only-more"
    shown = {"names": ", ".join(names[:at_most])} if at_most else {}
    return text.messages.message("summary", key, count=len(names) - at_most, **shown)


def flag_names(flags: Flags, text: ClinicianText) -> list[str]:
    """Returns the short names with their levels, the highest level first."""
    kinds = {flag.code: flag.kind for each in text.knowledge.rules.instruments.values() for flag in each.flags}
    named = [(code, level) for code, level in flags if kinds[code] not in SAID_BY_ANSWERS]
    inside = text.messages.sentences["level-inside"]
    return [
        text.messages.message("change", "flag", flag=short_name(code, level, text), level=inside[level.code])
        for code, level in sorted(named, key=lambda flag: (-flag[1], text.words.flag_order(flag[0])))
    ]


def score_parts(change: Change) -> Iterator[str]:
    """Yields each total that changed or cannot be compared."""
    for score in change.scores.values():
        if score.difference != 0:
            yield score_part(score, change.text)


def score_part(change: ScoreChange, text: ClinicianText) -> str:
    """Returns the change of one total with the verdict of the scheme, or why the totals cannot be compared."""
    message = text.messages.message
    names = {
        "score": short_title(change.new.rule),
        "old": total_text(change.old, text),
        "new": total_text(change.new, text),
    }
    why = "" if change.why_not is None else text.messages.sentences["change"][change.why_not]
    if change.difference is None:
        return message("change", "score-without-total", why=why, **names)
    difference = f"{change.difference:+}"
    if change.verdict is None or change.scheme is None:
        return message("change", "score-not-comparable", difference=difference, why=why, **names)
    scheme = change.scheme.scheme
    return message("change", "score", difference=difference, verdict=change.verdict, scheme=scheme, **names)


def total_text(score: Score, text: ClinicianText) -> str:
    """Returns a total, or why there is none: the reason of its missing items, if they have one in common."""
    if score.total is not None:
        return str(score.total)
    reasons = missing_by_reason(score, text.knowledge.codes).keys()
    return text.messages.message("change", next((key for key in ABSENT if reasons == {key}), "open"))


def self_harm_parts(change: Change) -> Iterator[str]:
    """Yields the old and the new answer to item 9, if they differ."""
    if change.self_harm is not None:
        old, new = (item_9_text(each, change.text) for each in change.self_harm)
        yield change.text.messages.message("change", "item-9", old=old, new=new)


def item_9_text(answers: SelfHarmAnswers, text: ClinicianText) -> str:
    """Returns the value of item 9, or why there is none."""
    if answers.value is not None:
        return str(answers.value)
    if answers.declined:
        return text.messages.message("change", "declined")
    return text.messages.message("change", "item-9-open" if answers.asked else "not-asked")


def task_sentence(task: OpenTask, text: ClinicianText) -> str:
    """Returns that an earlier Task is still open."""
    flags = task_flag_names(task, text, "change")
    return text.messages.message("change", "task", date=task.date, flags=flags)


def change_extensions(text: ClinicianText) -> list[Resource]:
    """Returns the extension ``change``; none for a first impression without open Tasks."""
    if text.submission.earlier is None and not text.submission.open_tasks:
        return []
    tasks = [{"reference": task.reference} for task in text.submission.open_tasks]
    parts = [*change_parts(change_of(text)), *({"url": "open-task", "valueReference": task} for task in tasks)]
    return [{"url": extension_url("change"), "extension": parts}] if parts else []


def change_parts(change: Change | None) -> Iterator[Resource]:
    """Yields the parts about the impression before."""
    if change is None:
        return
    previous = change.text.submission.previous
    yield {"url": "previous", "valueReference": {"reference": f"ClinicalImpression/{previous}"}}
    yield from flag_extensions("flag-new", change.new_flags)
    yield from flag_extensions("flag-gone", change.gone_flags)
    old, new = change.levels
    yield {"url": "level-before", "valueCode": old.code}
    yield {"url": "level", "valueCode": new.code}
    for score in change.scores.values():
        yield {"url": "score", "extension": list(score_extensions(score))}
    if change.self_harm is not None:
        before, after = change.self_harm
        values = [("item-9-before", before.value), ("item-9", after.value)]
        yield from ({"url": url, "valueInteger": value} for url, value in values if value is not None)


def flag_extensions(url: str, flags: Flags) -> Iterator[Resource]:
    """Yields the flags that are new or gone, each with its level."""
    for code, level in sorted(flags):
        parts = [{"url": "flag", "valueCode": code}, {"url": "urgency", "valueCode": level.code}]
        yield {"url": url, "extension": parts}


def score_extensions(change: ScoreChange) -> Iterator[Resource]:
    """Yields the parts about one total."""
    yield {"url": "instrument", "valueCode": change.instrument}
    totals = [("before", change.old.total), ("after", change.new.total)]
    yield from ({"url": url, "valueInteger": total} for url, total in totals if total is not None)
    if change.why_not is not None:
        yield {"url": "not-comparable", "valueCode": change.why_not}
    elif change.verdict is not None and change.scheme is not None:
        yield {"url": "scheme", "valueCode": change.scheme.scheme}
        yield {"url": "verdict", "valueString": change.verdict}
