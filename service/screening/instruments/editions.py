"""Other publishers' editions of an instrument: how their forms and answers differ from ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.screening.instruments.instrument import Instrument
from service.screening.instruments.typed_value import Coding


@dataclass(frozen=True, slots=True)
class Gate:
    """Questions that are asked only if the weights of the answers to a few others reach a sum.

    Example: items 3 to 9 of the PHQ-9, asked only if the first two (the PHQ-2) reach 3.
    """

    asks: frozenset[str]
    sum_of: tuple[str, ...]
    reaches: int


@dataclass(frozen=True, slots=True)
class SenderForm:
    """How the sender's form differs from ours: items that it lacks, and items that it shows without our enableWhen.

    ``gates``: questions that it may leave out because of the answers to others.
    """

    lacks: frozenset[str] = frozenset()
    always_shows: frozenset[str] = frozenset()
    gates: tuple[Gate, ...] = ()


OUR_FORM = SenderForm()


@dataclass(frozen=True)
class Edition:
    """One edition: its canonical (``version`` None means every version), and how it maps to our questionnaire.

    ``link_ids`` maps their linkIds to ours; a linkId that it does not contain is the same in both. ``dropped`` are
    linkIds of theirs that we have no item for. ``codings`` maps their answer to ours, by our linkId ("" means every
    item). ``not_answered`` are answers that mean "no answer", each with its data-absent-reason if it gives one.
    ``codes_alone``: a Coding may lack its system. ``weights``: an answer may be the weight of an option.
    """

    url: str
    version: str | None = None
    link_ids: Mapping[str, str] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
    codings: Mapping[tuple[str, Coding], Coding] = field(default_factory=dict)
    not_answered: Mapping[Coding, str | None] = field(default_factory=dict)
    codes_alone: bool = False
    weights: bool = False
    form: SenderForm = OUR_FORM


@dataclass(frozen=True)
class InstrumentEdition:
    """The instrument that a response's canonical names, and the edition if it is not our own questionnaire.

    ``recognised``: the canonical is not known, the instrument was recognised by the codes in the response.
    """

    instrument: Instrument
    edition: Edition | None = None
    recognised: bool = False

    @property
    def sender_form(self) -> SenderForm:
        """How the questionnaire that was answered differs from ours."""
        return self.edition.form if self.edition is not None else OUR_FORM
