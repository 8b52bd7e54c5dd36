"""A FHIR server that applies, and then often does not say so: one write in ten ends in a failure or in silence."""

import json
import random
import threading

from service.fhir.r4.types import Resource
from tests.faults.behaviours import stall
from tests.support.other_systems.misbehaving import Behaviour, Exchange, MisbehavingServer, reply


class StoredAsJson(dict[str, Resource]):
    """Resources in a tenth of the memory, so that a server can hold those of 10,000 submissions."""

    def __setitem__(self, address: str, resource: Resource) -> None:
        super().__setitem__(address, json.dumps(resource))  # type: ignore[assignment]

    def __getitem__(self, address: str) -> Resource:
        read: Resource = json.loads(super().__getitem__(address))  # type: ignore[arg-type]
        return read


def unreliable(chance: random.Random) -> MisbehavingServer:
    """A server that fails after 9 % of the writes, and keeps the client waiting after 1 %."""
    return MisbehavingServer(stored=StoredAsJson(), transaction=sometimes_failing(chance))


def sometimes_failing(chance: random.Random) -> Behaviour:
    """Applies every transaction; 3 % answer 500, 3 % 429, 3 % reset the connection, 1 % never answer."""
    lock = threading.Lock()

    def behave(exchange: Exchange) -> None:
        with lock:
            confirmed, drawn = exchange.server.store(exchange.request), chance.random()
            exchange.server.received.clear()
        if drawn < 0.03:
            exchange.send(reply(500, b""))
        elif drawn < 0.06:
            exchange.send(reply(429, b""))
        elif drawn < 0.09:
            exchange.reset()
        elif drawn < 0.10:
            stall(exchange)
        else:
            exchange.send(reply(200, confirmed))

    return behave
