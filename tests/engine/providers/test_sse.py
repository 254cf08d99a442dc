import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.providers.base import EVENT_BOUND
from engine.providers.sse import Frame, Lines, Sse


def read(*pieces: bytes) -> list[Frame]:
    sse = Sse()
    return [frame for piece in pieces for frame in sse.feed(piece)] + sse.finish()


@pytest.mark.parametrize(
    ("body", "frames"),
    [
        (b"data: a\n\ndata: b\n\n", [("", b"a"), ("", b"b")]),
        (b"data:a\r\n\r\ndata:b\r\n\r\n", [("", b"a"), ("", b"b")]),
        (b"data: a\rdata: b\r\rdata: c\r\r", [("", b"a\nb"), ("", b"c")]),
        (b"data: a\r\ndata: b\n\r\ndata: c\n\n", [("", b"a\nb"), ("", b"c")]),
        (b"\xef\xbb\xbfdata: a\n\n", [("", b"a")]),
        (b"event: error\ndata: {}\n\n", [("error", b"{}")]),
        (b": keep-alive\n\n:\n\ndata: a\n\n", [("", b"a")]),
        (b"id: 1\nretry: 3000\nnews: x\ndata: a\n\n", [("", b"a")]),
        (b"data\n\ndata:\n\n", [("", b""), ("", b"")]),
        (b"data:  two blanks\n\n", [("", b" two blanks")]),
        (b"event: only a name\n\n", []),
        (b"\n\n\n\ndata: a\n\n\n\n", [("", b"a")]),
        (b'error: {"code": 500}\n\n', [("error", b'{"code": 500}')]),
        (b"data: cut off", [("", b"cut off")]),
        (b"data: cut off\n", [("", b"cut off")]),
        ("data: a\u2028b\u2029c\x85d\x0be\x0cf\n\n".encode(), [("", "a\u2028b\u2029c\x85d\x0be\x0cf".encode())]),
        (b"", []),
    ],
)
def test_a_body_is_cut_into_its_events_wherever_its_bytes_are_split(body: bytes, frames: list[Frame]):
    assert read(body) == frames
    assert read(*(body[i : i + 1] for i in range(len(body)))) == frames
    for cut in range(len(body)):
        assert read(body[:cut], body[cut:]) == frames


def test_an_event_is_given_as_soon_as_its_blank_line_is_there():
    sse = Sse()
    assert sse.feed(b"data: a\n") == []
    assert sse.feed(b"\n") == [("", b"a")]
    assert sse.feed(b"data: b\r\n\r") == [("", b"b")]
    assert sse.feed(b"\ndata: c\n\n") == [("", b"c")]


def test_the_retry_field_is_told_in_seconds():
    sse = Sse()
    sse.feed(b"retry: 1500\n\n")
    assert sse.retry == 1.5
    sse.feed(b"retry: soon\n\nretry: 99999999999\n\n")
    assert sse.retry == 1.5


@pytest.mark.parametrize("size", [EVENT_BOUND, 4096])
def test_an_event_without_end_overflows(size: int):
    sse = Sse()
    fed = 0
    while not sse.overflow and fed < 3 * EVENT_BOUND:
        assert sse.feed(b"x" * size) == []
        fed += size
    assert sse.overflow
    assert fed <= EVENT_BOUND + size
    assert sse.feed(b"\n\ndata: a\n\n") == []
    assert sse.finish() == []


def test_a_whole_event_beyond_the_bound_overflows_behind_what_came_before():
    sse = Sse()
    assert sse.feed(b"data: a\n\ndata: " + b"x" * EVENT_BOUND + b"\n\n") == [("", b"a")]
    assert sse.overflow


@given(st.lists(st.binary(max_size=12)))
def test_any_bytes_give_the_same_events_however_they_are_split(pieces: list[bytes]):
    assert read(*pieces) == read(b"".join(pieces))


def test_lines_are_cut_at_line_feeds_alone():
    lines = Lines()
    assert lines.feed(b'{"a":') == []
    assert lines.feed(b'1}\n\n \r\n{"b"') == [("", b'{"a":1}')]
    assert lines.feed(b":2}") == []
    assert lines.finish() == [("", b'{"b":2}')]


def test_a_line_without_end_overflows():
    lines = Lines()
    lines.feed(b"x" * EVENT_BOUND)
    lines.feed(b"x")
    assert lines.overflow
    assert lines.finish() == []
