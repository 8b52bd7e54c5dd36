"""A log that cannot be written: the line is dropped, the service goes on, and it is told how many are missing."""

import io
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
import requests
import structlog

from service import log_lines, logs
from service.cli.serving.lifecycle import announce
from service.log_lines import LogLines
from tests.support.running.serving import SERVE, START_SECONDS, environment, wait_until
from tests.test_serving import post


@pytest.fixture
def ends() -> Iterator[tuple[int, Any]]:
    """A pipe of the system: the descriptor of its reader, and the stream of its writer."""
    read, write = os.pipe()
    with os.fdopen(write, "w") as stream:
        yield read, stream


def lost_lines(base: str) -> float:
    """What /metrics says of them."""
    text = requests.get(f"{base.removesuffix('/fhir')}/metrics", timeout=20).text
    (line,) = [line for line in text.splitlines() if line.startswith("sural_log_lines_lost_total ")]
    return float(line.split()[1])


@contextmanager
def serving_with(folder: Path, output: IO[Any] | int, error: IO[Any] | int) -> Iterator[tuple[Any, str]]:
    """Runs `sural serve` on a port that is free, with these streams; its process and its FHIR address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = environment(folder, SURAL_PORT=str(port))
    with subprocess.Popen(SERVE, cwd=folder, env=env, stdout=output, stderr=error) as process:
        base = f"http://127.0.0.1:{port}/fhir"
        try:
            wait_until(lambda: process.poll() is not None or answers(port), START_SECONDS)
            yield process, base
        finally:
            process.kill()


def answers(port: int) -> bool:
    """True if something listens there."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_the_service_starts_serves_and_ends_with_a_log_that_is_full(tmp_path: Path) -> None:
    with open("/dev/full", "w") as full, serving_with(tmp_path, subprocess.DEVNULL, full) as (process, base):
        assert post(base).status_code == 201
        assert lost_lines(base) >= 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0


def test_a_reader_of_the_log_that_goes_away_fails_no_request(tmp_path: Path) -> None:
    with serving_with(tmp_path, subprocess.DEVNULL, subprocess.PIPE) as (process, base):
        assert post(base).status_code == 201
        assert lost_lines(base) == 0
        process.stderr.close()
        assert post(base, "Patient/p2").status_code == 201
        assert lost_lines(base) >= 1


def test_a_standard_output_that_is_full_is_a_line_of_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with open("/dev/full", "w") as full, log.open("w") as error, serving_with(tmp_path, full, error) as (process, base):
        assert post(base).status_code == 201
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0
    events = [json.loads(line)["event"] for line in log.read_text().splitlines()]
    assert "standard_output_lost" in events
    assert events[-1] == "process_stopped"


def test_lines_are_written_again_and_say_how_many_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    log, before, stream = structlog.get_logger(), log_lines.log_lines.lost, io.StringIO()
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stderr", full)
        logs.configure("info")
        log.info("first")
        logs.log_failure(ValueError)
    assert log_lines.log_lines.lost == before + 2
    monkeypatch.setattr(sys, "stderr", stream)
    logs.configure("info")
    log.info("third")
    third, told = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (third["event"], told["event"], told["count"]) == ("third", "log_lines_lost", 2)


def test_a_reader_that_has_stopped_makes_one_line_wait(ends: tuple[int, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_lines, "PATIENCE_SECONDS", 0.05)
    read, stream = ends
    lines = LogLines(stream)

    def write() -> None:
        """Writes more than a pipe takes."""
        for _ in range(100):
            lines.msg("a" * 1_000)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    writer.join(20)
    assert not writer.is_alive()
    assert 0 < lines.lost < 100
    os.close(read)


def test_a_line_that_was_torn_is_ended_before_the_next(ends: tuple[int, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    read, stream = ends
    lines, write, counts = LogLines(stream), os.write, iter([3])

    def fill(descriptor: int, line: bytes) -> int:
        """Writes three bytes; the disk is full then."""
        for count in counts:
            return write(descriptor, line[:count])
        raise OSError

    with monkeypatch.context() as full:
        full.setattr(os, "write", fill)
        lines.msg("torn")
    lines.msg("whole")
    assert os.read(read, 99) == b"tor\nwhole\n"
    os.close(read)


def test_a_process_without_standard_error_has_a_log_that_is_lost() -> None:
    lines = LogLines(None)
    lines.msg("line")
    assert lines.lost == 1


def test_a_long_line_to_a_reader_that_has_stopped_does_not_wait(
    ends: tuple[int, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_lines, "PATIENCE_SECONDS", 0.05)
    read, stream = ends
    lines = LogLines(stream)
    writer = threading.Thread(target=lines.msg, args=("a" * 1_000_000,), daemon=True)
    writer.start()
    writer.join(20)
    assert not writer.is_alive()
    assert lines.lost == 1
    os.close(read)


def test_a_stream_that_is_closed_is_not_written_to_by_its_number(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as stream:
        lines = LogLines(stream)
    with (tmp_path / "database").open("w") as other:
        lines.msg("line")
        assert other.fileno() == lines.descriptor
    assert (lines.lost, (tmp_path / "database").read_text()) == (1, "")


def test_a_failure_while_a_line_is_written_is_a_line_too() -> None:
    lines = LogLines(None)

    class Failing(io.StringIO):
        """Says that it has failed, in the middle of a write."""

        def write(self, text: str) -> int:
            lines.turn_to(None)
            lines.msg("failed")
            return 0

    lines.turn_to(Failing())
    writer = threading.Thread(target=lines.msg, args=("line",), daemon=True)
    writer.start()
    writer.join(20)
    assert not writer.is_alive()


def test_a_standard_output_that_is_closed_is_a_line_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    log, closed = io.StringIO(), io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", log)
    monkeypatch.setattr(sys, "stdout", closed)
    logs.configure("info")
    announce("Serving.")
    assert json.loads(log.getvalue())["event"] == "standard_output_lost"


class Refusing(io.StringIO):
    """A stream that takes no line, as often as it is told."""

    def __init__(self, *numbers: int) -> None:
        super().__init__()
        self.numbers, self.lines = numbers, 0

    def write(self, text: str) -> int:
        if text.strip():
            self.lines += 1
            if self.lines in self.numbers:
                raise OSError
        return super().write(text)


def test_lines_whose_number_is_lost_too_are_told_later(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two lines, and the one after the third that tells of them.
    stream = Refusing(1, 2, 4)
    monkeypatch.setattr(sys, "stderr", stream)
    logs.configure("info")
    for event in ("first", "second", "third", "fourth"):
        structlog.get_logger().info(event)
    third, fourth, told = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (third["event"], fourth["event"]) == ("third", "fourth")
    assert (told["event"], told["count"]) == ("log_lines_lost", 3)


def test_a_message_of_a_library_while_a_line_is_written_stops_no_other_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    handler, log = logs.LibraryLines(logging.WARNING), structlog.get_logger()
    record = logging.makeLogRecord({"levelno": logging.WARNING, "name": "library"})
    other = threading.Thread(target=handler.handle, args=(record,), daemon=True)

    class Collecting(io.StringIO):
        """While the first line is written, another thread and the library have something to say."""

        def write(self, text: str) -> int:
            if not other.ident:
                other.start()
                other.join(0.2)
                handler.handle(record)
            return super().write(text)

    monkeypatch.setattr(sys, "stderr", Collecting())
    logs.configure("info")
    writer = threading.Thread(target=log.info, args=("line",), daemon=True)
    writer.start()
    writer.join(5)
    other.join(5)
    assert not writer.is_alive()
    assert not other.is_alive()
