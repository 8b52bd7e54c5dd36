"""The place of each resource of an act: a short name for it, in what is sent and in what was delivered.

A place is `resource.position`, which no other resource of the act has, in any version.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from service.adapters.database import tables as t
from service.fhir.results.impression_observation import IMPRESSION, observation_address


def places_of(connection: Connection, act: int) -> dict[str, int]:
    """The places of an act by address, such as "Observation/o-1".

    The Observation that stands for an impression has a place of its own: minus that of the impression, minus one.
    """
    own = read_places(connection, act)
    impressions = {address: place for address, place in own.items() if address.startswith(f"{IMPRESSION}/")}
    return {**own, **{observation_address(address): -1 - place for address, place in impressions.items()}}


def read_places(connection: Connection, act: int) -> dict[str, int]:
    """The places of the resources of an act that are stored, by address."""
    columns = (t.resource.c.type, t.resource.c.id, t.resource.c.position)
    rows = connection.execute(select(*columns).where(t.resource.c.act == act, t.resource.c.current))
    return {f"{row.type}/{row.id}": row.position for row in rows}


def place_of_resource(place: int) -> int:
    """The place of the resource itself, for that of an Observation that stands for it too."""
    return place if place >= 0 else -1 - place


def addresses_of(places: Mapping[str, int]) -> dict[int, str]:
    """The address at each place."""
    return {place: address for address, place in places.items()}
