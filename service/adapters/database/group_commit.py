"""Writes of several threads in one transaction of SQLite: its file reaches the disk once for all of them.

While a thread commits, the writes of others queue. Then the first of them writes all that wait, each after the other.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import copy_context
from itertools import islice

from sqlalchemy import Connection

from service.issues import Unavailable
from service.work import seconds_to_wait

Act = Callable[[Connection], None]
# More would keep other writers from the database for long.
MOST_AT_ONCE = 16


class QueuedWrite:
    """A write of one thread. It may be done again after it was undone."""

    def __init__(self, act: Act) -> None:
        self.act, self.context = act, copy_context()
        # Set when it is done, or when it is the first of the queue, whose thread writes for the others.
        self.woken = threading.Event()
        self.is_taken, self.is_done = False, False
        self.problem: BaseException | None = None

    def run(self, connection: Connection) -> None:
        """Writes with the budgets of the thread that asked for it."""
        self.context.run(self.act, connection)


class GroupCommit:
    """A queue of writes. ``begin`` begins a transaction, which is committed at the end, or undone by any failure."""

    def __init__(self, begin: Callable[[], AbstractContextManager[Connection]]) -> None:
        self.begin = begin
        self.lock = threading.Lock()
        self.queue: deque[QueuedWrite] = deque()

    def write(self, act: Act) -> None:
        """Writes, and returns after the commit. Raises what ``act`` raises, and Unavailable if time is over."""
        own = self.join(QueuedWrite(act))
        if not own.woken.wait(seconds_to_wait()) and self.leave(own):
            raise Unavailable("other requests keep the database")
        own.woken.wait()
        if not own.is_done:
            self.write_group(own)
        if own.problem is not None:
            raise own.problem

    def join(self, own: QueuedWrite) -> QueuedWrite:
        """Appends a write to the queue. The first one is woken."""
        with self.lock:
            self.queue.append(own)
            if self.queue[0] is own:
                own.woken.set()
        return own

    def leave(self, own: QueuedWrite) -> bool:
        """Removes a write from the queue. Returns False if it is being written, or is the first one by now."""
        with self.lock:
            if own.is_taken or self.queue[0] is own:
                return False
            self.queue.remove(own)
            return True

    def write_group(self, first: QueuedWrite) -> None:
        """Writes all that wait by the time that the transaction begins, in one; after a failure, each in its own."""
        group = [first]
        try:
            with self.begin() as connection:
                group = self.take()
                for each in group:
                    each.run(connection)
        except BaseException as problem:  # noqa: BLE001 the thread that asked raises it
            first.problem = problem
            if len(group) > 1:
                self.write_each(group)
        finally:
            self.finish(group)

    def take(self) -> list[QueuedWrite]:
        """The writes at the beginning of the queue, which stay there until they are done."""
        with self.lock:
            group = list(islice(self.queue, MOST_AT_ONCE))
            for each in group:
                each.is_taken = True
            return group

    def write_each(self, group: list[QueuedWrite]) -> None:
        """Writes each in a transaction of its own, so that it fails by itself alone."""
        for each in group:
            each.problem = None
            try:
                # It waits for the database as long as its own thread may.
                each.context.run(self.write_alone, each)
            except BaseException as problem:  # noqa: BLE001 the thread that asked raises it
                each.problem = problem

    def write_alone(self, alone: QueuedWrite) -> None:
        """Writes in one transaction."""
        with self.begin() as connection:
            alone.act(connection)

    def finish(self, group: list[QueuedWrite]) -> None:
        """Removes a group from the queue, wakes its threads, and the thread of the next group."""
        with self.lock:
            for each in group:
                self.queue.remove(each)
                each.is_done = True
                each.woken.set()
            if self.queue:
                self.queue[0].woken.set()
