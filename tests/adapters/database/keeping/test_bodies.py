"""A line of a frame that is whole and no resource is broken too: the request that needs it is not to blame."""

import pytest

from service.adapters.database.keeping.bodies import resource_of
from service.adapters.database.keeping.frames import BrokenFrame, compress


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[]", b"{}", b"null", b'{"id":"a"}', b'{"resourceType":"Task","id":"\xff"}']
)
def test_a_line_that_is_no_resource_is_broken(line: bytes) -> None:
    with pytest.raises(BrokenFrame):
        resource_of({"frame": compress(line), "line": 0})  # type: ignore[arg-type] # a mapping as that of a row


def test_the_resource_of_a_line_is_read() -> None:
    frame = compress(b'{"resourceType":"Task","id":"a"}\n{"resourceType":"Task","id":"b"}')
    assert resource_of({"frame": frame, "line": 1}) == {"resourceType": "Task", "id": "b"}  # type: ignore[arg-type]
