"""The published questionnaires, as the use cases need them."""

from collections.abc import Sequence
from typing import Protocol

from service.fhir.terminology.value_set_membership import TerminologyResources
from service.screening.instruments.editions import InstrumentEdition
from service.screening.instruments.instrument import Instrument


class InstrumentCatalogue(Protocol):
    """The published Questionnaires, with the CodeSystems and ValueSets that they refer to."""

    @property
    def terms(self) -> TerminologyResources:
        """The published CodeSystems and ValueSets."""

    @property
    def canonicals(self) -> Sequence[str]:
        """The canonical urls of the questionnaires to which responses are accepted, editions included, in order."""

    def instrument(self, name: str) -> Instrument:
        """The newest active questionnaire of an instrument, for example of "phq-9"."""

    def find_by_id(self, id: str) -> InstrumentEdition | None:
        """The published questionnaire with this id, such as "gad-7", or None."""

    def find(self, canonical: str) -> InstrumentEdition | None:
        """The edition with this canonical, such as "https://w3id.org/sural/Questionnaire/gad-7|1.0.0", or None."""
