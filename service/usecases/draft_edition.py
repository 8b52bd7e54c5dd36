"""Drafts the edition of another publisher's form: what matches ours by code, weight or wording, and what does not."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from service.fhir.questionnaires.foreign_form import ForeignOption, ForeignQuestion
from service.screening.instruments.instrument import Instrument, Item, Option
from service.screening.instruments.recognition import CODE
from service.screening.instruments.typed_value import Coding

# The code system of reasons for no answer.
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
NUMERIC = {"decimal", "integer", "quantity"}
# Two wordings are the same from this likeness on (0 to 1): public forms differ in punctuation and a word or two.
ALIKE = 0.86


@dataclass(frozen=True)
class Pair:
    """A Coding of theirs and the option of ours that it means, with our question."""

    link_id: str
    theirs: Coding
    ours: Coding


@dataclass(frozen=True)
class DraftEdition:
    """The parts of an edition. ``notes`` are what a person must decide, as sentences."""

    instrument: Instrument
    link_ids: tuple[tuple[str, str], ...]
    dropped: tuple[str, ...]
    pairs: tuple[Pair, ...]
    not_answered: tuple[Coding, ...]
    weights: bool
    lacks: tuple[str, ...]
    always_shows: tuple[str, ...]
    notes: tuple[str, ...]


def draft_edition(questions: Sequence[ForeignQuestion], ours: Instrument, scored: Sequence[str]) -> DraftEdition:
    """The edition of a form with these questions. ``scored``: the linkIds of our scored questions."""
    matches = match_questions(questions, ours)
    matched = {item.link_id for _, item in matches}
    pairs, notes = [], []
    for question, item in matches:
        found, missing = match_options(question, item)
        pairs += [Pair(item.link_id, theirs, option) for theirs, option in found]
        notes += [f"answer {option.wording!r} of {question.link_id!r} is not matched" for option in missing]
    unmatched = [question for question in questions if question not in [each for each, _ in matches]]
    notes += [f"question {each.link_id!r} is not matched, and dropped: {each.wording[:60]!r}" for each in unmatched]
    missing_scored = [link_id for link_id in scored if link_id not in matched]
    notes += [f"no question matches {link_id}: add it to link-ids, or leave it in lacks" for link_id in missing_scored]
    gated = [question.link_id for question, item in matches if question.conditional and item.link_id in scored]
    notes += [f"the form shows {link_id!r} only with certain answers: does it need gates?" for link_id in gated]
    shown = [item.link_id for question, item in matches if item.enable_when and not question.conditional]
    numbers = any(o.number is not None for question, item in matches if item.options for o in question.options)
    return DraftEdition(
        ours,
        tuple((question.link_id, item.link_id) for question, item in matches if question.link_id != item.link_id),
        tuple(question.link_id for question in unmatched),
        tuple(pairs),
        tuple(dict.fromkeys(o.coding for q, _ in matches for o in q.options if o.coding and is_no_answer(o))),
        numbers or any(is_number_question(question, item) for question, item in matches),
        tuple(item.link_id for item in ours.by_link_id.values() if item.link_id not in matched and may_lack(item)),
        tuple(shown),
        tuple(notes),
    )


def may_lack(item: Item) -> bool:
    """True for a question or group of ours that a form may not have; a display item is no question."""
    return item.type != "display"


def is_number_question(question: ForeignQuestion, item: Item) -> bool:
    """True if the form asks for a number where ours has options: the number is the weight."""
    return bool(item.options) and not question.options and question.type in ("integer", "decimal", "string")


def match_questions(questions: Sequence[ForeignQuestion], ours: Instrument) -> list[tuple[ForeignQuestion, Item]]:
    """Each question with ours: by code, then by the code in its linkId, then by its wording. None is used twice."""
    left = [item for item in ours.by_link_id.values() if item.type not in ("group", "display")]
    found: dict[str, Item] = {}
    for is_match in (has_code, has_code_in_link_id, has_wording, is_total):
        for question in questions:
            item = next((each for each in left if is_match(question, each)), None)
            if question.link_id not in found and item is not None:
                found[question.link_id] = item
                left.remove(item)
    return [(question, found[question.link_id]) for question in questions if question.link_id in found]


def has_code(question: ForeignQuestion, item: Item) -> bool:
    """True if a code of the question is one of ours."""
    return any(coding.code in question.codes for coding in item.code)


def has_code_in_link_id(question: ForeignQuestion, item: Item) -> bool:
    """True if the linkId of the question is or ends in one of our codes."""
    match = CODE.fullmatch(question.link_id)
    return match is not None and any(coding.code == match[1] for coding in item.code)


def has_wording(question: ForeignQuestion, item: Item) -> bool:
    """True if a question with options has the wording of ours."""
    return bool(item.options) and any(is_alike(question.wording, text) for text in item.known_texts)


def is_total(question: ForeignQuestion, item: Item) -> bool:
    """True for a number named "score" or "total", where ours is the total."""
    named = re.search(r"\b(total|sum|score)\b", question.wording.lower()) is not None
    return item.type == "decimal" and question.type in NUMERIC and not question.options and named


def match_options(question: ForeignQuestion, item: Item) -> tuple[list[tuple[Coding, Coding]], list[ForeignOption]]:
    """Their Codings that differ from ours, each with ours, and the options that none of ours matches."""
    found, missing = [], []
    for option in question.options if item.options else ():
        if is_no_answer(option):
            continue
        ours = match_option(option, item)
        if ours is None or (option.coding is None and option.number is None):
            missing.append(option)
        elif option.coding is not None and option.coding != ours:
            found.append((option.coding, ours))
    return found, missing


def is_no_answer(option: ForeignOption) -> bool:
    """True for an option that says why there is no answer."""
    return option.coding is not None and option.coding.system == ABSENT


def match_option(option: ForeignOption, item: Item) -> Coding | None:
    """Our option with the same code, else with the same wording, else with the same weight; None without one."""
    codings = [(each, each.value) for each in item.options if isinstance(each.value, Coding)]
    tests = (
        lambda each: each.value == option.coding,
        lambda each: is_same_wording(option, each),
        lambda each: option.weight is not None and each.weight == option.weight,
    )
    return next((coding for test in tests for each, coding in codings if test(each)), None)


def is_same_wording(option: ForeignOption, ours: Option) -> bool:
    """True if both options say the same, and their weights, if both have one, are equal."""
    value = ours.value
    wording = value.display if isinstance(value, Coding) else None
    weights = {option.weight, ours.weight} - {None}
    return wording is not None and is_alike(option.wording, wording) and len(weights) < 2


def is_alike(one: str, other: str) -> bool:
    """True if two wordings differ at most in punctuation, letter case and a few letters."""
    first, second = (" ".join(re.findall(r"[a-z0-9]+", text.lower())) for text in (one, other))
    if not first or not second:
        return False
    return first == second or SequenceMatcher(None, first, second, autojunk=False).ratio() >= ALIKE


def best_instrument(
    questions: Sequence[ForeignQuestion], candidates: Iterable[tuple[Instrument, Sequence[str]]]
) -> str:
    """The name of the instrument of whose scored questions most are there, all else equal the shortest one.

    Empty if no question matches.
    """
    counted = []
    for instrument, scored in candidates:
        matched = {item.link_id for _, item in match_questions(questions, instrument)} & set(scored)
        counted.append((len(matched), -len(scored), instrument.name))
    best = max(counted, default=(0, 0, ""))
    return best[2] if best[0] else ""


def edition_lines(draft: DraftEdition, canonical: str) -> list[str]:
    """The lines of the entry below ``editions:``, with what a person must decide as comments before it."""
    lines = [f"  # {note}" for note in draft.notes]
    lines += [f"  - canonical: {quote(canonical)}", '    source: ""', '    licence: ""']
    if draft.link_ids:
        lines += ["    link-ids:", *(f"      {quote(theirs)}: {quote(ours)}" for theirs, ours in draft.link_ids)]
    lines += yaml_list("dropped", draft.dropped)
    if draft.pairs:
        lines += ["    codings:", *coding_lines(draft.pairs)]
    if draft.pairs:
        lines.append("    codes-alone: true")
    if draft.not_answered:
        lines.append("    not-answered:")
    lines += [
        f"      - {{system: {quote(ABSENT)}, code: {quote(each.code or '')}, reason: {quote(each.code or '')}}}"
        for each in draft.not_answered
    ]
    if draft.weights:
        lines.append("    weights: true")
    return [*lines, *yaml_list("lacks", draft.lacks), *yaml_list("always-shows", draft.always_shows)]


def coding_lines(pairs: Sequence[Pair]) -> list[str]:
    """One line per pair; pairs that are the same for every question are one, without `item`."""
    meanings: dict[Coding, set[Coding]] = {}
    for pair in pairs:
        meanings.setdefault(pair.theirs, set()).add(pair.ours)
    lines: dict[str, None] = {}
    for pair in pairs:
        item = f"item: {quote(pair.link_id)}, " if len(meanings[pair.theirs]) > 1 else ""
        line = f"      - {{{item}theirs: {coding_text(pair.theirs)}, ours: {coding_text(pair.ours)}}}"
        lines[line] = None
    return list(lines)


def coding_text(coding: Coding) -> str:
    """A Coding in YAML."""
    system = f"system: {quote(coding.system)}, " if coding.system is not None else ""
    return f"{{{system}code: {quote(coding.code or '')}}}"


def yaml_list(key: str, values: Sequence[str]) -> list[str]:
    """A key with a list; no line if it is empty."""
    return [f"    {key}: [{', '.join(quote(value) for value in values)}]"] if values else []


def quote(text: str) -> str:
    """A text as a scalar of YAML, in quotation marks."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
