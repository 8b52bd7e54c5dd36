"""Ids: derived, so that sending twice writes once."""

from uuid import NAMESPACE_URL, uuid5

from hypothesis import given
from hypothesis import strategies as st

from service.fhir.ids import BASE, as_uuid, content_id, derived_id, hash_of, name_uuid


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_derived_id_is_uuid_5_of_source_response_and_slot_in_our_namespace(response: str, slot: str) -> None:
    expected = uuid5(uuid5(NAMESPACE_URL, BASE), f"|{response}|{slot}")
    assert derived_id("Observation", "", response, slot) == f"o-{expected}"


@given(st.text(max_size=40), st.text(max_size=90))
def test_a_name_gives_the_same_uuid_whole_and_continued(start: str, rest: str) -> None:
    expected = str(uuid5(uuid5(NAMESPACE_URL, BASE), f"{start}{rest}"))
    hashed = hash_of(start.encode())
    assert [as_uuid(hashed, rest), as_uuid(hashed, rest), name_uuid(f"{start}{rest}".encode())] == [expected] * 3


def test_an_id_is_short_enough_and_has_a_letter() -> None:
    made = derived_id("ClinicalImpression", "http://a.example/fhir", "r-1", "impression")
    assert len(made) <= 64
    assert made.startswith("i-")


def test_a_response_without_id_gets_one_from_its_content_whatever_the_order() -> None:
    assert content_id({"a": 1, "b": [1, 2]}) == content_id({"b": [1, 2], "a": 1})
    assert content_id({"a": 1}) != content_id({"a": 2})
