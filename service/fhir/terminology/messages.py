"""The sentences of mappings/wording.yaml, and the names that each of them may contain."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

Sentences = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Messages:
    """The sentences that results are written with, by part and key: ``sentences["summary"]["no-flag"]``."""

    sentences: Sentences

    def message(self, part: str, key: str, **names: object) -> str:
        """Returns one sentence with its names filled in."""
        return self.sentences[part][key].format(**names)


# Every message of mappings/wording.yaml by part and key, with the names that its text may contain in {braces}.
MESSAGE_NAMES: Mapping[str, Mapping[str, frozenset[str]]] = {
    part: {key: frozenset(names.split()) for key, names in keys.items()}
    for part, keys in {
        "urgency": dict.fromkeys(("emergency", "same-day", "soon", "routine", "none"), ""),
        "confidence": dict.fromkeys(("possible", "fits", "fits-well", "needs-checking"), ""),
        "impression": {"description": "instruments", "description-early": "instruments"},
        **{
            part: dict.fromkeys(("emergency", "same-day", "soon", "routine", "none"), "")
            for part in ("level-head", "level-short", "level-flags", "level-inside")
        },
        "summary": {
            "head": "level about",
            "by-pattern": "level",
            "age-range": "low high",
            **dict.fromkeys(("female", "male", "other"), ""),
            "answered": "date",
            "unknown-time": "",
            "open-task": "level date flags",
            "overdue-task": "level date flags",
            "head-after-task": "date level about",
            "head-after-task-bare": "date level",
            "flags": "level flags",
            "flag-dated": "flag dates",
            "self-harm": "value",
            "self-harm-and-safety": "value safe",
            "item-9-open": "points",
            "item-9-declined": "points",
            **dict.fromkeys(("safety-open", "safety-declined"), "question"),
            "patterns": "patterns",
            "pattern": "pattern confidence",
            "pattern-danger": "pattern confidence",
            "pattern-members": "pattern members",
            **dict.fromkeys(("no-pattern", "no-legs", "no-complaint", "early", "item-9-zero"), ""),
            "minor": "adult-age",
            "scores": "scores",
            "score": "score total notes",
            "score-open": "score missing items",
            "score-declined": "score declined items",
            "score-open-declined": "score missing items declined",
            "score-not-asked": "score missing items",
            "not-comparable": "why",
            **dict.fromkeys(("open", "declined"), "questions"),
            "two-readings": "question option",
            "more": "names count",
            "only-more": "count",
            "item": "score numbers",
            "items": "score numbers last",
        },
        "safe-now": dict.fromkeys(("yes", "no", "unsure", "blank", "not-asked"), ""),
        "change": {
            "since": "date changes",
            "flags-new": "flags",
            "flags-gone": "flags",
            "flag": "flag level",
            "level": "old new",
            "score": "score old new difference verdict scheme",
            "score-not-comparable": "score old new difference why",
            "score-without-total": "score old new why",
            "item-9": "old new",
            "task": "date flags",
            "self-harm": "value",
            **dict.fromkeys(("none", "open", "other-edition", "other-language", "other-mode", "no-total"), ""),
            **dict.fromkeys(("item-9-open", "item-9-question", "item-9-declined"), ""),
            **dict.fromkeys(("declined", "not-asked"), ""),
        },
        "basis": {
            "flag": "urgency reasons facts",
            "flag-without-reasons": "urgency facts",
            "reasons-of": "date reasons",
            "pattern": "score confidence bands lines",
            "pattern-danger": "score gate lines",
            "pattern-danger-without-gate": "score lines",
            "pattern-of-umbrella": "confidence umbrella gate facts",
            "pattern-of-umbrella-without-gate": "confidence umbrella facts",
            "score-total": "score total highest band date",
            "score-open": "score missing items date",
            "score-declined": "score declined items date",
            "score-open-declined": "score missing items declined date",
            "score-not-asked": "score missing items date",
            "band": "confidence low",
            "band-unknown": "",
            "prorated": "band missing",
            "line": "weight reasons facts",
            "line-without-reasons": "weight facts",
            "always": "",
            **dict.fromkeys(("unjudged", "unjudged-declined"), "questions"),
            "answer": "question answers",
            **dict.fromkeys(("open", "declined"), "question answers"),
            "score": "score value",
            "age": "score value",
            "flag-up": "flag",
            "addition": "fact",
            "adds": "",
            "link": "",
        },
        "note": {
            "not-validated": "",
            "approved": "name",
            "additions": "",
            "left-open": "questions",
            "declined": "questions",
            "because": "findings",
            "patterns-not-judged": "count",
            "one-pattern-not-judged": "",
            "flags-and-patterns": "flags patterns",
            "no-age": "",
            "differs": "score stored total",
            "differs-open": "score stored total",
            "exclusive": "question option",
            "not-shown": "question option",
            "two-readings": "question option",
            "undated": "",
            "who": "instrument who",
            "recognised": "questionnaire",
            "earlier-score": "score date earlier",
            "replaced": "old kept",
            "deceased": "",
            "deceased-on": "date",
            "inactive": "",
        },
        "fact": {"source": "document section", "addition": "basis", "cited": "source facts"},
        "plan": {"flags": "", "patterns": ""},
        "advice": {"next-steps": "comment steps", "step": "step facts"},
        "score": {"absent": "reasons", **dict.fromkeys(("left-open", "declined", "not-asked"), "questions")},
        "explain": {
            **dict.fromkeys(("flags", "patterns", "scores", "notes", "sources", "patient", "change"), ""),
            "flag": "flag urgency",
            "pattern": "pattern confidence urgency",
            "score": "score bands",
            "gate": "reasons",
            "line": "weight reasons facts",
            "line-without-reasons": "weight facts",
            "rests-on": "facts",
            "next": "comment",
            "step": "step facts",
            "step-outside": "step facts",
            "fact": "fact statement",
            "entry": "entry",
        },
        "safety-change": {
            **dict.fromkeys(("changed", "withdrawn"), "question was date now changed"),
            **dict.fromkeys(("left-open", "declined", "not-asked", "impression"), ""),
        },
        "task": {
            "description": "level flags who",
            "by": "answered who",
            "unknown-time": "",
            "title": "",
            "now": "",
            "self-harm": "level value wording safe scores answered",
            "item-9-open": "level flag scores answered",
            "scores": "scores",
            "at": "date time",
            "withdrawn": "",
            **dict.fromkeys(("old", "raised"), "description"),
            "escalated": "task since",
            "overdue": "end",
            "deceased": "note description",
            "not-sent": "note",
        },
        "form-task": {"expired": "", "revoked": "", "rejected": "faults"},
        "who": {
            **dict.fromkeys(("patient", "related-person", "practitioner", "organization", "device", "unknown"), ""),
            "not-stated": "",
            "recorded": "who author",
        },
        "counterfactual": {
            "falls": "result changes",
            "gone": "changes",
            "none": "questions",
            "cut": "sets",
            "were": "question answers",
            "without": "question answers",
            "with": "question answers",
            "and": "",
            "or": "",
            "more": "number",
        },
    }.items()
}


def find_wording_faults(sentences: Sentences) -> list[str]:
    """Returns the missing sentences, the unused ones, and the names in a sentence that no code fills in."""
    faults = []
    for part, keys in MESSAGE_NAMES.items():
        given = sentences.get(part, {})
        faults += [f"{part}: lacks {key}" for key in keys if key not in given]
        faults += [f"{part}.{key}: no sentence of this name is used" for key in given if key not in keys]
        for key in keys.keys() & given.keys():
            names = {name for _, name, _, _ in Formatter().parse(given[key]) if name is not None}
            faults += [f"{part}.{key}: nothing fills in {name!r}" for name in sorted(names - keys[key])]
    return faults + [f"{part}: no part of this name is used" for part in sentences if part not in MESSAGE_NAMES]
