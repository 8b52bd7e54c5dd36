"""The words of the form in the language of the patient, and the direction in which they are read."""

from collections.abc import Callable, Mapping

# A language to test pages that are read from right to left: English words, set from right to left.
# https://developer.android.com/guide/topics/resources/pseudolocales
MIRRORED = "ar-XB"
RIGHT_TO_LEFT = ("ar", "fa", "he", "ps", "ur")
OVERRIDE, POP = "\u202e", "\u202c"

Say = Callable[..., str]


def words_in(language: str, texts: Mapping[str, Mapping[str, str]]) -> Say:
    """A function that returns a text in a language, with its names in braces filled in; English if it is missing."""
    translated = texts.get(language, {})

    def say(text: str, **names: object) -> str:
        filled = translated.get(text, text).format(**names)
        return f"{OVERRIDE}{filled}{POP}" if language == MIRRORED else filled

    return say


def direction_of(language: str) -> str:
    """The direction of a language: "ltr" or "rtl"."""
    return "rtl" if language.split("-", maxsplit=1)[0] in RIGHT_TO_LEFT else "ltr"
