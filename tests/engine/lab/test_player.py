"""Each beat, as a plain HTTP client meets it."""

import asyncio
import time

import httpx
import msgspec
import pytest

from engine.core.faults import Kind
from engine.core.request import Dialect, Finish
from engine.lab import beats as b
from engine.lab.server import Lab
from tests.engine.lab.conftest import BODY, PATHS

CHAT = "/v1/chat/completions"


async def played(lab: Lab, client: httpx.AsyncClient, *play: b.AnyBeat, path: str = CHAT) -> httpx.Response:
    return await client.post(lab.play("/x", play) + path, json=BODY)


async def test_waiting_takes_its_time_divided_by_the_speed(lab: Lab, client: httpx.AsyncClient) -> None:
    begun = time.monotonic()
    await played(lab, client, b.Wait(seconds=10), b.Status(code=500))
    assert 0.095 < time.monotonic() - begun < 2


async def test_a_status_comes_with_its_headers_and_body(lab: Lab, client: httpx.AsyncClient) -> None:
    beat = b.Status(code=529, headers=(("retry-after-ms", "1500"),), body="busy")
    answer = await played(lab, client, beat)
    assert (answer.status_code, answer.reason_phrase, answer.text) == (529, "Overloaded", "busy")
    assert answer.headers["retry-after-ms"] == "1500"


@pytest.mark.parametrize("dialect", PATHS)
async def test_a_status_without_a_body_gets_the_dialects_own(
    lab: Lab, client: httpx.AsyncClient, dialect: Dialect
) -> None:
    answer = await played(lab, client, b.Status(code=429, message="Slow down."), path=PATHS[dialect])
    assert answer.status_code == 429
    assert "Slow down." in answer.text
    assert answer.headers["content-type"] == "application/json"


async def test_gemini_names_the_wait_in_the_body_too(lab: Lab, client: httpx.AsyncClient) -> None:
    answer = await played(lab, client, b.Status(code=429, retry_after=60), path=PATHS[Dialect.GEMINI])
    assert answer.headers["retry-after"] == "0.6"
    assert answer.json()["error"]["details"][-1]["retryDelay"] == "0.6s"


async def test_a_page_is_html_with_status_200(lab: Lab, client: httpx.AsyncClient) -> None:
    answer = await played(lab, client, b.Page())
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


async def test_a_status_after_the_head_becomes_a_piece_of_the_stream(lab: Lab, client: httpx.AsyncClient) -> None:
    answer = await played(lab, client, b.Say(text="Hi"), b.Status(code=500, body="proxy error"))
    assert answer.status_code == 200
    assert answer.text.endswith("proxy error")


async def test_comments_say_nothing(lab: Lab, client: httpx.AsyncClient) -> None:
    answer = await played(lab, client, b.Comment(text="PROCESSING", times=3, gap=1), b.Cut())
    assert answer.text == ": PROCESSING\n\n" * 3


async def test_the_head_alone_comes_before_any_body(lab: Lab, client: httpx.AsyncClient) -> None:
    base = lab.play("/x", (b.Head(headers=(("x-note", "early"),)), b.Stall()))
    async with client.stream("POST", base + CHAT, json=BODY) as answer:
        assert answer.headers["x-note"] == "early"


async def test_words_are_taken_from_the_answer_one_say_after_another(lab: Lab, client: httpx.AsyncClient) -> None:
    whole = await played(lab, client, b.Say(rate=0), b.Cut(), path=PATHS[Dialect.OLLAMA])
    parts = await played(lab, client, b.Say(words=5), b.Say(words=7), b.Say(), b.Cut(), path=PATHS[Dialect.OLLAMA])
    assert whole.text == parts.text


async def test_words_come_no_faster_than_their_rate(lab: Lab, client: httpx.AsyncClient) -> None:
    begun = time.monotonic()
    await played(lab, client, b.Say(words=40, rate=2), b.End())
    assert 0.15 < time.monotonic() - begun < 2  # 40 words at 2 a second, hastened a hundredfold: 0.2 s


async def test_a_reset_comes_before_any_header(lab: Lab, client: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.ReadError) as caught:
        await played(lab, client, b.Reset())
    assert "ConnectionResetError" in repr(_root(caught.value))


def _root(error: BaseException) -> BaseException:
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return error


async def test_a_reset_in_mid_answer_breaks_the_read(lab: Lab, client: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.ReadError):
        await played(lab, client, b.Say(words=4), b.Wait(seconds=5), b.Reset())


async def test_a_truncated_body_is_unterminated(lab: Lab, client: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
        await played(lab, client, b.Say(words=4), b.Truncate())


@pytest.mark.parametrize("play", [(b.Say(words=4), b.Cut()), (b.Say(words=4),)])
async def test_a_cut_ends_the_body_cleanly_without_an_end_mark(
    lab: Lab, client: httpx.AsyncClient, play: b.Play
) -> None:
    answer = await played(lab, client, *play)
    assert 'finish_reason":null' in answer.text
    assert "[DONE]" not in answer.text
    assert 'finish_reason":"stop' not in answer.text


async def test_a_finish_reason_and_an_end_mark_may_come_apart(lab: Lab, client: httpx.AsyncClient) -> None:
    finished = await played(lab, client, b.Say(words=1), b.Stopped(finish=Finish.LENGTH), b.Cut())
    assert '"finish_reason":"length"' in finished.text
    assert "[DONE]" not in finished.text
    marked = await played(lab, client, b.Say(words=1), b.Mark(), b.Cut())
    assert marked.text.endswith("data: [DONE]\n\n")


async def test_usage_says_what_the_beat_says_and_counts_the_rest(lab: Lab, client: httpx.AsyncClient) -> None:
    answer = await played(lab, client, b.Say(words=7, rate=0), b.Usage(input=1000, cached=400), b.Cut())
    assert '"prompt_tokens":1000,"completion_tokens":7' in answer.text
    assert '"cached_tokens":400' in answer.text


async def test_characters_are_cut_apart_between_two_reads(lab: Lab, client: httpx.AsyncClient) -> None:
    base = lab.play("/x", (b.SplitUtf8(text="Grüße 🌊"), b.End()))
    broken, read = 0, b""
    async with client.stream("POST", base + CHAT, json=BODY) as answer:
        async for piece in answer.aiter_raw():
            read += piece
            try:
                piece.decode()
            except UnicodeDecodeError:
                broken += 1
    assert "Grüße 🌊" in read.decode()
    assert broken >= 4


async def test_broken_events_are_broken_in_every_dialect(lab: Lab, client: httpx.AsyncClient) -> None:
    answer = await played(lab, client, b.Garble(times=2), b.Raw(text="data: x\n\n"), b.Cut())
    assert answer.text == 'data: {"broken": "\n\n' * 2 + "data: x\n\n"


async def test_an_error_inside_the_stream_leaves_the_body_open(lab: Lab, client: httpx.AsyncClient) -> None:
    answer = await played(
        lab, client, b.ErrorEvent(kind=Kind.OVERLOADED), b.Say(text="late"), b.End(), path=PATHS[Dialect.MESSAGES]
    )
    assert answer.status_code == 200
    assert answer.text.startswith('event: error\ndata: {"type":"error","error":{"type":"overloaded_error"')
    assert "late" in answer.text


async def test_the_same_delta_comes_again_and_again(lab: Lab, client: httpx.AsyncClient) -> None:
    answer = await played(lab, client, b.Repeat(text="la ", times=150), b.End())
    assert answer.text.count('"content":"la "') == 150


async def test_a_whole_answer_may_come_as_json(lab: Lab, client: httpx.AsyncClient) -> None:
    answer = await played(lab, client, b.Whole())
    assert answer.headers["content-type"] == "application/json"
    assert "tide" in answer.json()["choices"][0]["message"]["content"]


async def test_a_stall_is_not_hastened_and_ends_within_its_bound(lab: Lab, client: httpx.AsyncClient) -> None:
    begun = time.monotonic()
    await played(lab, client, b.Stall(seconds=0.3), b.Status(code=500))
    assert 0.28 < time.monotonic() - begun < 3


async def test_a_flood_of_headers_is_more_than_a_client_takes(lab: Lab, client: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await played(lab, client, b.Flood(of="headers"))


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize("of", ["event", "comments", "text"])
async def test_a_flood_goes_on_until_its_bound(lab: Lab, client: httpx.AsyncClient, dialect: Dialect, of: str) -> None:
    base = lab.play("/x", (b.Flood(of=of, megabytes=2), b.Cut()))  # type: ignore[arg-type] # one of the literals
    size = 0
    async with client.stream("POST", base + PATHS[dialect], json=BODY) as answer:
        async for piece in answer.aiter_raw():
            size += len(piece)
    assert 1.7 * 1024 * 1024 < size < 3 * 1024 * 1024


async def test_a_slow_reader_holds_the_flood_back(lab: Lab) -> None:
    base = lab.play("/x", (b.Flood(of="text", megabytes=512), b.Cut()))
    _, writer = await asyncio.open_connection("127.0.0.1", int(base.rpartition(":")[2].partition("/")[0]))
    writer.write(b"POST /x/api/chat HTTP/1.1\r\nhost: lab\r\ncontent-length: 0\r\n\r\n")
    await asyncio.sleep(0.3)
    (entry,) = lab.log.requests()
    assert not entry.ended  # it stands at a full socket, with next to nothing in memory
    writer.transport.abort()


def test_every_beat_travels_as_json() -> None:
    beats = (b.Wait(seconds=1), b.Status(code=429, kind=Kind.QUOTA), b.Call(tool="f"), b.Flood(of="event"), b.End())
    assert msgspec.json.decode(msgspec.json.encode(beats), type=tuple[b.AnyBeat, ...]) == beats
