"""The quick reading of clean JSON takes nothing that the walk through its values refuses, and reads the same."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.fhir.r4.strict_json import encode, find_issues, parse
from service.fhir.r4.values.clean_json import MAX_DEPTH, read_clean
from tests.support.generated.mutating import mutate_body, random_body

WORDS = '{ } [ ] , : "a" "b" "" ":" "]" "[" "}" "linkId" 1 1.0 1e17 1e18 -0 null true'
PARTS = [
    *WORDS.split(),
    "\n",
    " ",
    '" "',
    '" a"',
    '"\u00a0"',
    '"\u202e"',
    '"ä"',
    '"\\n"',
    "9" * 18,
    "9" * 19,
    '{"a":',
    '"b":',
    '{"a":1}',
    '["a"]',
]


def agrees(body: bytes) -> bool:
    """Whether the quick reading took a body; what it took is what the other one reads, without an issue."""
    read = read_clean(body)
    if read is None:
        return False
    value = parse(body.decode())
    assert repr(read) == repr(value)
    assert not list(find_issues(value))
    return True


def test_both_agree_on_mutated_responses() -> None:
    taken = 0
    for seed in range(1_500):
        random = Random(seed)
        tree = random_body(random, seed)
        taken += agrees(encode(tree))
        agrees(mutate_body(random, tree))
    assert taken > 1_000


@given(st.lists(st.sampled_from(PARTS), max_size=12))
def test_both_agree_on_texts_of_parts(parts: list[str]) -> None:
    agrees("".join(parts).encode())
    agrees(f'{{"a":[{",".join(parts)}],"c":"d"}}'.encode())


@pytest.mark.parametrize("depth", [MAX_DEPTH // 2, MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 100, 3_000])
@pytest.mark.parametrize("beside", ['"x"', '"]"', '"["', '"]}]}"', ",".join(['"a"'] * 99 + ["[1]"] * 99)])
def test_both_agree_on_the_depth(depth: int, beside: str) -> None:
    inner = f"[{beside},{'[' * (depth - 2)}1{']' * (depth - 2)}]"
    taken = agrees(f'{{"a":{inner}}}'.encode())
    assert not taken or depth <= MAX_DEPTH


@pytest.mark.parametrize("body", [b'{"a":1,"a":2}', b'{"a":{"b":"c","b":"c"}}', b'{"a" : 1, "b":":", "b":2}'])
def test_a_repeated_name_is_not_taken(body: bytes) -> None:
    assert not agrees(body)
