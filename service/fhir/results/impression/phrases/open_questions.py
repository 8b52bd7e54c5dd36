"""The questions left open that decide a level or a pattern, and the flags that they could have raised."""

from collections.abc import Iterator, Mapping, Sequence

from service.fhir.results.impression.clinician_text import ClinicianText
from service.fhir.results.impression.phrases.flag_phrases import short_name
from service.screening.advice.advice import SELF_HARM
from service.screening.rules.patterns import UnjudgedPattern
from service.screening.rules.red_flags import Flag, UnjudgedFlag
from service.screening.rules.scores import ScoreRule


def questions_that_decide(text: ClinicianText) -> list[str]:
    """Returns the linkIds: the safety questions, then those without a score, then the items of the scores in order."""
    subjects = open_subjects(text)
    if not subjects:
        return []
    sheets = [source.sheet for source in text.submission.sources.values()]
    found = {link_id for link_id in subjects if any(sheet.is_open(link_id) for sheet in sheets)}
    if not found:
        return []
    first = [link_id for link_id in text.words.safety_questions if link_id in found]
    others = [link_id for link_id in text.items if link_id in found and link_id not in first]
    return [*first, *sorted(others, key=lambda link_id: score_place(link_id, text))]


def by_openness(link_ids: Sequence[str], text: ClinicianText) -> dict[str, list[str]]:
    """Returns the questions by ``open`` and ``declined``, the keys of the sentences about them."""
    found: dict[str, list[str]] = {"open": [], "declined": []}
    for link_id in link_ids:
        found["declined" if text.is_declined(link_id) else "open"].append(link_id)
    return found


def score_place(link_id: str, text: ClinicianText) -> int:
    """Returns the place of the score that an item is part of; 0 if it is part of none."""
    rule = score_rule(link_id, text)
    return 0 if rule is None else 1 + [score.id for score in text.knowledge.named_scores].index(rule.id)


def open_subjects(text: ClinicianText) -> set[str]:
    """Returns the open questions of each flag that could be raised or be higher, and of each unknown pattern."""
    found: set[str] = set()
    for unknown in unknown_flags(text):
        found.update(unknown.open_questions)
    for flag in text.submission.assessment.raised.values():
        found.update([reason.subject for reason in flag.reasons if reason.kind == "open"])
    for pattern in unjudged_patterns(text):
        found.update(pattern.open_questions)
    return found


def unknown_flags(text: ClinicianText) -> list[Flag | UnjudgedFlag]:
    """Returns the flags that open questions could raise, or raise to a higher level."""
    assessment = text.submission.assessment
    found: list[Flag | UnjudgedFlag] = [flag for flag in assessment.raised.values() if flag.open_questions]
    for results in assessment.responses.values():
        if results.flags.unjudged:
            found += [flag for flag in results.flags.unjudged if flag.rule.code not in assessment.raised]
    return found


def unjudged_patterns(text: ClinicianText) -> list[UnjudgedPattern]:
    """Returns the patterns that are unknown because of a question left open."""
    patterns = text.submission.assessment.patterns.unjudged
    return [pattern for pattern in patterns if text.items.keys() & set(pattern.open_questions)]


def single_names(link_ids: Sequence[str], text: ClinicianText) -> list[str]:
    """Returns the short name of each question."""
    return [name for link_id in link_ids for name in question_names([link_id], text)]


def question_names(link_ids: Sequence[str], text: ClinicianText) -> list[str]:
    """Returns the short names; the items of one score are one name, but the question on self-harm has its own."""
    names: dict[str, None] = {}
    for link_id in link_ids:
        rule = score_rule(link_id, text)
        if rule is None:
            names[text.question_short_name(link_id)] = None
            continue
        group = [other for other in link_ids if other in rule.summands and other != text.words.self_harm.question]
        names[item_name(rule, group if link_id in group else [link_id], text)] = None
    return list(names)


def score_rule(link_id: str, text: ClinicianText) -> ScoreRule | None:
    """Returns the rule of the score that an item is part of; None if it is part of none."""
    return text.knowledge.score_rule_of.get(link_id)


def item_name(rule: ScoreRule, link_ids: Sequence[str], text: ClinicianText) -> str:
    """Returns "PHQ-9 item 9", or "PHQ-9 items 2, 3 and 4"."""
    numbers = [str(rule.summands.index(link_id) + 1) for link_id in link_ids]
    message, score = text.messages.message, short_title(rule)
    if len(numbers) == 1:
        return message("summary", "item", score=score, numbers=numbers[0])
    return message("summary", "items", score=score, numbers=", ".join(numbers[:-1]), last=numbers[-1])


def short_title(rule: ScoreRule) -> str:
    """Returns the name of the instrument that a score is of, e.g. "PHQ-9"."""
    return rule.title.split()[0]


def join_names(names: Sequence[str], at_most: int, text: ClinicianText, separator: str = ", ") -> str:
    """Returns the first names, and how many more there are."""
    rest = len(names) - at_most
    shown = separator.join(names[:at_most])
    if rest <= 0:
        return shown
    if not shown:
        return text.messages.message("summary", "only-more", count=rest)
    return text.messages.message("summary", "more", names=shown, count=rest)


def possible_flag_names(text: ClinicianText) -> list[str]:
    """Returns the flags that could have raised the level of the response, the highest possible level first."""
    level = text.submission.assessment.urgency
    higher = [flag for flag in unknown_flags(text) if flag.possible > level and flag.rule.kind != SELF_HARM]
    ordered = sorted(higher, key=lambda flag: (-flag.possible, text.words.flag_order(flag.rule.code)))
    return list(dict.fromkeys(short_name(flag.rule.code, flag.possible, text) for flag in ordered))


def left_open_notes(text: ClinicianText) -> Iterator[str]:
    """Yields the one note about what could not be judged; nothing if no question that decides was left open."""
    link_ids = questions_that_decide(text)
    if not link_ids:
        return
    groups = by_openness(link_ids, text)
    names = {key: question_names(link_ids, text) for key, link_ids in groups.items() if link_ids}
    at_most = text.words.at_most
    for shown in range(max(map(len, names.values()), default=0), 0, -1):
        note = left_open_note({key: join_names(each, shown, text) for key, each in names.items()}, text)
        if len(note) <= at_most.characters or shown == 1:
            yield note
            return


def left_open_note(questions: Mapping[str, str], text: ClinicianText) -> str:
    """Returns the note, with as many of the questions as are given; they are by ``open`` and ``declined``."""
    message = text.messages.message
    flags = join_names(possible_flag_names(text), text.words.at_most.not_judged, text)
    patterns = pattern_count(len(unjudged_patterns(text)), text)
    findings = [part for part in (flags, patterns) if part]
    keys = {"open": "left-open", "declined": "declined"}
    sentences = [message("note", keys[key], questions=names) for key, names in questions.items()]
    if findings:
        sentences.append(message("note", "because", findings="; ".join(findings)))
    return " ".join(sentences)


def pattern_count(count: int, text: ClinicianText) -> str:
    """Returns how many patterns could not be judged; an empty string if none."""
    if count == 0:
        return ""
    if count == 1:
        return text.messages.message("note", "one-pattern-not-judged")
    return text.messages.message("note", "patterns-not-judged", count=count)
