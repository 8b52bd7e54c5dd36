"""The Bundle that responses result in, and access to the resources in it."""

from typing import Any

from service.fhir.ids import BASE
from service.fhir.r4.strict_json import load
from service.fhir.r4.types import Resource
from service.usecases.operations.preview import dry_run
from tests.support.building import NOW, context
from tests.support.files import SAMPLES


def sample(name: str) -> Resource:
    return load((SAMPLES / name).read_bytes())


def bundle_of(*resources: Resource, birth: str | None = None) -> Resource:
    return dry_run(resources, context(), NOW, birth)


def written(bundle: Resource, type_name: str) -> list[Resource]:
    found = (entry["resource"] for entry in bundle["entry"])
    return [resource for resource in found if resource["resourceType"] == type_name]


def by_code(bundle: Resource, code: str) -> list[Resource]:
    observations = written(bundle, "Observation")
    return [o for o in observations if any(c["code"] == code for c in o["code"]["coding"])]


def one(bundle: Resource, type_name: str) -> Resource:
    (found,) = written(bundle, type_name)
    return found


def extension(element: Resource, name: str) -> Any:
    return next((value(e) for e in element["extension"] if e["url"] == f"{BASE}/StructureDefinition/{name}"), None)


def value(extension: Resource) -> Any:
    return next(inner for key, inner in extension.items() if key.startswith("value"))


def codes(concepts: list[Resource]) -> list[str]:
    return [coding["code"] for concept in concepts for coding in concept["coding"]]


STENOSIS = {
    "lp-side": ["both-unequal"],
    "lp-start": ["low-back"],
    "lp-where": ["low-back", "thigh-back"],
    "lp-spread": ["no-pattern"],
    "lp-feel": ["dull-ache"],
    "lp-duration": ["gt-3m"],
    "lp-course": ["steady"],
    "lp-worse": ["standing", "walking"],
    "lp-better": ["sitting"],
}
