"""Servers that mean harm: each ends in a fault of its kind, in bounded memory, within the clock that governs it."""

import asyncio
import gzip
import itertools
import tracemalloc
import zlib

import pytest

from engine import transport as transport_module
from engine.core import events as e
from engine.core.events import Outcome
from engine.core.faults import Cause, Kind
from engine.core.request import Dialect
from engine.providers.base import ANSWER_BOUND, EVENT_BOUND
from tests.engine.wire import DONE, SSE, STOP, TEXT, Exchange, Play, Played, answer, chunk, head, meet, playing

MIB = 1024 * 1024
WEEK = 7 * 24 * 3600.0
GZIP = SSE + b"content-encoding: gzip\r\n"


def endless(start: bytes, again: bytes, total: int = 1024 * MIB) -> Play:
    """Says `start`, then `again` until the client has gone, or until a gigabyte is said."""

    async def play(exchange: Exchange) -> None:
        await exchange.say(start)
        for _ in range(total // len(again)):
            await exchange.say(again)

    return play


def told(text: bytes) -> bytes:
    return b'data: {"choices":[{"index":0,"delta":{"content":"' + text + b'"}}]}\n\n'


async def within(megabytes: float, play: Play, **options: object) -> Played:
    """Meets the server, and holds what Python allocates meanwhile to this."""
    tracemalloc.start()
    try:
        played = await meet(play, **options)  # type: ignore[arg-type] # options of `one`, by name
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < megabytes * MIB, f"{peak / MIB:.1f} MiB"
    return played


# Without end.


async def test_endless_headers_are_not_read_for_ever():
    played = await within(4, endless(b"HTTP/1.1 200 OK\r\n", b"x-flood: " + b"x" * 4000 + b"\r\n"))
    assert played.fault.kind is Kind.MALFORMED


async def test_a_header_without_an_end_is_not_read_for_ever():
    played = await within(4, endless(b"HTTP/1.1 200 OK\r\nx-flood: ", b"x" * 65_536))
    assert played.fault.kind is Kind.MALFORMED


async def test_endless_interim_responses_end_by_the_first_token_clock():
    async def play(exchange: Exchange) -> None:
        while True:
            await exchange.say(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n")
            await asyncio.sleep(0.001)

    played = await within(4, play, first_token=0.3)
    assert played.fault.kind is Kind.FIRST_TOKEN
    assert played.seconds < 2


async def test_comments_without_a_pause_are_a_runaway():
    played = await meet(endless(head(), chunk(b": keep-alive\n\n" * 4000)), first_token=20.0)
    assert (played.fault.kind, played.fault.cause) == (Kind.MALFORMED, Cause.RUNAWAY)


async def test_comments_at_leisure_end_by_the_first_token_clock():
    async def play(exchange: Exchange) -> None:
        await exchange.say(head())
        while True:
            await exchange.say(chunk(b": keep-alive\n\n"))
            await asyncio.sleep(0.01)

    played = await meet(play, first_token=0.3)
    assert played.fault.kind is Kind.FIRST_TOKEN
    assert played.seconds < 2


async def test_comments_behind_text_end_by_the_idle_clock():
    async def play(exchange: Exchange) -> None:
        await exchange.say(head(), chunk(TEXT))
        while True:
            await exchange.say(chunk(b": keep-alive\n\n"))
            await asyncio.sleep(0.01)

    played = await meet(play, idle=0.3)
    assert played.fault.kind is Kind.IDLE
    assert played.seconds < 2


@pytest.mark.parametrize("dialect", [d for d in Dialect if d is not Dialect.BEDROCK])
@pytest.mark.parametrize("start", [b"data: ", b'{"a":"', b": "], ids=["event", "json", "comment"])
async def test_a_gigabyte_without_a_line_end_stops_at_the_bound(dialect: Dialect, start: bytes):
    played = await within(40, endless(head(), chunk(start) + chunk(b"x" * 65_536)), dialect=dialect)
    assert played.fault.kind is Kind.MALFORMED
    assert played.seconds < 5


async def test_frames_that_claim_to_be_huge_are_a_runaway():
    prelude = (64 * MIB).to_bytes(4, "big") + (0).to_bytes(4, "big")
    frame = prelude + zlib.crc32(prelude).to_bytes(4, "big")
    played = await within(8, endless(head(), chunk(frame) + chunk(b"x" * 65_536)), dialect=Dialect.BEDROCK)
    assert (played.fault.kind, played.fault.cause) == (Kind.MALFORMED, Cause.RUNAWAY)


async def test_one_event_beyond_its_bound_is_a_runaway():
    said = told(b"x" * EVENT_BOUND)
    played = await within(12, playing(answer(TEXT + said + STOP + DONE)))
    assert (played.fault.kind, played.fault.cause) == (Kind.MALFORMED, Cause.RUNAWAY)


async def test_one_event_within_its_bound_is_read():
    played = await meet(playing(answer(told(b"x" * (EVENT_BOUND - 100)) + STOP + DONE)))
    assert len(played.run.text) == EVENT_BOUND - 100


async def test_an_answer_beyond_its_bound_is_a_runaway():
    played = await within(100, endless(head(), chunk(told(b"word " * 2000) * 6)))
    assert (played.fault.kind, played.fault.cause) == (Kind.MALFORMED, Cause.RUNAWAY)
    assert len(str(played.run.attempts[0].text)) <= ANSWER_BOUND


async def test_a_whole_answer_beyond_its_bound_is_a_runaway():
    played = await within(100, endless(head(), chunk(b'{"choices":"') + chunk(b"x" * 65_536)))
    assert played.fault.kind is Kind.MALFORMED


@pytest.mark.parametrize("framing", ["chunked", "length"])
async def test_an_endless_error_body_is_read_to_its_bound(framing: str):
    begins = head("429 Too Many") if framing == "chunked" else b"HTTP/1.1 429 T\r\ncontent-length: 999999999999\r\n\r\n"
    block = b"x" * 65_536
    played = await within(8, endless(begins, chunk(block) if framing == "chunked" else block))
    assert (played.fault.kind, played.fault.status) == (Kind.RATE_LIMIT, 429)
    assert played.seconds < 2
    assert len(played.fault.detail) <= 300


async def test_an_error_body_that_drips_without_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(transport_module, "ERROR_BODY_SECONDS", 0.2)

    async def play(exchange: Exchange) -> None:
        await exchange.say(head("500 E"))
        while True:
            await exchange.say(chunk(b" "))
            await asyncio.sleep(0.01)

    played = await meet(play)
    assert (played.fault.kind, played.fault.status) == (Kind.SERVER, 500)
    assert played.seconds < 2


# Compressed.


@pytest.mark.parametrize("inside", [b"data: " + b"x" * 1000, b" "], ids=["event", "blanks"])
async def test_a_bomb_is_not_unpacked(inside: bytes):
    said = gzip.compress(inside * (64 * MIB // len(inside)), 1)
    played = await within(40, playing(answer(said, headers=GZIP)))
    assert played.fault.kind is Kind.MALFORMED


@pytest.mark.parametrize("inside", [b": x\n\n", b"\n", b"x\n\n"], ids=["comments", "line ends", "fields"])
async def test_a_bomb_of_small_things_does_not_stop_the_program(inside: bytes):
    said = gzip.compress(inside * (32 * MIB // len(inside)), 1)
    longest, over = 0.0, False

    async def watch() -> None:
        nonlocal longest
        clock = asyncio.get_running_loop().time
        while not over:
            begun = clock()
            await asyncio.sleep(0.005)
            longest = max(longest, clock() - begun)

    watching = asyncio.create_task(watch())
    played = await meet(playing(answer(said, headers=GZIP)), first_token=20.0)
    over = True
    await watching
    assert played.fault.kind is Kind.MALFORMED
    assert longest < 1.0  # seconds for which nothing else could run: far less than the body takes


async def test_a_bomb_of_many_members_is_not_unpacked():
    member = gzip.compress(b"\n" * MIB)
    played = await meet(playing(answer(member * 40, headers=GZIP)), first_token=20.0)
    assert (played.fault.kind, played.fault.cause) == (Kind.MALFORMED, Cause.RUNAWAY)


async def test_a_bomb_in_an_error_is_not_unpacked():
    said = gzip.compress(b"x" * (32 * MIB), 1)
    played = await within(8, playing(answer(said, status="503 S", headers=b"content-encoding: gzip\r\n")))
    assert played.fault.status == 503


# Time.


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        *(("31536000", None), ("99999999999", None), ("soon", None), ("-5", None), ("nan", None), ("inf", None)),
        *(("", None), ("1e400", None), ("0", None), ("9" * 5000, None), ("7", 7.0), ("0.5", 0.5)),
        ("Fri, 31 Dec 100000 23:59:59 GMT", None),
        ("Fri, 99 Foo 2026 99:99:99 GMT", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
    ],
)
@pytest.mark.parametrize("name", ["retry-after", "retry-after-ms"])
async def test_a_wait_that_no_one_means_is_not_believed(name: str, value: str, hint: float | None):
    body = b'{"error":{"message":"Slow down."}}'
    said = answer(body, status="429 Too Many", headers=f"{name}: {value}\r\n".encode())
    played = await meet(playing(said))
    assert played.fault.kind is Kind.RATE_LIMIT
    believed = played.fault.wait_hint
    assert believed is None or 0 < believed <= WEEK
    if name == "retry-after" and hint is not None:
        assert believed == hint
    assert played.seconds < 2


async def test_a_wait_of_a_year_is_not_sat_out():
    said = answer(b"", status="429 Too Many", headers=b"retry-after: 31536000\r\n")
    played = await meet(playing(said), attempts=3)
    assert played.run.outcome is Outcome.FAILED
    assert len(played.run.attempts) == 1
    assert played.seconds < 2


# Bytes that are no text, and JSON that is none.


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe\x80", b"\\ud83d", b"\\udc00\\ud83d", b"\\u0000", b"\xed\xa0\x80", b"\xf0\x9f"]
)
@pytest.mark.parametrize("dialect", [Dialect.CHAT_COMPLETIONS])
async def test_what_is_no_text_is_replaced_and_the_rest_is_kept(raw: bytes, dialect: Dialect):
    played = await meet(playing(answer(told(b"before") + told(raw) + told(b"after") + STOP + DONE)), dialect=dialect)
    text = played.run.text
    assert text.startswith("before")
    assert text.endswith("after")
    text.encode("utf-8")  # no half of a surrogate pair is left
    assert played.run.outcome is Outcome.ANSWERED


async def test_a_nul_byte_between_events_breaks_nothing():
    played = await meet(playing(answer(b"\x00\x00\n\n" + told(b"Hi") + b"\x00: x\n\n" + STOP + DONE)))
    assert played.run.text == "Hi"


@pytest.mark.parametrize(
    "body", [b"\x00" * 4096, b"\xff" * 4096, b"[" * 100_000, b'{"a":' * 100_000, b"data: " + b"[" * 100_000]
)
@pytest.mark.parametrize("dialect", list(Dialect))
async def test_what_is_no_dialect_is_a_fault_in_every_dialect(body: bytes, dialect: Dialect):
    played = await meet(playing(answer(body)), dialect=dialect)
    assert played.fault.kind in (Kind.MALFORMED, Kind.EMPTY, Kind.TRUNCATED)
    assert played.run.outcome is Outcome.FAILED


async def test_numbers_of_any_size_break_nothing():
    huge = b"9" * 5000
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":' + huge + b',"completion_tokens":1e999}}\n\n'
    played = await meet(playing(answer(TEXT + usage + STOP + DONE)))
    assert played.run.text == "Hi"
    assert played.run.attempts[0].usage.input is None


async def test_tool_calls_without_number_are_a_runaway():
    def called(index: int) -> bytes:
        call = b'{"index":%d,"id":"c%d","function":{"name":"f","arguments":"{}"}}' % (index, index)
        return b'data: {"choices":[{"index":0,"delta":{"tool_calls":[' + call + b"]}}]}\n\n"

    body = b"".join(called(index) for index in range(20_000))
    played = await within(40, playing(answer(body + STOP + DONE)))
    assert (played.fault.kind, played.fault.cause) == (Kind.MALFORMED, Cause.RUNAWAY)
    assert played.seconds < 5


@pytest.mark.parametrize("index", [b"-1", b"99999999999999999999", b"1.5", b'"0"', b"null", b"true", b"[]"])
async def test_a_tool_call_of_any_index_breaks_nothing(index: bytes):
    call = b'{"index":' + index + b',"id":"c","function":{"name":"f","arguments":"{}"}}'
    said = b'data: {"choices":[{"index":0,"delta":{"tool_calls":[' + call + b"]}}]}\n\n"
    played = await meet(playing(answer(said + STOP + DONE)))
    assert [call.name for call in played.run.attempts[0].tool_calls] == ["f"]


# Headers.


@pytest.mark.parametrize("value", [b"a\x01\x1b[2Jb", b"\xff\xfe", b"a\tb", b"\xe2\x80\xaegnp"])
async def test_a_header_with_control_characters_is_shown_without_them(value: bytes):
    played = await meet(playing(answer(TEXT + STOP + DONE, headers=SSE + b"x-request-id: " + value + b"\r\n")))
    assert played.run.text == "Hi"
    assert all(v.isprintable() for _, v in played.of(e.Opened)[0].headers)


@pytest.mark.parametrize(
    "line",
    [b"x-request-id: a\x00b", b"no colon", b": no name", b"x y: z", b"transfer-encoding: gzip", b"content-length: -1"],
)
async def test_a_header_that_no_server_may_send_is_a_fault(line: bytes):
    played = await meet(playing(b"HTTP/1.1 200 OK\r\n" + SSE + line + b"\r\n\r\n" + TEXT))
    assert played.fault.kind in (Kind.MALFORMED, Kind.TRUNCATED)


@pytest.mark.parametrize("status", [b"099", b"999", b"600", b"2000", b"abc", b"-1", b"204", b"205", b"304", b"101"])
async def test_a_status_of_any_kind_is_a_fault(status: bytes):
    played = await meet(playing(b"HTTP/1.1 " + status + b" What\r\ncontent-length: 0\r\n\r\n"), first_token=1.0)
    assert played.run.outcome is Outcome.FAILED
    assert played.fault.detail


async def test_a_content_type_that_lies_changes_nothing():
    for kind in (b"text/html", b"application/json", b"", b"\xff", b"text/event-stream; charset=" + b"x" * 4000):
        played = await meet(playing(answer(TEXT + STOP + DONE, headers=b"content-type: " + kind + b"\r\n")))
        assert played.run.text == "Hi", kind


async def test_the_smallest_chunks_are_read():
    body = TEXT + STOP + DONE
    said = b"".join(chunk(bytes([byte])) for byte in body)
    assert (await meet(playing(head(), said, b"0\r\n\r\n"))).run.text == "Hi"


async def test_chunks_with_extensions_and_trailers_are_read():
    said = b"".join(b"%x;a=b\r\n%b\r\n" % (len(part), part) for part in (TEXT, STOP, DONE))
    assert (await meet(playing(head(), said, b"0\r\nx-trailer: 1\r\n\r\n"))).run.text == "Hi"


async def test_an_answer_that_never_ends_is_cut_by_the_total_clock():
    count = itertools.count()

    async def play(exchange: Exchange) -> None:
        await exchange.say(head())
        while True:
            await exchange.say(chunk(told(b"%d " % next(count))))
            await asyncio.sleep(0.005)

    played = await meet(play, total=0.5)
    assert played.fault.kind is Kind.TOTAL
    assert played.seconds < 2
