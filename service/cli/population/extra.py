"""The libraries of `sural[population]`, which the service runs without."""

from importlib.util import find_spec

from service.cli.failures import CommandFailed

LIBRARIES = ("numpy", "pyarrow", "distributed")


def require_population_extra() -> None:
    """Raises CommandFailed with a plain sentence if the libraries are not installed."""
    if any(find_spec(name) is None for name in LIBRARIES):
        raise CommandFailed('The libraries for this are not installed. Run: pip install "sural[population]"')
