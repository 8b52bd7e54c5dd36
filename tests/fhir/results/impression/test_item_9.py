"""Whether item 9 was answered with 0 is told as by all that is known of the answers to it."""

from random import Random

import pytest

from service.fhir.results.impression.clinician_text import ClinicianText
from service.fhir.results.impression.phrases.self_harm_answers import (
    is_item_9_zero,
    last_self_harm_answers,
    last_self_harm_source,
)
from tests.support.building import context
from tests.support.generated.generating import random_scored
from tests.support.generated.strategies import assess_resources


@pytest.mark.parametrize("seed", range(60))
def test_item_9_is_zero_where_its_value_is(seed: int) -> None:
    text = ClinicianText(assess_resources([random_scored(Random(seed), "phq-9")]), context().knowledge)
    source, answers = last_self_harm_source(text), last_self_harm_answers(text)
    assert source is not None
    assert answers is not None
    assert is_item_9_zero(source, text) == (answers.value == 0)
