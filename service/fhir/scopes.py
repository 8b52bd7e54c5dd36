"""SMART scopes: which interactions with which types a token allows.

https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from service.fhir.interactions import PUBLISHED, STORED

Level = Literal["patient", "user", "system"]
# create, read (with vread and the history of a resource), update (with patch), delete, search
Letter = Literal["c", "r", "u", "d", "s"]
TYPES = frozenset((*STORED, *PUBLISHED))
ANY_TYPE = "*"
# A suffix of version 2 has its letters in this order: https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#scopes-for-requesting-fhir-resources
SCOPE = re.compile(r"(patient|user|system)/(\*|[A-Z][A-Za-z]{1,63})\.(c?r?u?d?s?)(\?\S*)?", re.ASCII)
OLD_SCOPE = re.compile(r"(patient|user|system)/(\*|[A-Z][A-Za-z]{1,63})\.(read|write|\*)", re.ASCII)
OLD_SUFFIXES = {"read": "rs", "write": "cud", "*": "cruds"}
MAX_SCOPES = 200


class Right(NamedTuple):
    """An interaction with a type at a level: ``Right("patient", "Observation", "r")``."""

    level: str
    type: str
    letter: str


@dataclass(frozen=True)
class Scopes:
    """The rights that a text of scopes grants; ``refused`` has each scope of a resource that grants nothing."""

    rights: frozenset[Right] = field(default=frozenset())
    refused: tuple[str, ...] = ()

    def levels(self, type_name: str, letter: str) -> frozenset[str]:
        """The levels at which an interaction with a type is allowed."""
        return frozenset(right.level for right in self.rights if right[1:] == (type_name, letter))

    def within(self, allowed: "Scopes") -> "Scopes":
        """The rights that are in both."""
        return Scopes(self.rights & allowed.rights, self.refused)


def parse_scopes(text: str) -> Scopes:
    """The rights in scopes separated by blanks. Scopes of another kind, such as ``openid`` or ``launch/patient``, grant
    no interaction.

    A scope that is not valid grants nothing: a type that is not offered, letters in another order, a constraint (which
    would have to narrow the right, and is not supported). Scopes of version 1 and 2 in one text grant nothing at all.
    """
    scopes = [scope for scope in text.split(" ") if scope.startswith(("patient/", "user/", "system/"))]
    if len(scopes) > MAX_SCOPES or is_mixed(scopes):
        return Scopes(refused=tuple(scopes))
    granted = {scope: frozenset(rights_of(scope)) for scope in scopes}
    refused = tuple(scope for scope, rights in granted.items() if not rights)
    return Scopes(frozenset().union(*granted.values()), refused)


def is_mixed(scopes: Iterable[str]) -> bool:
    """True if there are scopes of version 1 and of version 2."""
    return len({OLD_SCOPE.fullmatch(scope) is not None for scope in scopes}) > 1


def rights_of(scope: str) -> Iterator[Right]:
    """Yields the rights of one scope; none if it is not valid."""
    old = OLD_SCOPE.fullmatch(scope)
    found = old or SCOPE.fullmatch(scope)
    if found is None or (old is None and found.group(4) is not None):
        return
    level, type_name, suffix = found.group(1, 2, 3)
    letters = OLD_SUFFIXES[suffix] if old else suffix
    for each in sorted(TYPES) if type_name == ANY_TYPE else [type_name]:
        if each in TYPES:
            yield from (Right(level, each, letter) for letter in letters)
