"""Where an answer waits for its client: in memory, and a large one in a temporary file if there is room for it."""

from contextlib import suppress
from typing import Any, cast

from waitress.buffers import OverflowableBuffer


class AnswerBuffer(OverflowableBuffer):
    """Keeps an answer in memory for which the temporary folder has no room, or the process no file.

    Else it would end in the middle, after a status that says that all is well, and what it tells of may be stored.
    """

    def _set_large_buffer(self) -> None:
        """Moves what is kept to a temporary file. Without one it stays where it is, with its place of reading."""
        kept = cast(Any, self).buf.getfile()
        place = kept.tell()
        with suppress(OSError):
            # The type stubs do not have it.
            cast(Any, super())._set_large_buffer()
            return
        kept.seek(place)
