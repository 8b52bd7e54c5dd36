"""A process that may open few files serves fewer connections, or does not start."""

import pytest

from service.cli.failures import CommandFailed
from service.cli.serving.http_server import ConnectionLimits
from service.cli.serving.open_files import fit_connections

LIMITS = ConnectionLimits(connections=1_000, header_seconds=3)


@pytest.mark.parametrize(("files", "connections"), [(400, 100), (401, 100), (1_024, 412), (2_200, 1_000)])
def test_each_connection_has_its_files(files: int, connections: int) -> None:
    assert fit_connections(LIMITS, files) == ConnectionLimits(connections=connections, header_seconds=3)


def test_too_few_files_are_told_at_the_start() -> None:
    with pytest.raises(CommandFailed, match="may open 399 files and needs 400, and 2,200 for all its connections"):
        fit_connections(LIMITS, 399)
