"""R4's own ValueSets, as far as they list all their codes: `mappings/r4-value-sets.json`.

https://hl7.org/fhir/R4/terminologies-valuesets.html
"""

import json
from functools import cached_property

from service.adapters.mappings.published_forms import data_folder
from service.fhir.r4.types import Resource
from service.fhir.terminology.value_set_membership import TerminologyResources, TerminologyType

BASE = "http://hl7.org/fhir/ValueSet/"
VERSION = "4.0.1"


class CoreValueSets(TerminologyResources):
    """The ValueSets of R4, read when the first one is looked up."""

    @cached_property
    def listed(self) -> dict[str, dict[str, dict[str, str]]]:
        """The displays by code, system and name of the ValueSet."""
        content: dict[str, dict[str, dict[str, str]]] = json.loads(
            (data_folder("mappings") / "r4-value-sets.json").read_text(encoding="utf-8")
        )
        return content

    def find(self, type_name: TerminologyType, canonical: str) -> Resource | None:
        """The ValueSet with a canonical, without a version or with that of R4."""
        name = canonical.removeprefix(BASE).removesuffix(f"|{VERSION}")
        if type_name != "ValueSet" or not canonical.startswith(BASE) or name not in self.listed:
            return None
        if (type_name, name) not in self.by_canonical:
            self.by_canonical[type_name, name] = value_set(name, self.listed[name])
        return self.by_canonical[type_name, name]


def value_set(name: str, systems: dict[str, dict[str, str]]) -> Resource:
    """The ValueSet of a name with these displays by system and code."""
    include = [
        {"system": system, "concept": [{"code": code, "display": display} for code, display in codes.items()]}
        for system, codes in systems.items()
    ]
    return {"resourceType": "ValueSet", "url": f"{BASE}{name}", "version": VERSION, "compose": {"include": include}}
