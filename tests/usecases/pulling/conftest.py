"""A FHIR server to which portals write, and what picks responses up there."""

import pytest

from service.usecases.pulling.fetch import Puller
from tests.support.other_systems.portal_server import PortalServer, puller_of
from tests.support.rest import Clock, Rest


@pytest.fixture
def server(clock: Clock) -> PortalServer:
    return PortalServer(clock)


@pytest.fixture
def puller(rest: Rest, server: PortalServer) -> Puller:
    return puller_of(rest, server)
