"""The command line: `sural`. Results go to standard output, everything else to standard error."""

from service.cli import checking, comparing, delivering, responses, running
from service.cli.command import main

__all__ = ["checking", "comparing", "delivering", "main", "responses", "running"]
