"""The service as a process: it starts, keeps what it acknowledged, refuses plainly, and ends in good order."""

import json
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest
import requests

from service.fhir.r4.strict_json import encode
from service.web.request_limits import MAX_HEADERS
from tests.support.building import scored
from tests.support.files import ROOT
from tests.support.rest import FHIR_JSON
from tests.support.running.serving import serving, sural, wait_until


def post(base: str, patient: str = "Patient/p1") -> requests.Response:
    body = encode(scored("gad-7", [1] * 7, patient=patient))
    return requests.post(f"{base}/QuestionnaireResponse", data=body, headers=FHIR_JSON, timeout=20)


def total(base: str, query: str) -> int:
    return int(requests.get(f"{base}/{query}", timeout=20).json()["total"])


def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        assert post(served.base).status_code == 201
        served.process.send_signal(signal.SIGKILL)
        served.process.wait(10)
    with serving(tmp_path) as served:
        assert total(served.base, "QuestionnaireResponse?patient=p1") == 1
        assert total(served.base, "ClinicalImpression?patient=p1") == 1
    assert sural("outbox", "list", folder=tmp_path).stdout.splitlines()[1].startswith("1\twaiting\t-\t0\t")


def test_its_files_are_for_its_user_alone_and_it_says_if_they_are_not(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        assert post(served.base).status_code == 201
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("sural.db*")}
        assert modes == dict.fromkeys(["sural.db", "sural.db-wal", "sural.db-shm", "sural.db.lock"], 0o600)
    assert not [line for line in served.log if "database_open_to_others" in line]
    (tmp_path / "sural.db").chmod(0o604)
    with serving(tmp_path) as served:
        pass
    assert len([line for line in served.log if "database_open_to_others" in line]) == 1


def test_it_says_where_things_are_and_ends_on_sigterm(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        said = "".join(served.lines)
        assert f"Responses are stored in {tmp_path / 'sural.db'}." in said
        assert "No FHIR server is set" in said
        assert "without access control" in said
        served.process.terminate()
        assert served.process.wait(20) == 0


def test_refused_responses_are_listed_while_it_runs(tmp_path: Path) -> None:
    refused = scored("phq-9", [0] * 8 + [1], answers={"safe-now": ["yes"]})
    large = b"{" + b" " * 1_048_576
    with serving(tmp_path) as served:
        for body in (encode({**refused, "questionnaire": "http://example.org/q"}), large):
            requests.post(f"{served.base}/QuestionnaireResponse", data=body, headers=FHIR_JSON, timeout=20)
        wait_until(lambda: sural("refused", "list", folder=tmp_path).stdout.count("\n") == 2, 20)
        lines = [line.split("\t") for line in sural("refused", "list", folder=tmp_path).stdout.splitlines()]
    assert [line[2:5] for line in lines] == [
        ["422", "Patient/p1", "PHQ-9 item 9: Several days (danger sign); Able to stay safe: Yes"],
        ["413", "-", "-"],
    ]


def test_its_start_and_its_stop_are_lines_of_the_log(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        pass
    lines = [json.loads(line) for line in served.log]
    first, last = lines[0], lines[-1]
    assert (first["event"], first["kind"], first["level"]) == ("process_started", "serve", "info")
    assert first["database"] == str(tmp_path / "sural.db")
    assert (last["event"], last["kind"], last["version"]) == ("process_stopped", "serve", first["version"])


def test_a_taken_port_is_one_plain_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = sural("serve", folder=tmp_path, SURAL_PORT=str(taken.getsockname()[1]))
    assert result.returncode == 1
    where = r"SURAL_HOST 127\.0\.0\.1, SURAL_PORT \d+"
    assert re.fullmatch(rf"Error: Cannot listen on {where}: Address already in use\.\n", result.stderr)


def test_every_line_of_the_log_is_an_object_of_ours(tmp_path: Path) -> None:
    strange = [
        b"GET http://[secret HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://secret\xe2\x84\x80/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01secret\r\n\r\n",
        b"GET /secret\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"secret",
    ]
    with serving(tmp_path) as served:
        port = int(served.base.split(":")[2].split("/")[0])
        for sent in strange:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(65536)
    assert served.log
    assert all("event" in json.loads(line) for line in served.log)
    assert "secret" not in "".join(served.log)


def test_a_second_service_on_one_database_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path):
        result = sural("serve", folder=tmp_path)
    assert result.returncode == 1
    assert "in use by another process" in result.stderr


def test_headers_beyond_the_limit_are_refused_by_the_web_server(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        for size, status in ((MAX_HEADERS // 2, 200), (MAX_HEADERS + 1, 431)):
            answer = requests.get(f"{served.base}/metadata", headers={"X-Long": "a" * size}, timeout=20)
            assert answer.status_code == status


def test_an_open_network_must_be_typed(tmp_path: Path) -> None:
    result = sural("serve", folder=tmp_path, SURAL_HOST="0.0.0.0")  # noqa: S104 the very thing that is refused
    assert result.returncode == 1
    assert "SURAL_AUTH=open" in result.stderr
    assert not (tmp_path / "sural.db").exists()


def test_bad_files_are_all_named_and_the_service_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    result = sural("serve", folder=tmp_path, SURAL_MAPPINGS=str(tmp_path / "mappings"))
    assert result.returncode == 1
    assert "ruleset.yaml: the file is missing" in result.stderr
    assert "Traceback" not in result.stderr


def readme_transcript() -> list[tuple[str, str]]:
    """The commands of the README's transcript, each with the output printed below it."""
    text = (ROOT / "README.md").read_text()
    (block,) = re.findall(r"```console\n(.*?)```", text, re.S)
    steps = re.findall(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", block, re.M)
    assert len(steps) >= 3
    return steps


def test_the_transcript_of_the_readme_works_as_printed(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        address = served.base.removeprefix("http://").removesuffix("/fhir")
        for command, printed in readme_transcript():
            there = command.replace("127.0.0.1:8080", address)
            result = subprocess.run(there, shell=True, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S602
            assert result.stdout.replace(address, "127.0.0.1:8080") == printed, command


def test_the_visit_of_the_readme_has_the_three_forms_of_the_patient() -> None:
    folder = ROOT / "tests" / "cases" / "patients" / "low-mood"
    entries = json.loads((folder / "visit.json").read_text())["entry"]
    forms = [json.loads((folder / f"{name}.json").read_text()) for name in ("leg-pain", "gad-7", "phq-9")]
    assert [entry["resource"] for entry in entries] == forms


@pytest.mark.parametrize("path", ["Dockerfile", "docker-compose.yml", "LICENSE", "NOTICE", ".ci/run"])
def test_what_the_readme_names_is_there(path: str) -> None:
    assert (ROOT / path).exists()
