"""The options that are danger signs come from the conditions of the red flags."""

from service.screening.rules.analysis.danger_options import danger_options
from tests.support.building import catalogue

# LOINC answer list LL358-3: 1 several days, 2 more than half the days, 3 nearly every day. 0 is LA6568-5.
ABOVE_ZERO = {"LA6569-3", "LA6570-1", "LA6571-9"}


def test_of_item_9_every_answer_above_zero_is_a_sign() -> None:
    assert danger_options(catalogue().rules, "phq-9", "/44260-8") == ABOVE_ZERO


def test_of_the_alarm_signs_every_option_but_none_is_a_sign() -> None:
    options = catalogue().instrument("leg-pain").by_link_id["lp-alarm"].option_of.keys()
    assert danger_options(catalogue().rules, "leg-pain", "lp-alarm") == options - {"lp-alarm.none"}


def test_being_able_to_stay_safe_is_no_sign() -> None:
    assert danger_options(catalogue().rules, "phq-9", "safe-now") == {"safe-now.no", "safe-now.unsure"}
