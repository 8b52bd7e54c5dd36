"""The truth tables of Kleene's logic."""

from itertools import product

import pytest

from service.screening.kleene import Truth, and_, not_, or_

VALUES: tuple[Truth, ...] = (True, False, None)


@pytest.mark.parametrize(("left", "right"), list(product(VALUES, VALUES)))
def test_and_is_false_with_one_false_part_and_else_unknown_with_one_unknown_part(left: Truth, right: Truth) -> None:
    expected = False if False in (left, right) else None if None in (left, right) else True
    assert and_([left, right]) is expected


@pytest.mark.parametrize(("left", "right"), list(product(VALUES, VALUES)))
def test_or_is_true_with_one_true_part_and_else_unknown_with_one_unknown_part(left: Truth, right: Truth) -> None:
    expected = True if True in (left, right) else None if None in (left, right) else False
    assert or_([left, right]) is expected


def test_not_unknown_is_unknown() -> None:
    assert [not_(value) for value in VALUES] == [False, True, None]
