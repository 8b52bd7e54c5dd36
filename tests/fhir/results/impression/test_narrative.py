"""Texts in a narrative are escaped, whatever they contain."""

from html import escape

from hypothesis import given
from hypothesis import strategies as st

from service.fhir.results.impression.narrative import escaped


@given(st.text(st.sampled_from("a &<>\"'é\n;") | st.characters()))
def test_a_text_is_escaped_as_by_the_standard_library(text: str) -> None:
    assert escaped(text) == escape(text)
