"""Our Java programs in tests/hapi/server, built by make."""

import subprocess
from pathlib import Path

import pytest

SERVER = Path(__file__).parent / "server"
CLASSPATH = f"{SERVER}/target/classes:{SERVER}/target/lib/*"


def java(main: str, *arguments: str, options: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """Starts one of our Java programs."""
    if not (SERVER / "target" / "built").exists():
        pytest.fail("The HAPI FHIR server is not built. Run these tests with: make test-hapi", pytrace=False)
    command = ["java", "-Xmx2g", "-XX:TieredStopAtLevel=1", *options, "-cp", CLASSPATH, main, *arguments]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
