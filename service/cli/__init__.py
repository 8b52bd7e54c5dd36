"""The command line: `sural`. Results go to standard output, everything else goes to standard error."""

from service.cli.main import main

__all__ = ["main"]
