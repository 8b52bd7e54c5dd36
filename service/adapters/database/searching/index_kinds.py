"""Where the search index keeps a value: in a set of tokens, as a reference within the submission, or as an entry.

Most values of our results repeat: the codes are those of the forms and rules, the references lead to resources of the
same submission, the identifier is the id. So a resource has the number of its set of tokens and a short text of
references, and only the rest has rows of its own.
"""

from collections.abc import Collection, Mapping

from service.fhir.search.search_parameters import EFFECTIVE_TIME

IDENTIFIER = "identifier"
# The letter of a reference in the column `within`. A letter is never given to another parameter: it is stored.
REFERENCE_LETTERS: Mapping[str, str] = {
    "derived-from": "d",
    "has-member": "m",
    "investigation": "v",
    "previous": "p",
    "target": "t",
    "entity": "e",
    "focus": "f",
}
# The parameters whose values are in the set of tokens: statuses, and the codes of our forms and rules. Clients choose
# no such value, so the sets are few and name nobody.
TOKEN_PARAMETERS: Mapping[str, Collection[str]] = {
    "QuestionnaireResponse": ("status", "questionnaire"),
    "Observation": ("status", "category", "code", "value-concept"),
    "ClinicalImpression": ("status", "finding-code"),
}
# The types whose identifier is their id: we give both.
IDENTIFIED_BY_ID = ("Observation", "ClinicalImpression")


def has_tokens(type_name: str, parameter: str) -> bool:
    """True if the values of a parameter are in the set of tokens of a resource."""
    return parameter in TOKEN_PARAMETERS.get(type_name, ())


def is_effective_time(type_name: str, parameter: str) -> bool:
    """True if the columns `effective` and `ends` have the range of the parameter."""
    return EFFECTIVE_TIME.get(type_name) == parameter
