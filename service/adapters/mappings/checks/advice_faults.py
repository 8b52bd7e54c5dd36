"""The faults of advice.yaml against the rules and the other files, and within itself."""

from collections.abc import Iterable, Iterator, Mapping
from string import Formatter
from typing import Any, get_args

from service.adapters.mappings.schemas.advice_file import NOW
from service.screening.advice.advice import Advice, PageCondition, PageText, forbidden_words
from service.screening.advice.contacts import NumberName
from service.screening.rules.assessment import RuleSet
from service.screening.rules.patterns import Confidence
from service.screening.rules.urgency import Urgency

Content = Mapping[str, Any]
StandardCodes = Mapping[str, Mapping[str, str]]

# The key of each list in the file.
FILE_KEYS = {"steps": "steps", "tips": "self-care"}
# The levels that {when} can name.
LEVELS = [level.code for level in Urgency if level is not Urgency.NONE]
FRAMES = {*(band.code for band in Confidence), NOW}


def find_advice_faults(content: Content, rules: RuleSet, standard: StandardCodes) -> Iterator[str]:
    """Yields every fault of the file against the rules and the standard codes, and within itself."""
    levels = flag_levels(rules)
    yield from compare_names(content["page"], get_args(PageText), "page")
    yield from compare_names(content["conditions"], get_args(PageCondition), "conditions")
    yield from compare_names(content["frames"], FRAMES, "frames")
    yield from compare_names(content["when"], LEVELS, "when")
    yield from compare_names(content["flags"], levels, "flags")
    yield from compare_names(content["patterns"], [pattern.id for pattern in rules.patterns], "patterns")
    yield from find_unknown_flags(content, levels)
    for code in content["flags"].keys() & levels.keys():
        yield from find_level_faults(content["flags"][code], sorted(levels[code]), f"flags.{code}")
    yield from find_step_and_tip_faults(content)
    yield from find_code_faults(content, standard)
    yield from find_brace_faults(content)


def flag_levels(rules: RuleSet) -> dict[str, set[str]]:
    """Returns the codes of the levels that each red flag can have, over all instruments."""
    levels: dict[str, set[str]] = {}
    for instrument in rules.instruments.values():
        for flag in instrument.flags:
            levels.setdefault(flag.code, set()).update(level.urgency.code for level in flag.levels)
    return levels


def find_level_faults(entry: Content, levels: Iterable[str], where: str) -> Iterator[str]:
    """Yields the levels of one red flag without a text, and the texts for a level that it cannot have."""
    yield from compare_names(entry["patient"], levels, f"{where}.patient")
    if not isinstance(entry["clinician"], str):
        yield from compare_names(entry["clinician"], levels, f"{where}.clinician")
    yield from compare_names({*entry["until_then"], *levels}, levels, f"{where}.until-then")


def find_unknown_flags(content: Content, flags: Mapping[str, object]) -> Iterator[str]:
    """Yields the red flags that a list of the page names and no rule defines."""
    named = {key: content[key] for key in ("call", "then", "only_alone")}
    named |= {key: [content[key]] for key in ("first_line", "instead_of_visit", "with_help") if content[key]}
    named |= {f"until-then[{index}].flags": entry["flags"] for index, entry in enumerate(content["until_then"])}
    for key, codes in named.items():
        yield from (f"{key.replace('_', '-')}: unknown red flag {code!r}" for code in codes if code not in flags)


def find_step_and_tip_faults(content: Content) -> Iterator[str]:
    """Yields unknown and unused steps and tips."""
    used: dict[str, set[str]] = {"steps": set(), "tips": set()}
    for part in ("flags", "patterns"):
        for name, entry in content[part].items():
            for kind, known in used.items():
                known.update(entry[kind])
                where = f"{part}.{name}.{FILE_KEYS[kind]}"
                yield from (f"{where}: unknown {id!r}" for id in entry[kind] if id not in content[kind])
    for kind, known in used.items():
        yield from (f"{FILE_KEYS[kind]}.{id}: nothing uses it" for id in content[kind] if id not in known)


def find_code_faults(content: Content, standard: StandardCodes) -> Iterator[str]:
    """Yields standard codes of steps that codes.yaml lacks, and codes of codes.yaml that no step has."""
    step_codes = {id: entry["code"] for id, entry in content["steps"].items() if "code" in entry}
    known = {(system, code) for system, codes in standard.items() for code in codes}
    for id, code in step_codes.items():
        if (code["system"], code["code"]) not in known:
            yield f"steps.{id}.code: {code['system']}|{code['code']} is not among the standard codes of codes.yaml"
    used = {(code["system"], code["code"]) for code in step_codes.values()}
    yield from (f"steps: none carries {system}|{code} of codes.yaml" for system, code in sorted(known - used))


def find_brace_faults(content: Content) -> Iterator[str]:
    """Yields names in braces that nothing fills in, and numbers without words."""
    numbers = content["numbers"]
    yield from compare_names({*numbers, "crisis-line", "emergency-number"}, numbers, "numbers")
    for name, entry in numbers.items():
        if entry.get("number", name) not in get_args(NumberName):
            yield f"numbers.{name}.number: must be one of {', '.join(get_args(NumberName))}"
    extra = {"told": {"answers"}, "open-task": {"date", "when"}, "open-task-self-harm": {"date", "when"}}
    extra["minor"] = {"when"}
    for key, text in content["page"].items():
        yield from unknown_braces(text, numbers.keys() | extra.get(key, set()), f"page.{key}")
    for code, entry in content["flags"].items():
        for text in (*entry["patient"].values(), *entry["until_then"].values()):
            yield from unknown_braces(text, numbers.keys() | {"ticked-cancer"}, f"flags.{code}")
    for key, text in content["frames"].items():
        yield from unknown_braces(text, {"words"}, f"frames.{key}")


def unknown_braces(text: str, known: Iterable[str], where: str) -> Iterator[str]:
    """Yields the names in braces in a text that are not known."""
    known = set(known)
    named = (name for _, name, _, _ in Formatter().parse(text) if name is not None)
    return (f"{where}: nothing fills in {{{name}}}" for name in named if name not in known)


def compare_names(given: Iterable[str], wanted: Iterable[str], where: str) -> Iterator[str]:
    """Yields the names that are missing and the names that are unknown."""
    given, wanted = set(given), set(wanted)
    yield from (f"{where}: lacks {name}" for name in sorted(wanted - given))
    yield from (f"{where}: nothing has the name {name!r}" for name in sorted(given - wanted))


def find_forbidden_texts(texts: Iterable[tuple[str, str]], advice: Advice) -> Iterator[str]:
    """Yields patient texts with words that no patient may read, names of medicines included."""
    for where, text in texts:
        for word in forbidden_words(text, advice.never):
            yield f"advice.yaml: {where}: says {word!r}, which no patient may read"


def find_unknown_facts(content: Content, facts: Iterable[str]) -> Iterator[str]:
    """Yields facts that advice names and sources.yaml lacks."""
    known = set(facts)
    for part in ("steps", "tips"):
        for id, entry in content[part].items():
            where = f"advice.yaml: {FILE_KEYS[part]}.{id}.facts"
            yield from (f"{where}: unknown fact {fact!r}" for fact in entry["facts"] if fact not in known)
    for index, entry in enumerate(content["never"]):
        unknown = (fact for fact in entry["facts"] if fact not in known)
        yield from (f"advice.yaml: never[{index}].from: unknown fact {fact!r}" for fact in unknown)
