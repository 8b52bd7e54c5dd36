"""The lines of the log on their way out. A line that cannot be written is dropped and counted, and the work goes on.

A full disk, a closed pipe or a reader that has stopped would otherwise fail the request that the line tells of,
although what it asked for is stored.
"""

import os
import select
import sys
import threading
from typing import TextIO

import structlog

# How long the first line waits for a reader that does not read. Those after it do not wait, until it reads again.
PATIENCE_SECONDS = 1.0


class LogLines:
    """The logger below structlog: writes each line to a stream as one write, or counts it in ``lost``."""

    def __init__(self, stream: TextIO | None) -> None:
        # What fails while a line is written, in the same thread, is a line too (logs.py, `unraisablehook`).
        self.lock = threading.RLock()
        self.lost = self.untold = 0
        self.turn_to(stream)

    def turn_to(self, stream: TextIO | None) -> None:
        """From now on, writes to this stream."""
        self.stream, self.descriptor, self.is_torn = stream, descriptor_of(stream), False

    def msg(self, line: str) -> None:
        """Writes a line, or drops it. The first line that is written again is followed by the number that were not."""
        with self.lock:
            try:
                self.write(line)
            # ValueError: the stream is closed, or its encoding has no such character.
            except (OSError, ValueError):
                self.lost, self.untold = self.lost + 1, self.untold + 1
                return
            lost, count, self.untold = self.lost, self.untold, 0
            if count:
                structlog.get_logger().error("log_lines_lost", count=count)
                if self.lost > lost:
                    # The line that tells of them is lost too.
                    self.untold += count

    debug = info = warning = error = critical = msg

    def write(self, line: str) -> None:
        """Writes a line. Raises OSError or ValueError if it cannot be written."""
        if self.stream is None or self.stream.closed:
            raise OSError("there is no standard error")
        if self.descriptor is None:
            print(line, file=self.stream, flush=True)
        else:
            # Not through the buffer of the stream: what fails stays in it, and fails again at the end of the process.
            self.write_bytes(self.descriptor, line.encode(errors="backslashreplace"))

    def write_bytes(self, descriptor: int, line: bytes) -> None:
        """Writes a line to a file or a pipe. One of which a part was written is ended before the next one."""
        rest = b"\n" * self.is_torn + line + b"\n"
        while rest:
            self.require_reader(descriptor)
            # A pipe that is ready takes so many bytes without waiting.
            count = os.write(descriptor, rest[: select.PIPE_BUF])
            rest = rest[count:]
            self.is_torn = bool(rest)

    def require_reader(self, descriptor: int) -> None:
        """Raises OSError if a write would wait for a reader that does not read."""
        ready = select.poll()
        ready.register(descriptor, select.POLLOUT)
        if not ready.poll(0 if self.untold else PATIENCE_SECONDS * 1_000):
            raise OSError("nobody reads the log")


def descriptor_of(stream: TextIO | None) -> int | None:
    """The number of the file of a stream; None if it has none, as in memory."""
    try:
        return None if stream is None else stream.fileno()
    except (OSError, ValueError):
        return None


# Those of this process.
log_lines = LogLines(sys.stderr)
