"""The ImplementationGuide of our package: it names every resource in it.

https://hl7.org/fhir/R4/implementationguide.html
"""

from collections.abc import Iterable

from service.fhir.definitions.code_systems import publication_header, version_algorithm
from service.fhir.ids import BASE
from service.fhir.r4.types import Resource

PACKAGE_ID = "sural.screening"
TITLE = "Sural: screening of leg pain, anxiety and depression"
DESCRIPTION = (
    "The Questionnaires of the service with the CodeSystems, ValueSets and extensions of its results, its rules as a "
    "PlanDefinition, and the responses of one patient with their results as examples."
)


def implementation_guide(
    published: Iterable[Resource], examples: Iterable[Resource], version: str, date: str
) -> Resource:
    """Returns the ImplementationGuide of a package with these resources. ``date`` is a FHIR date."""
    return {
        "resourceType": "ImplementationGuide",
        "id": PACKAGE_ID,
        "language": "en",
        "extension": [version_algorithm()],
        "url": f"{BASE}/ImplementationGuide/{PACKAGE_ID}",
        "version": version,
        "name": "SuralScreening",
        **publication_header(TITLE, DESCRIPTION, date),
        "packageId": PACKAGE_ID,
        "license": "Apache-2.0",
        "fhirVersion": ["4.0.1"],
        "definition": {
            "resource": [
                *(guide_entry(resource, False) for resource in published),
                *(guide_entry(resource, True) for resource in examples),
            ]
        },
    }


def guide_entry(resource: Resource, is_example: bool) -> Resource:
    """Returns one ``definition.resource``."""
    reference = {"reference": f"{resource['resourceType']}/{resource['id']}"}
    return {"reference": reference, "name": resource.get("title", reference["reference"]), "exampleBoolean": is_example}
