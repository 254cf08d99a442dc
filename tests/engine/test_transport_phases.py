"""The phases of an attempt as the transport tells them, what is reused, and what a cut leaves: nothing."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from engine.core import events as e
from engine.core.events import Outcome
from engine.core.faults import Cause, Kind
from engine.core.request import Dialect
from engine.mailbox import Mailbox
from engine.transport import Transport, fault_of, secrets_in
from tests.engine.wire import (
    ANSWER,
    DONE,
    KEY,
    SSE,
    STOP,
    TEXT,
    Exchange,
    FixedKeys,
    answer,
    chunk,
    halting,
    head,
    meet,
    one,
    play_run,
    playing,
    serving,
    stream_of,
)


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    transport = Transport(FixedKeys())
    yield transport
    await transport.aclose()


async def test_the_phases_are_told_in_order_and_without_the_key(transport: Transport):
    async with serving(
        playing(answer(ANSWER, headers=SSE + b"x-request-id: r1\r\nset-cookie: c=1\r\n"), close=False)
    ) as server:
        played = await play_run(one(server.base), transport)
    facts = [type(event) for event in played.events if isinstance(event, e.AttemptFact)]
    assert facts == [e.Connected, e.Sent, e.Opened, e.Said, e.Finished, e.Completed]
    (sent,), (opened,) = played.of(e.Sent), played.of(e.Opened)
    assert sent.url == f"{server.base}/chat/completions"
    assert sent.body_bytes > 0
    assert ("content-type", "application/json") in sent.headers
    assert ("x-request-id", "r1") in opened.headers
    assert KEY in server.heads[0]
    assert KEY not in repr(played.events)
    assert "cookie" not in repr(played.events)


async def test_each_phase_is_told_when_it_is_reached(transport: Transport):
    async def play(exchange: Exchange) -> None:
        await asyncio.sleep(0.15)
        await exchange.say(head())
        await asyncio.sleep(0.15)
        await exchange.say(chunk(ANSWER), b"0\r\n\r\n")

    attempt = (await meet(play, transport)).run.attempts[0]
    assert attempt.sent is not None
    assert attempt.opened is not None
    assert attempt.first_text is not None
    assert attempt.opened - attempt.sent > 0.1
    assert attempt.first_text - attempt.opened > 0.1


async def test_a_connection_serves_again_behind_its_end_mark(transport: Transport):
    async with serving(playing(answer(ANSWER, chunked=True), close=False)) as server:
        runs = [await play_run(one(server.base), transport) for _ in range(3)]
    assert server.connections == 1
    assert [event.reused for played in runs for event in played.of(e.Connected)] == [False, True, True]


async def test_a_connection_serves_again_behind_an_error(transport: Transport):
    async with serving(
        playing(answer(b'{"error":{"message":"No."}}', status="500 E", headers=b""), close=False)
    ) as server:
        runs = [await play_run(one(server.base), transport) for _ in range(2)]
    assert server.connections == 1
    assert [played.fault.status for played in runs] == [500, 500]


async def test_an_answer_whose_body_never_ends_is_not_waited_for(transport: Transport):
    async with serving(halting(head(), chunk(ANSWER))) as server:
        played = await play_run(one(server.base), transport)
        assert played.run.text == "Hi"
        assert played.seconds < 1
        await server.emptied()


async def test_a_connection_that_was_closed_while_it_rested_is_replaced(transport: Transport):
    async with serving(playing(answer(ANSWER))) as server:
        runs = [await play_run(one(server.base), transport) for _ in range(3)]
    assert [played.run.text for played in runs] == ["Hi"] * 3
    assert server.connections == 3


# Cutting.


PHASES = {
    "before the headers": halting(),
    "within the headers": halting(b"HTTP/1.1 200 OK\r\n"),
    "before the text": halting(head()),
    "within a chunk": halting(head(), b"fff\r\n" + TEXT),
    "within the text": halting(head(), chunk(TEXT)),
    "behind the end mark": halting(head(), chunk(ANSWER)),
    "within an error's body": halting(head("500 E"), chunk(b"{")),
}


@pytest.mark.parametrize("phase", PHASES)
async def test_a_cut_leaves_nothing(transport: Transport, phase: str):
    async with serving(PHASES[phase]) as server:
        task = asyncio.create_task(stream_of(transport, one(server.base)))
        await asyncio.sleep(0.08)
        assert server.connections == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.emptied()
        server.play = playing(answer(ANSWER))
        assert (await play_run(one(server.base), transport)).run.text == "Hi"


async def test_a_cut_within_the_handshake_leaves_nothing(transport: Transport):
    accepted: list[asyncio.StreamWriter] = []
    ended = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.append(writer)
        await reader.read()
        writer.close()
        ended.set()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    task = asyncio.create_task(stream_of(transport, one(f"https://127.0.0.1:{port}")))
    await asyncio.sleep(0.3)
    assert accepted
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(2):
        await ended.wait()
    server.close()
    await asyncio.sleep(0.01)


# Reading.


async def test_a_reader_that_is_slow_slows_the_socket_and_not_the_memory(transport: Transport):
    written = 0

    async def play(exchange: Exchange) -> None:
        nonlocal written
        await exchange.say(head())
        for _ in range(4_000):
            await exchange.say(chunk(TEXT * 40))
            written += 40
        await exchange.say(chunk(STOP + DONE), b"0\r\n\r\n")

    async with serving(play) as server:
        mailbox = Mailbox(asyncio.get_running_loop().time)
        requested = one(server.base)
        started = e.AttemptStarted(run="r", at=0, attempt=1, candidate=0, key="session:k", rule=e.Rule.FIRST_FIT)
        clock = asyncio.get_running_loop().time
        task = asyncio.create_task(transport.stream(started, requested.request, "", mailbox, clock))
        await asyncio.sleep(0.4)
        stuck = written
        await asyncio.sleep(0.2)
        assert mailbox.full
        assert written == stuck < 160_000  # what fits into the buffers of two sockets, and no more
        pieces, over = 0, False
        async with asyncio.timeout(20):
            while not over:
                facts = await mailbox.take(None)
                pieces += sum(len(fact.pieces) for fact in facts if isinstance(fact, e.Said))
                over = any(isinstance(fact, e.Completed) for fact in facts)
        assert pieces == 160_000
        await task
        mailbox.close()


async def test_a_filtered_finish_is_a_fault():
    said = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}\n\n'
    played = await meet(playing(answer(TEXT + said + DONE)))
    assert played.fault.kind is Kind.CONTENT_FILTER


async def test_a_json_answer_in_place_of_a_stream_is_read():
    said = b'{"choices":[{"message":{"content":"Whole."},"finish_reason":"stop"}]}'
    played = await meet(playing(answer(said, headers=b"content-type: application/json\r\n")))
    assert played.run.text == "Whole."


async def test_what_steers_a_terminal_is_taken_out():
    said = b'{"error":{"message":"\\u001b[2JGone\\u0007","type":"server_error"}}'
    headers = b"x-request-id: a\x1b[31mb\r\n"
    played = await meet(playing(answer(said, status="500 E", headers=headers)))
    assert "\x1b" not in played.fault.detail
    assert "\x1b" not in str(played.of(e.Opened)[0].headers)


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_every_dialect_ends_an_empty_body_as_a_failure(dialect: Dialect):
    played = await meet(playing(answer(b"", headers=b"")), dialect=dialect)
    assert played.fault.kind in (Kind.EMPTY, Kind.TRUNCATED)
    assert played.run.outcome is Outcome.FAILED


def test_errors_of_our_own_pool_are_ours():
    fault = fault_of(httpx.PoolTimeout("full"))
    assert (fault.kind, fault.cause) == (Kind.CONNECT, Cause.POOL)


def test_a_refused_header_is_not_shown():
    fault = fault_of(httpx.LocalProtocolError(f"Illegal header value b'Bearer {KEY}'"))
    assert KEY not in repr(fault)


def test_the_parts_of_a_key_pair_are_secrets_too():
    assert secrets_in("AKIA0123456789ABCDEF:abcdefghijklmnop:x") == (
        "AKIA0123456789ABCDEF:abcdefghijklmnop:x", "AKIA0123456789ABCDEF", "abcdefghijklmnop",
    )  # fmt: skip
    assert secrets_in("") == ("",)
