"""The HL7 validator as one process, with what we publish and, if PROFILES names its folder, US Core's profiles."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from service.fhir.definitions.published import published_resources
from service.fhir.r4.strict_json import encode, load
from service.fhir.r4.types import Resource
from tests.hapi.java_programs import java
from tests.support.building import catalogue
from tests.support.files import SAMPLES

# Offline the validator can make no snapshot: it says the same of HL7's own extensions.
NO_SNAPSHOT = "Error generating Snapshot: Unable to resolve package id hl7.fhir.r4.core#null"
NOT_FOUND = "Questionnaire_QR_Q_NotFound"
PROFILES = os.environ.get("PROFILES")
CHECKED = ("us-core-observation-screening-assessment", "us-core-simple-observation", "us-core-provenance")
# It is based on a profile of SDC that is not among the files. tests/guides/rules.yaml has its rules.
LEFT_OUT = ("us-core-questionnaireresponse",)
# It is not among the files either. No result contains a Patient, so nothing is checked against it.
STAND_INS = ("http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient=Patient",)


class Validator:
    """One process that is fed resources."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.input, self.output = process.stdin, process.stdout
        assert self.output.readline() == "ready\n"

    def issues(self, resource: Resource, profile: str = "") -> list[Any]:
        self.input.write(f"{profile} {encode(resource).decode()}\n")
        self.input.flush()
        found: list[Any] = json.loads(self.output.readline())["issue"]
        return found

    def errors(self, resource: Resource, profile: str = "") -> list[str]:
        """Errors, and the warning that a response was not checked at all."""
        return [
            f"{issue.get('location')}: {issue['diagnostics']}"
            for issue in self.issues(resource, profile)
            if issue["severity"] in ("error", "fatal") or NOT_FOUND in str(issue)
        ]


def run_validator(folder: Path) -> Iterator[Validator]:
    """Runs the validator; ``folder`` is for the files that it reads."""
    forms = [load(path.read_bytes()) for path in SAMPLES.glob("us-core-Questionnaire-*.json")]
    # CodeSystems of R5 that SDC 4.0 names: the validator of R4 does not have them.
    newer = json.loads((Path(__file__).parent / "newer_code_systems.json").read_bytes())
    for resource in (*published_resources(catalogue()), *forms, *newer):
        (folder / f"{resource['resourceType']}-{resource['id']}.json").write_bytes(encode(resource))
    guide = (str(Path(PROFILES).resolve()), ",".join(CHECKED), ",".join(LEFT_OUT), *STAND_INS) if PROFILES else ()
    with java("peer.Validator", str(folder), *guide) as process:
        yield Validator(process)
        process.terminate()
