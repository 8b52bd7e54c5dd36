"""Objects that are made at the start and stay: the garbage collector need not look through them again and again.

https://docs.python.org/3/library/gc.html#gc.freeze
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def keeping_objects() -> Iterator[None]:
    """Collects no garbage while the block imports modules or loads the catalogue, and leaves what there is then out of
    later collections. What refers to itself and is no longer used stays too: one object in a hundred.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
