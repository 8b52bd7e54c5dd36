"""The texts for patients in another language, from a message catalogue: mappings/es.po.

A text without a translation stays English: a patient must never miss one.
https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from babel.messages.pofile import read_po

from service.screening.advice.advice import Advice, FindingAdvice, FlagAdvice, Frames, PatternAdvice

Translate = Callable[[str], str]
Finding = TypeVar("Finding", bound=FindingAdvice)
Key = TypeVar("Key")


def read_advice_translations(folder: Path) -> dict[str, dict[str, str]]:
    """The translated texts by language, then by English text."""
    return {path.stem: read_catalogue_file(path) for path in sorted(folder.glob("*.po"))}


def read_catalogue_file(path: Path) -> dict[str, str]:
    """The translations in a file, by English text. Those that are marked as fuzzy are left out."""
    with path.open("rb") as file:
        messages = read_po(file, locale=path.stem)
    return {str(each.id): str(each.string) for each in messages if each.id and each.string and not each.fuzzy}


def translate_advice(advice: Advice, texts: Mapping[str, str]) -> Advice:
    """The advice with every text that a patient reads translated."""
    return translate_each(advice, lambda text: texts.get(text, text))


def translate_each(advice: Advice, say: Translate) -> Advice:
    """The advice with ``say`` applied to every text that a patient reads."""
    numbers = {
        name: replace(words, when_set=say(words.when_set), when_unset=say(words.when_unset))
        for name, words in advice.numbers.items()
    }
    return replace(
        advice,
        page=values_in(advice.page, say),
        headings=values_in(advice.headings, say),
        numbers=numbers,
        when=values_in(advice.when, say),
        ticked_cancer=values_in(advice.ticked_cancer, say),
        call_now=tuple(replace(entry, text=say(entry.text)) for entry in advice.call_now),
        precautions=tuple(replace(each, text=say(each.text)) for each in advice.precautions),
        frames=Frames(values_in(advice.frames.by_confidence, say), say(advice.frames.now)),
        flags={code: translate_flag(flag, say) for code, flag in advice.flags.items()},
        patterns={id: translate_pattern(pattern, say) for id, pattern in advice.patterns.items()},
    )


def values_in(texts: Mapping[Key, str], say: Translate) -> dict[Key, str]:
    """The texts by the same keys, translated."""
    return {key: say(text) for key, text in texts.items()}


def translate_flag(flag: FlagAdvice, say: Translate) -> FlagAdvice:
    """The advice about a flag, translated."""
    translated = replace(flag, patient=values_in(flag.patient, say), until_then=values_in(flag.until_then, say))
    return with_translated_tips(translated, say)


def translate_pattern(pattern: PatternAdvice, say: Translate) -> PatternAdvice:
    """The advice about a pattern, translated."""
    return with_translated_tips(replace(pattern, patient_words=say(pattern.patient_words)), say)


def with_translated_tips(finding: Finding, say: Translate) -> Finding:
    """The advice with its tips translated."""
    return replace(finding, tips=tuple(replace(tip, text=say(tip.text)) for tip in finding.tips))


def texts_to_translate(advice: Advice) -> list[str]:
    """Every text of the advice that a translation needs, each once."""
    found: dict[str, None] = {}

    def collect(text: str) -> str:
        found[text] = None
        return text

    translate_each(advice, collect)
    return [text for text in found if text]
