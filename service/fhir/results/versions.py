"""New versions of results that have changed, and withdrawal of results that no longer apply.

https://hl7.org/fhir/R4/valueset-observation-status.html
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from service.fhir.r4.types import Resource, StoredResource


@dataclass(frozen=True)
class ResourceVersion:
    """A version of a resource to be stored. ``sent`` is the resource as delivered, if that differs."""

    resource: Resource
    number: int
    sent: Resource | None = None

    @property
    def outgoing(self) -> Resource:
        """The resource as delivered to the FHIR server."""
        return self.sent or self.resource


# Resource type and id.
Key = tuple[str, str]

WITHDRAWN = "entered-in-error"
# Elements ignored when deciding whether a result has changed: they differ each time, or follow from the rest.
IGNORED_ELEMENTS = {"Observation": {"status"}, "ClinicalImpression": {"date"}, "Provenance": {"recorded", "target"}}


def changed_versions(made: Iterable[Resource], current: Mapping[Key, StoredResource]) -> list[ResourceVersion]:
    """Returns the versions to be stored so that ``made`` replaces the current results; none if nothing changed.

    A Provenance alone is no change: it records the change of other results.
    """
    wanted = {key_of(resource): resource for resource in made}
    changed = [
        *(version for key, resource in wanted.items() for version in new_version(resource, current.get(key))),
        *(withdrawn(stored) for key, stored in current.items() if key not in wanted and withdrawable(stored.resource)),
    ]
    return changed if any(version.resource["resourceType"] != "Provenance" for version in changed) else []


def key_of(resource: Resource) -> Key:
    """Returns the key of a resource."""
    return resource["resourceType"], resource["id"]


def address_of(resource: Resource) -> str:
    """Returns our address of a resource: type and id, such as "Observation/o-1"."""
    return f"{resource['resourceType']}/{resource['id']}"


def new_version(made: Resource, stored: StoredResource | None) -> Iterator[ResourceVersion]:
    """Yields the resource as a version if it is new or differs from the stored one."""
    if stored is None:
        yield ResourceVersion(made, 1)
    elif not says_the_same(made, stored.resource, IGNORED_ELEMENTS.get(made["resourceType"], ())) or status_moves(
        made, stored.resource
    ):
        yield ResourceVersion({**made, **amended_status(made, stored.resource)}, stored.version + 1)


def says_the_same(first: Resource, second: Resource, ignoring: Collection[str]) -> bool:
    """True if two versions of a resource are equal apart from these elements, such as "status", "meta.versionId"."""
    return without_elements(first, ignoring) == without_elements(second, ignoring)


def without_elements(resource: Resource, names: Collection[str]) -> Resource:
    """The resource without these elements, and without a ``meta`` that is left empty."""
    kept = {key: value for key, value in resource.items() if key not in names}
    if "meta" in kept:
        kept["meta"] = {key: value for key, value in kept["meta"].items() if f"meta.{key}" not in names}
    return kept if kept.get("meta", True) else {key: value for key, value in kept.items() if key != "meta"}


def status_moves(made: Resource, stored: Resource) -> bool:
    """True if an Observation was preliminary and is final now, or was withdrawn and is restored."""
    return made["resourceType"] == "Observation" and (
        stored["status"] == WITHDRAWN or (stored["status"], made["status"]) == ("preliminary", "final")
    )


def amended_status(made: Resource, stored: Resource) -> Resource:
    """Returns status ``amended`` if a final Observation has changed, else an empty object."""
    was_final = (
        made["resourceType"] == "Observation" and made["status"] == "final" and stored["status"] != "preliminary"
    )
    return {"status": "amended"} if was_final else {}


def withdrawable(resource: Resource) -> bool:
    """True if a result can be withdrawn and is not withdrawn yet. A Task belongs to the person who works on it."""
    return resource["resourceType"] in ("Observation", "ClinicalImpression") and resource["status"] != WITHDRAWN


def withdrawn(stored: StoredResource) -> ResourceVersion:
    """Returns a version with status ``entered-in-error`` and the content of the version before."""
    return ResourceVersion({**stored.resource, "status": WITHDRAWN}, stored.version + 1)


def cancelled(stored: StoredResource, reason: str, now: str) -> ResourceVersion:
    """Returns a cancelled version of a Task whose impression was withdrawn."""
    changed = {"status": "cancelled", "statusReason": {"text": reason}, "lastModified": now}
    return ResourceVersion({**stored.resource, **changed}, stored.version + 1)
