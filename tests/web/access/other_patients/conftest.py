"""The application with a response of each of two patients, and a client of the first."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.fhir.interactions import STORED
from service.fhir.r4.types import Resource
from tests.support.building import scored
from tests.support.other_systems.issuing import Issuer, bearer, issuer_file, secured
from tests.support.rest import Clock, Rest, content

UNKNOWN = "none-such"
OWN, OTHER = "Patient/p1", "Patient/p2"


@pytest.fixture
def safe(sqlite: Any, clock: Clock, tmp_path: Path, issuer: Issuer) -> Rest:
    """The application with a response of each of two patients."""
    rest = secured(sqlite, clock, issuer_file(tmp_path, issuer))
    for patient, system in ((OWN, "urn:own"), (OTHER, "urn:other")):
        body = {**response(patient), "identifier": {"system": system, "value": "1"}}
        assert rest.post(body, **bearer(issuer.give())).status_code == 201
    return rest


@pytest.fixture
def own(issuer: Issuer) -> dict[str, str]:
    """The header of a client that may do everything for the first patient."""
    return bearer(issuer.give(scope="patient/*.cruds", patient="p1"))


def response(patient: str, **more: Any) -> Resource:
    return {**scored("phq-9", [1] * 9, answers={"safe-now": ["no"]}, patient=patient), **more}


def of_other(rest: Rest, issuer: Issuer) -> dict[str, list[str]]:
    """The ids of everything that is stored of the other patient, by type."""
    everything = bearer(issuer.give())
    ids: dict[str, list[str]] = {}
    for type_name in STORED:
        found = content(rest.get(f"{type_name}?_count=200", **everything)).get("entry", [])
        ids[type_name] = [entry["resource"]["id"] for entry in found if OTHER in json.dumps(entry["resource"])]
    # A Provenance does not name the patient, but what it is about.
    others = {f"{name}/{id}" for name, each in ids.items() for id in each}
    about = content(rest.get("Provenance?_count=200", **everything))["entry"]
    ids["Provenance"] = [
        entry["resource"]["id"]
        for entry in about
        if any(target["reference"] in others for target in entry["resource"]["target"])
    ]
    return ids
