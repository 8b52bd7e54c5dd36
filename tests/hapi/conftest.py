"""A real HAPI FHIR JPA server for the whole run: built once by make, started here on a free loopback port."""

import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

SERVER = Path(__file__).parent / "server"
CLASSPATH = f"{SERVER}/target/classes:{SERVER}/target/lib/*"
FHIR_JSON = {"Content-Type": "application/fhir+json", "Cache-Control": "no-cache"}
START_SECONDS = 180


def java(main: str, *arguments: str, options: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """Starts one of our Java programs."""
    if not (SERVER / "target" / "built").exists():
        pytest.fail("The HAPI FHIR server is not built. Run these tests with: make test-hapi", pytrace=False)
    command = ["java", "-Xmx2g", "-XX:TieredStopAtLevel=1", *options, "-cp", CLASSPATH, main, *arguments]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def port_of(process: subprocess.Popen[str]) -> str:
    """The port that the server says it listens on."""
    assert process.stdout is not None
    timer = threading.Timer(START_SECONDS, process.kill)
    timer.start()
    for line in process.stdout:
        if line.startswith("listening on "):
            timer.cancel()
            return line.split()[2]
    pytest.fail(f"The HAPI FHIR server did not start within {START_SECONDS} s.", pytrace=False)


@dataclass
class Hapi:
    """The server as an EHR uses it."""

    base: str
    session: requests.Session

    def search(self, query: str) -> list[dict[str, Any]]:
        """Everything that a search finds, through all pages."""
        found, url = [], f"{self.base}/{query}"
        while url:
            answer = self.session.get(url, headers=FHIR_JSON, timeout=60)
            assert answer.status_code == 200, answer.text
            bundle = answer.json()
            found += [entry["resource"] for entry in bundle.get("entry", [])]
            url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
        return found

    def put(self, resource: dict[str, Any]) -> requests.Response:
        url = f"{self.base}/{resource['resourceType']}/{resource['id']}"
        return self.session.put(url, json=resource, headers=FHIR_JSON, timeout=60)

    def get(self, path: str) -> requests.Response:
        return self.session.get(f"{self.base}/{path}", headers=FHIR_JSON, timeout=60)


def running(*options: str) -> Iterator[Hapi]:
    with java("peer.FhirServer", options=options) as process, requests.Session() as session:
        try:
            yield Hapi(f"http://127.0.0.1:{port_of(process)}/fhir", session)
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def hapi() -> Iterator[Hapi]:
    """The server, refusing what its validator finds an error in: the strictest that a site may have."""
    yield from running("-Dpeer.validate=true")
