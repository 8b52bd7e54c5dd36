"""Refused responses in the database: read back, deleted after some days, and no more than a number of them."""

from dataclasses import replace
from datetime import timedelta

from service.adapters.database.engine import Database
from service.adapters.database.refusals import DatabaseRefusals
from service.ports.refusals import Refusal, RefusedAnswer
from tests.support.building import NOW

ZERO = RefusedAnswer("PHQ-9 item 9", ("Not at all",), False)
ABOVE = RefusedAnswer("PHQ-9 item 9", ("Several days",), True)
PLAIN = Refusal(NOW, 422, "q-1", "Patient/p1", ("QuestionnaireResponse.item[0]: Correct it.",), 1, (ZERO,))
SIGN = replace(PLAIN, answers=(ABOVE,))


def test_what_is_kept_is_read_back(database: Database) -> None:
    refusals = DatabaseRefusals(database)
    unread = Refusal(NOW, 413, "q-2", None, (), 0)
    first, second = refusals.save_refusals([SIGN, unread], NOW)
    assert refusals.list_refusals() == [replace(SIGN, id=first), replace(unread, id=second)]
    assert refusals.find_refusal(second) == replace(unread, id=second)
    assert refusals.find_refusal(second + 1) is None


def test_rows_are_deleted_after_some_days(database: Database) -> None:
    refusals = DatabaseRefusals(database, days=30)
    refusals.save_refusals([SIGN], NOW)
    late = NOW + timedelta(days=30)
    refusals.save_refusals([replace(PLAIN, at=late)], late)
    assert len(refusals.list_refusals()) == 2
    late += timedelta(seconds=1)
    refusals.save_refusals([replace(PLAIN, at=late)], late)
    assert [each.has_sign for each in refusals.list_refusals()] == [False, False]


def test_the_oldest_rows_make_room_but_those_with_a_danger_sign_last(database: Database) -> None:
    refusals = DatabaseRefusals(database, most=3)
    refusals.save_refusals([SIGN], NOW)
    for number in range(5):
        refusals.save_refusals([replace(PLAIN, request=f"q-{number}")], NOW)
    assert [each.request for each in refusals.list_refusals()] == ["q-1", "q-3", "q-4"]
    refusals.save_refusals([replace(SIGN, request=f"s-{number}") for number in range(4)], NOW)
    assert [each.request for each in refusals.list_refusals()] == ["s-1", "s-2", "s-3"]


def test_rows_are_dropped_by_number(database: Database) -> None:
    refusals = DatabaseRefusals(database)
    first, second = refusals.save_refusals([PLAIN, SIGN], NOW)
    assert refusals.drop_refusals([first, 999]) == 1
    assert [each.id for each in refusals.list_refusals()] == [second]
