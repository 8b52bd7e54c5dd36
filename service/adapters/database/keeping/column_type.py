"""A column whose bytes are kept compressed."""

from typing import Any

from sqlalchemy import LargeBinary
from sqlalchemy.types import TypeDecorator

from service.adapters.database.keeping.frames import Frame, compress, decompress


class Compressed(TypeDecorator[bytes]):
    """Bytes, kept as a frame. Comparisons in SQL compare the frames. A frame is kept as it is."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Any) -> bytes | None:
        """The frame of the bytes."""
        return value if value is None or isinstance(value, Frame) else compress(value)

    def process_result_value(self, value: bytes | None, dialect: Any) -> bytes | None:
        """The bytes of a frame."""
        return None if value is None else decompress(bytes(value))
