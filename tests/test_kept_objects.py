"""The garbage collector passes over what is made at the start, and works as before after it."""

import gc
from collections.abc import Iterator

import pytest

from service.kept_objects import keeping_objects


@pytest.fixture(autouse=True)
def _unfrozen() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_the_block_makes_is_left_out_of_later_collections() -> None:
    before = gc.get_freeze_count()
    with keeping_objects():
        kept = [[] for _ in range(1000)]  # type: list[list[int]]
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(kept)
    assert not any(each is kept for each in gc.get_objects())


def test_a_failure_in_the_block_leaves_the_collector_on() -> None:
    with pytest.raises(ValueError, match="a fault"), keeping_objects():
        raise ValueError("a fault")
    assert gc.isenabled()


def test_within_another_block_it_stays_off() -> None:
    with keeping_objects():
        with keeping_objects():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
