"""Kleene's tables."""

from itertools import product

import pytest

from service.screening.logic import Truth, every, negated, some

VALUES: tuple[Truth, ...] = (True, False, None)


@pytest.mark.parametrize(("left", "right"), list(product(VALUES, VALUES)))
def test_and_is_false_with_one_false_part_and_else_unknown_with_one_unknown_part(left: Truth, right: Truth) -> None:
    expected = False if False in (left, right) else None if None in (left, right) else True
    assert every([left, right]) is expected


@pytest.mark.parametrize(("left", "right"), list(product(VALUES, VALUES)))
def test_or_is_true_with_one_true_part_and_else_unknown_with_one_unknown_part(left: Truth, right: Truth) -> None:
    expected = True if True in (left, right) else None if None in (left, right) else False
    assert some([left, right]) is expected


def test_not_unknown_is_unknown() -> None:
    assert [negated(value) for value in VALUES] == [False, True, None]
