"""A service without access control says so on standard error, as long as it runs."""

from pathlib import Path
from typing import Any

from service.cli.serving.open_service import reminding
from tests.support.other_systems.issuing import issuer_file, issuing
from tests.support.running.serving import serving, wait_until


def test_it_warns_at_once_and_every_ten_minutes(logged: Any) -> None:
    seconds = [0.0]
    remind = reminding(lambda: seconds[0])
    told = []
    for now in (0.0, 1.0, 599.0, 600.0, 601.0, 1_200.0):
        seconds[0] = now
        assert not remind()
        told.append(len(logged.of("no_access_control")))
    assert told == [1, 1, 1, 2, 2, 3]


def test_an_open_service_warns_and_another_one_does_not(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        wait_until(lambda: any("no_access_control" in line for line in served.log), 60)
    with issuing() as issuer:
        file = issuer_file(tmp_path, issuer)
    secured = {"SURAL_ISSUERS": str(file), "SURAL_BASE_URL": "http://sural.example/fhir"}
    (tmp_path / "other").mkdir()
    with serving(tmp_path / "other", **secured) as served:
        assert served.base
    assert not any("no_access_control" in line for line in served.log)
