"""How our forms look to patients, beyond what the Questionnaires say: mappings/form.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class BodyMap:
    """The drawing beside a question. ``areas``: the areas of the drawing that each option (by code) covers.

    ``side_question``: the linkId of the question for the side, ``sides``: the sides that each of its options lights.
    """

    areas: Mapping[str, tuple[str, ...]]
    side_question: str
    sides: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class ExamplePatient:
    """A patient of the demo: an id, and words about them."""

    id: str
    words: str


@dataclass(frozen=True)
class FormLayout:
    """The layout of all forms.

    ``names`` and ``minutes`` are by id of the questionnaire, ``languages`` are names by tag. ``ask_again``: questions
    that are asked once more if they are left open. ``visits``: the ids of the forms that the demo offers together.
    ``declining``: the questions that may be declined, each with the code of data-absent-reason.
    ``moved``: groups by linkId, each with the question that it follows at once, wherever the Questionnaire has it.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    minutes: Mapping[str, int] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=lambda: {"en": "English"})
    ask_again: frozenset[str] = frozenset()
    declining: Mapping[str, str] = field(default_factory=dict)
    body_maps: Mapping[str, BodyMap] = field(default_factory=dict)
    visits: tuple[tuple[str, ...], ...] = ()
    examples: tuple[ExamplePatient, ...] = ()
    moved: Mapping[str, str] = field(default_factory=dict)
