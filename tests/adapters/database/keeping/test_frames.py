"""Frames: what is kept compressed is read again, also by other threads and by later versions of the program."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.database.keeping.frames import (
    DICTIONARIES,
    BrokenFrame,
    compress,
    decompress,
    newest_dictionary,
)
from service.fhir.r4.strict_json import encode
from tests.support.building import phq

# Never change a line: what was compressed with a dictionary cannot be read without it. Add one for a new dictionary.
SHIPPED = {"40001": "c14828c320741d6caa0468958b48823cca4a699a5b556f80e5682e0e1084e591"}
CONTENT = encode(phq())


def test_the_dictionaries_are_those_that_were_shipped() -> None:
    found = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in DICTIONARIES.glob("*.zdict")}
    assert found == SHIPPED


def test_a_frame_names_the_newest_dictionary_and_has_a_checksum() -> None:
    parameters = zstandard.get_frame_parameters(compress(CONTENT))
    assert (parameters.dict_id, parameters.has_checksum) == (newest_dictionary(), True)
    assert str(newest_dictionary()) == max(SHIPPED)


def test_our_own_content_becomes_a_tenth() -> None:
    assert len(compress(CONTENT)) * 8 < len(CONTENT)


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_again(content: bytes) -> None:
    assert decompress(compress(content)) == content


def test_frames_without_a_dictionary_can_be_read() -> None:
    assert decompress(zstandard.ZstdCompressor(write_checksum=True).compress(CONTENT)) == CONTENT


def test_a_changed_bit_never_gives_another_content() -> None:
    frame, found = compress(CONTENT), 0
    for place, bit in product(range(len(frame)), range(8)):
        try:
            assert decompress(frame[:place] + bytes([frame[place] ^ 1 << bit]) + frame[place + 1 :]) == CONTENT
        except BrokenFrame:
            found += 1
    # A few bits have no meaning.
    assert found > 8 * len(frame) - 10


def test_a_frame_that_says_that_it_has_no_checksum_is_broken() -> None:
    frame = compress(CONTENT)
    without = frame[:4] + bytes([frame[4] & ~0b100]) + frame[5:]
    for place in range(5, len(frame)):
        with pytest.raises(BrokenFrame):
            decompress(without[:place] + bytes([frame[place] ^ 1]) + without[place + 1 :])


def test_a_frame_of_nothing_is_broken_also_for_a_thread_that_has_read_none() -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(BrokenFrame):
        pool.submit(decompress, b"").result()


@pytest.mark.parametrize("frame", [b"", b"{", compress(CONTENT)[:-1]])
def test_what_is_no_frame_is_refused(frame: bytes) -> None:
    with pytest.raises(BrokenFrame):
        decompress(frame)


def test_a_dictionary_that_is_not_here_is_refused() -> None:
    dictionary = zstandard.ZstdCompressionDict(bytes.fromhex("37a430ec") + (40000).to_bytes(4, "little") + b"\0" * 99)
    with pytest.raises((BrokenFrame, zstandard.ZstdError)):
        decompress(zstandard.ZstdCompressor(dict_data=dictionary).compress(CONTENT))


def test_threads_do_not_disturb_one_another() -> None:
    contents = [encode({**phq(), "id": f"r-{number}"}) for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda content: decompress(compress(content)), contents)) == contents
