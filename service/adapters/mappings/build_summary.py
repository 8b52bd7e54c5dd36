"""The words of the summary made from the content of summary.yaml, and every fault in it."""

from collections.abc import Iterator, Mapping
from typing import Any

from service.screening.advice.clinician_words import (
    ChangeSchemes,
    ClinicianWords,
    Family,
    NameLimits,
    ScoreScheme,
    SelfHarmQuestion,
    Ticked,
)
from service.screening.instruments.instrument import Instrument
from service.screening.rules.assessment import RuleSet
from service.screening.rules.case import key_of_option
from service.screening.rules.urgency import Urgency

Content = Mapping[str, Any]
# The kinds of flags that the summary names by the answer or the open question, not by a name of their own.
NAMED_BY_ANSWER = ("self-harm", "safety")


def make_clinician_words(content: Content) -> ClinicianWords:
    """Returns all words of the file."""
    return ClinicianWords(
        flag_names={
            code: {Urgency.of(level): name for level, name in names.items()} for code, names in content["flags"].items()
        },
        said_otherwise=frozenset(content["said_otherwise"]),
        at_most=NameLimits(**content["at_most"]),
        self_harm=SelfHarmQuestion(**content["self_harm"]),
        safety_questions=tuple(content["safety_questions"]),
        no_complaint=Ticked("", **content["no_complaint"]),
        ticked=tuple(Ticked(**entry) for entry in content["ticked"]),
        families={name: make_family(entry) for name, entry in content["families"].items()},
        scores=tuple(content["scores"]),
        questions=content["questions"],
        change=make_change_schemes(content["change"]),
    )


def make_family(entry: Content) -> Family:
    """Returns how one family is named."""
    return Family(tuple(entry["heads"]), entry.get("always"), entry.get("beside_bodily"))


def make_change_schemes(content: Content) -> ChangeSchemes:
    """Returns the schemes by which totals are compared."""
    schemes = {
        name: {instrument: ScoreScheme(name, **words) for instrument, words in scheme["scores"].items()}
        for name, scheme in content["schemes"].items()
    }
    return ChangeSchemes(content["default"], schemes)


def find_summary_faults(words: ClinicianWords, rules: RuleSet, instruments: Mapping[str, Instrument]) -> Iterator[str]:
    """Yields the missing and unknown names of flags, patterns, families, questions, answers, scores and schemes."""
    found = [
        *flag_name_faults(words, rules),
        *family_faults(words, rules),
        *question_faults(words, instruments),
        *score_faults(words, rules),
    ]
    yield from (f"summary.yaml: {fault}" for fault in found)


def flag_name_faults(words: ClinicianWords, rules: RuleSet) -> Iterator[str]:
    """Yields each level of a flag without a short name, and each name without such a level."""
    levels: dict[str, set[Urgency]] = {}
    for instrument in rules.instruments.values():
        for flag in instrument.flags:
            named = flag.kind not in NAMED_BY_ANSWER
            levels.setdefault(flag.code, set()).update(level.urgency for level in flag.levels if named)
    for code, wanted in levels.items():
        given = words.flag_names.get(code)
        if given is None:
            yield f"flags: lacks {code}"
            continue
        yield from (f"flags.{code}: lacks {level.code}" for level in sorted(wanted - given.keys()))
        yield from (f"flags.{code}: has no level {level.code}" for level in sorted(given.keys() - wanted))
    yield from (f"flags: unknown red flag {code!r}" for code in words.flag_names if code not in levels)
    unknown = sorted(words.said_otherwise - levels.keys())
    yield from (f"said-otherwise: unknown red flag {code!r}" for code in unknown)


def family_faults(words: ClinicianWords, rules: RuleSet) -> Iterator[str]:
    """Yields unknown families, and heads that are no patterns of their family."""
    families = {pattern.id: pattern.family for pattern in rules.patterns}
    for name, family in words.families.items():
        yield from (f"families.{name}: unknown pattern {id!r}" for id in family.heads if families.get(id) != name)


def question_faults(words: ClinicianWords, instruments: Mapping[str, Instrument]) -> Iterator[str]:
    """Yields the questions without a short name, and unknown questions and answers."""
    items = {link_id: item for each in instruments.values() for link_id, item in each.by_link_id.items()}
    own = words.self_harm
    named = [*words.questions, *words.safety_questions, own.question, own.safe_now]
    yield from (f"unknown question {link_id!r}" for link_id in dict.fromkeys(named) if link_id not in items)
    for entry in (*words.ticked, words.no_complaint):
        options = items[entry.question].option_of if entry.question in items else {}
        if key_of_option(entry.question, entry.answer) not in {key_of_option(entry.question, code) for code in options}:
            yield f"unknown answer {entry.question}={entry.answer}"


def score_faults(words: ClinicianWords, rules: RuleSet) -> Iterator[str]:
    """Yields unknown instruments of scores, and an unknown default scheme."""
    scored = {name for name, instrument in rules.instruments.items() if instrument.scores}
    named = [*words.scores, *(name for scheme in words.change.schemes.values() for name in scheme)]
    yield from (f"unknown score {name!r}" for name in dict.fromkeys(named) if name not in scored)
    yield from (f"scores: lacks {name}" for name in sorted(scored - set(words.scores)))
    if words.change.default not in words.change.schemes:
        yield f"change.default: unknown scheme {words.change.default!r}"
