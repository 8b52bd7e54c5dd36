"""Regular expressions of questionnaires, matched by RE2, whose time grows only linearly with the length of the text.

http://hl7.org/fhir/StructureDefinition/regex
https://github.com/google/re2/wiki/Syntax
"""

from dataclasses import dataclass
from functools import lru_cache

import re2

from service.screening.kleene import Truth
from service.work import spend_steps

# RE2 rejects a pattern that needs more memory. It also bounds the time per character of the text.
MAX_MEMORY_BYTES = 1 << 18
# Instructions of a pattern that RE2 executes in the time of a step.
INSTRUCTIONS_PER_STEP = 500


@dataclass(frozen=True)
class RegexMatcher:
    """The test whether a whole text matches a regular expression: call it with the text."""

    regex: str

    def __call__(self, text: str) -> Truth:
        """Whether the whole text matches; unknown if RE2 does not support the regular expression."""
        pattern = compile_regex(self.regex)
        if pattern is None:
            return None
        spend_steps(1 + len(text) * pattern.programsize // INSTRUCTIONS_PER_STEP)
        return pattern.fullmatch(text) is not None


@lru_cache(maxsize=64)
def compile_regex(regex: str) -> "re2._Regexp | None":
    """Returns the compiled regular expression, or None if RE2 does not support it: look-around, a reference to a
    group, a possessive or atomic group, ``\\Z``, more than 1,000 repetitions, or too large."""
    options = re2.Options()
    options.max_mem = MAX_MEMORY_BYTES
    options.log_errors = False
    try:
        return re2.compile(regex, options)
    except re2.error:
        return None
