"""The parts of a Bundle that a search returns."""

from service.fhir.r4.types import Resource

BASE = "http://sural.example/fhir"


def links(bundle: Resource) -> dict[str, str]:
    return {link["relation"]: link["url"] for link in bundle["link"]}


def outcomes(bundle: Resource) -> list[Resource]:
    return [e["resource"]["issue"][0] for e in bundle.get("entry", []) if e["search"]["mode"] == "outcome"]
