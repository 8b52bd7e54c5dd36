"""Types that all of fhir/ uses: a resource as JSON, and a resource with the version that the store gave it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

Resource = dict[str, Any]


@dataclass(frozen=True)
class StoredResource:
    """A resource, its version number (1, 2, ...) and the time at which that version was stored."""

    resource: Resource
    version: int
    stored: datetime
