"""What changes in the results of an act: new versions of what differs, withdrawal of what is gone.

https://hl7.org/fhir/R4/valueset-observation-status.html
"""

from collections.abc import Iterable, Iterator, Mapping

from service.fhir.reading import Resource
from service.fhir.records import Held, Version

Key = tuple[str, str]

WITHDRAWN = "entered-in-error"
# What differs each time, or follows from the rest, and so makes no new version by itself.
PASSING = {"Observation": {"status"}, "ClinicalImpression": {"date"}, "Provenance": {"recorded", "target"}}


def versions(made: Iterable[Resource], current: Mapping[Key, Held]) -> list[Version]:
    """The new versions that stand in the place of the current ones; none when nothing changed."""
    wanted = {key_of(resource): resource for resource in made}
    changed = [
        *(version for key, resource in wanted.items() for version in replacing(resource, current.get(key))),
        *(withdrawn(held) for key, held in current.items() if key not in wanted and withdrawable(held.resource)),
    ]
    return changed if any(version.resource["resourceType"] != "Provenance" for version in changed) else []


def key_of(resource: Resource) -> Key:
    return resource["resourceType"], resource["id"]


def replacing(made: Resource, held: Held | None) -> Iterator[Version]:
    """The resource as a version of its own, when it is new or says something else than the one before."""
    if held is None:
        yield Version(made, 1)
    elif not same(made, held.resource) or status_moves(made, held.resource):
        yield Version({**made, **amended(made, held.resource)}, held.version + 1)


def same(made: Resource, held: Resource) -> bool:
    """Whether two versions say the same."""
    passing = PASSING.get(made["resourceType"], set())
    return {k: v for k, v in made.items() if k not in passing} == {k: v for k, v in held.items() if k not in passing}


def status_moves(made: Resource, held: Resource) -> bool:
    """Whether an Observation was only preliminary and now is final, or was withdrawn and is back."""
    return made["resourceType"] == "Observation" and (
        held["status"] == WITHDRAWN or (held["status"], made["status"]) == ("preliminary", "final")
    )


def amended(made: Resource, held: Resource) -> Resource:
    """The status of an Observation that was final and is another now."""
    was_final = made["resourceType"] == "Observation" and made["status"] == "final" and held["status"] != "preliminary"
    return {"status": "amended"} if was_final else {}


def withdrawable(resource: Resource) -> bool:
    """Whether a result can be withdrawn and is not yet; Tasks belong to those who work on them."""
    return resource["resourceType"] in ("Observation", "ClinicalImpression") and resource["status"] != WITHDRAWN


def withdrawn(held: Held) -> Version:
    """A version that takes back the one before, and keeps what it said."""
    return Version({**held.resource, "status": WITHDRAWN}, held.version + 1)


def cancelled(held: Held, reason: str, now: str) -> Version:
    """A Task that nobody has to do any more, because its impression was withdrawn."""
    changed = {"status": "cancelled", "statusReason": {"text": reason}, "lastModified": now}
    return Version({**held.resource, **changed}, held.version + 1)
