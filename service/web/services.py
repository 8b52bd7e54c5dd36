"""What the faces work with, handed in by the wiring."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flask import current_app

from service import amend, find, submit
from service.fhir.intake import Desk
from service.fhir.reading import Resource


class Store(submit.Store, find.Store, amend.Store, Protocol):
    """Where responses and results are kept."""


@dataclass(frozen=True)
class Services:
    """Everything behind the faces. ``base`` is the address of the FHIR interface, ``capability`` what it offers,
    ``page_key`` signs links to pages."""

    desk: Desk
    store: Store
    library: find.Library
    base: str
    capability: Resource
    searches: find.Searches
    page_key: bytes
    now: Callable[[], datetime]
    new_id: Callable[[], str]


def services() -> Services:
    """The services of the running application."""
    found: Services = current_app.extensions["sural"]
    return found
