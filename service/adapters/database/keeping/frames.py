"""Compressed bytes: zstd frames with a dictionary of our own, which the frame names by its number.

https://www.rfc-editor.org/rfc/rfc8878

A dictionary is a file of this package. The newest one compresses; the older ones are kept for ever, to read what was
compressed with them. Each frame has a checksum of its content, so that a change on the disk is found when it is read.
"""

import threading
from functools import cache
from pathlib import Path

import zstandard

from service.issues import UnreadableStore

DICTIONARIES = Path(__file__).parent / "dictionaries"
# Measured: docs/decisions/once-on-disk.md.
LEVEL = 5
# Far above the results of the largest body that is taken; a frame that names more was changed on the disk.
LARGEST_BYTES = 268_435_456


class Frame(bytes):
    """Bytes that are compressed already."""


class BrokenFrame(UnreadableStore):
    """A frame that cannot be read: its content was changed, or its dictionary is not in this package."""


class Codec(threading.local):
    """The compressor and the decompressors of a thread, and what it has decompressed last."""

    def __init__(self) -> None:
        newest = newest_dictionary()
        dictionary = read_dictionary(newest) if newest else None
        self.compressor = zstandard.ZstdCompressor(level=LEVEL, dict_data=dictionary, write_checksum=True)
        self.decompressors: dict[int, zstandard.ZstdDecompressor] = {}
        self.last: tuple[bytes | None, bytes] = (None, b"")

    def decompressor(self, number: int) -> zstandard.ZstdDecompressor:
        """The decompressor for frames with this dictionary; 0 is none."""
        if number not in self.decompressors:
            dictionary = read_dictionary(number) if number else None
            self.decompressors[number] = zstandard.ZstdDecompressor(dict_data=dictionary)
        return self.decompressors[number]


@cache
def newest_dictionary() -> int:
    """The number of the dictionary that compresses; 0 if there is none."""
    return max((int(path.stem) for path in DICTIONARIES.glob("*.zdict")), default=0)


@cache
def read_dictionary(number: int) -> zstandard.ZstdCompressionDict:
    """A dictionary, made ready once for all threads. Raises FileNotFoundError if there is none of this number."""
    dictionary = zstandard.ZstdCompressionDict((DICTIONARIES / f"{number}.zdict").read_bytes())
    dictionary.precompute_compress(level=LEVEL)
    return dictionary


codec = Codec()


def compress(content: bytes) -> Frame:
    """The frame of a content."""
    return Frame(codec.compressor.compress(content))


def decompress(frame: bytes) -> bytes:
    """The content of a frame. Rows of one act follow one another, so the last one is kept. Raises BrokenFrame."""
    if codec.last[0] != frame:
        try:
            header = zstandard.get_frame_parameters(frame)
            if header.content_size > LARGEST_BYTES:
                raise BrokenFrame("the frame names a size that no content has")
            if not header.has_checksum:
                # Each frame is written with one: a change of its first bytes must not take the check away.
                raise BrokenFrame("the frame says that it has no checksum")
            codec.last = (frame, codec.decompressor(header.dict_id).decompress(frame))
        except (zstandard.ZstdError, FileNotFoundError, MemoryError) as problem:
            raise BrokenFrame(str(problem)) from problem
    return codec.last[1]
