"""Decompression piece by piece, and never beyond the bound."""

import gzip
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.inflate import PART, Bomb, Inflater, NotCompressed

BOUND = 1_000_000


def inflated(inflater: Inflater, *pieces: bytes) -> bytes:
    return b"".join(part for piece in pieces for part in inflater.feed(piece))


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_a_plain_body_passes_as_it_is(encoding: str):
    assert inflated(Inflater(encoding, BOUND), b"one", b"two") == b"onetwo"


@given(data=st.binary(max_size=5000), cuts=st.lists(st.integers(0, 6000), max_size=6))
def test_a_gzip_body_may_be_cut_anywhere(data: bytes, cuts: list[int]):
    packed = gzip.compress(data)
    bounds = [0, *sorted(cut for cut in cuts if cut < len(packed)), len(packed)]
    pieces = [packed[start:end] for start, end in pairwise(bounds)]
    assert inflated(Inflater("gzip", BOUND), *pieces) == data


def test_what_is_flushed_is_given_at_once():
    packer = zlib.compressobj(wbits=31)
    first = packer.compress(b"data: one\n\n") + packer.flush(zlib.Z_SYNC_FLUSH)
    inflater = Inflater("gzip", BOUND)
    assert inflated(inflater, first) == b"data: one\n\n"
    assert inflated(inflater, packer.compress(b"two") + packer.flush()) == b"two"


@pytest.mark.parametrize("size", [PART - 1, PART, PART + 1, 2 * PART, 5 * PART + 7])
def test_nothing_stays_behind_a_full_part(size: int):
    assert len(inflated(Inflater("gzip", BOUND), gzip.compress(b"x" * size))) == size


def test_parts_are_small_however_much_is_packed():
    parts = list(Inflater("gzip", BOUND).feed(gzip.compress(b"x" * 900_000)))
    assert max(map(len, parts)) <= PART


def test_members_that_follow_one_another_are_one_body():
    packed = gzip.compress(b"one, ") + gzip.compress(b"two, ") + gzip.compress(b"three")
    assert inflated(Inflater("gzip", BOUND), packed) == b"one, two, three"
    assert inflated(Inflater("gzip", BOUND), *(bytes([byte]) for byte in packed)) == b"one, two, three"


def test_padding_behind_the_body_is_no_error():
    assert inflated(Inflater("gzip", BOUND), gzip.compress(b"one") + b"\x00" * 9, b"\x00more") == b"one"


def test_deflate_with_its_header_is_read():
    assert inflated(Inflater("deflate", BOUND), zlib.compress(b"one")) == b"one"


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress"])
def test_an_encoding_that_was_not_asked_for_is_refused(encoding: str):
    with pytest.raises(NotCompressed, match="not asked for"):
        Inflater(encoding, BOUND)


def test_what_is_not_compressed_is_refused():
    with pytest.raises(NotCompressed):
        inflated(Inflater("gzip", BOUND), b"data: plain\n\n")


@pytest.mark.parametrize("body", [b"x" * 1001, gzip.compress(b"x" * 1001), gzip.compress(b"x" * 501) * 2])
def test_more_than_the_bound_is_a_bomb(body: bytes):
    inflater = Inflater("gzip" if body.startswith(b"\x1f") else "", 1000)
    with pytest.raises(Bomb):
        inflated(inflater, body)


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_the_bound_itself_is_within(encoding: str):
    body = gzip.compress(b"x" * 1000) if encoding else b"x" * 1000
    assert len(inflated(Inflater(encoding, 1000), body)) == 1000
