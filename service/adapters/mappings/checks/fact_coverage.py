"""Where each fact of the knowledge base is used: in a question, a rule, a red flag or a piece of advice."""

from collections.abc import Iterator
from dataclasses import dataclass

from service.adapters.mappings.catalogue import LoadedCatalogue
from service.adapters.mappings.checks.usages import fact_uses

# Facts of these kinds must be used in a questionnaire, the rules or the advice; the others are background.
KINDS_TO_USE = frozenset(
    {"question", "answer-option", "rule-supports", "rule-opposes", "red-flag", "investigation", "management"}
)


@dataclass(frozen=True)
class CoveredFact:
    """A fact with its uses, e.g. ``red flag fever``, or with the reason why it has none."""

    fact: str
    kinds: tuple[str, ...]
    uses: tuple[str, ...]
    reason: str | None = None

    @property
    def lost(self) -> bool:
        """Whether it has neither a use nor a reason."""
        return not self.uses and self.reason is None


def fact_coverage(catalogue: LoadedCatalogue) -> Iterator[CoveredFact]:
    """Every fact that must be used, in the order of sources.yaml."""
    uses: dict[str, dict[str, None]] = {}
    for id, use in fact_uses(catalogue):
        uses.setdefault(id, {})[use] = None
    for id, fact in catalogue.facts.by_id.items():
        if KINDS_TO_USE.intersection(fact.kinds):
            yield CoveredFact(id, fact.kinds, tuple(uses.get(id, ())), catalogue.excused.facts.get(id))
