"""A server on raw sockets that says any bytes at all, and one attempt at it by the real transport and driver."""

import asyncio
import contextlib
import itertools
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

from engine.core import events as e
from engine.core.faults import Fault
from engine.core.request import Candidate, Dialect, Parameters, Policy, Route, ask
from engine.core.run import Run
from engine.driver import Driver, Streamer
from engine.keys.secret import Secret
from engine.mailbox import Mailbox
from engine.providers.registry import resolve
from engine.transport import Transport

KEY = "sk-planted-0123456789abcdef0123456789abcdef"
SSE = b"content-type: text/event-stream\r\n"
TEXT = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
STOP = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"
ANSWER = TEXT + STOP + DONE

_numbers = itertools.count(1)


class FixedKeys:
    """Every name has the same key."""

    def __init__(self, value: str = KEY) -> None:
        self._value = value

    async def secret(self, provider: str, name: str) -> Secret:
        return Secret(self._value)


class Exchange(NamedTuple):
    """One request that was read whole, and the way back."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    head: str
    body: bytes

    async def say(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def gone(self) -> None:
        """Returns when the client has closed its side."""
        await self.reader.read()
        self.writer.close()


Play = Callable[[Exchange], Awaitable[None]]


class RawServer:
    """Plays an answer for every request; keeps the connection when the play returns without closing it."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.heads: list[str] = []
        self.open: set[asyncio.StreamWriter] = set()
        self.connections = 0
        self.base = ""
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.open.add(writer)
        self.connections += 1
        try:
            while not writer.transport.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = int(head.lower().partition("content-length:")[2].split("\r\n")[0] or 0)
                body = await reader.readexactly(length)
                self.heads.append(head)
                await self.play(Exchange(reader, writer, head, body))
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            self.open.discard(writer)
            writer.close()

    async def emptied(self) -> None:
        """Returns when no connection is open any more; fails after two seconds."""
        if left := tuple(self._tasks):
            _, pending = await asyncio.wait(left, timeout=2.0)
            assert not pending, f"{len(pending)} connections are still open"

    async def stop(self) -> None:
        for task in (left := tuple(self._tasks)):
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


@contextlib.asynccontextmanager
async def serving(play: Play, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawServer]:
    """A server on a free port of 127.0.0.1, for as long as the block lasts."""
    raw = RawServer(play)
    server = await asyncio.start_server(raw.serve, "127.0.0.1", 0, ssl=tls)
    raw.base = f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield raw
    finally:
        server.close()
        await raw.stop()
        await asyncio.sleep(0.01)  # sockets that were aborted are closed by the loop's next turns


def answer(body: bytes, *, status: str = "200 OK", headers: bytes = SSE, chunked: bool = False) -> bytes:
    """A whole response."""
    if chunked:
        framing, body = b"transfer-encoding: chunked\r\n\r\n", chunk(body) + b"0\r\n\r\n"
    else:
        framing = b"content-length: %d\r\n\r\n" % len(body)
    return f"HTTP/1.1 {status}\r\n".encode() + headers + framing + body


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def head(status: str = "200 OK", headers: bytes = SSE) -> bytes:
    """The head of a chunked response."""
    return f"HTTP/1.1 {status}\r\n".encode() + headers + b"transfer-encoding: chunked\r\n\r\n"


def playing(*parts: bytes, close: bool = True) -> Play:
    """Says these parts, then closes the connection or leaves it for the next request."""

    async def play(exchange: Exchange) -> None:
        await exchange.say(*parts)
        if close:
            exchange.writer.close()

    return play


def halting(*parts: bytes) -> Play:
    """Says these parts, and then nothing until the client has gone."""

    async def play(exchange: Exchange) -> None:
        await exchange.say(*parts)
        await exchange.gone()

    return play


def one(
    base: str, *, dialect: Dialect = Dialect.CHAT_COMPLETIONS, key: str = "session:work", **policy: object
) -> e.RunRequested:
    """A run of one candidate and one attempt."""
    candidate = resolve(
        Candidate(provider="openai_compatible", model="m", dialect=dialect, base_url=base, keys=(key,) if key else ())
    )
    rules = Policy(**{"attempts": 1, "connect": 5.0, "first_token": 5.0, "idle": 5.0, "total": 30.0, **policy})  # type: ignore[arg-type] # fields of Policy by name
    request = ask("hi", Route(name="one", candidates=(candidate,), policy=rules), parameters=Parameters(max_tokens=9))
    return e.RunRequested(run=f"r{next(_numbers)}", at=0.0, wall=time.time(), request=request)


class Played(NamedTuple):
    """A finished run with all its events and the seconds that it took."""

    run: Run
    events: tuple[e.AnyEvent, ...]
    seconds: float

    @property
    def fault(self) -> Fault:
        """What the first attempt met."""
        fault = self.run.attempts[0].fault
        assert fault is not None, self.run.attempts[0]
        return fault

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]


async def play_run(requested: e.RunRequested, transport: Streamer) -> Played:
    """Drives the run to its end."""
    events: list[e.AnyEvent] = []

    async def emit(batch: tuple[e.AnyEvent, ...], _: Run) -> None:
        events.extend(batch)

    begun = time.monotonic()
    run = await Driver(requested, transport, emit).drive()
    return Played(run, tuple(events), time.monotonic() - begun)


async def meet(play: Play, transport: Transport | None = None, **options: object) -> Played:
    """One attempt at a server that plays this."""
    own = transport or Transport(FixedKeys())
    try:
        async with serving(play) as server:
            return await play_run(one(server.base, **options), own)  # type: ignore[arg-type] # as `one` takes them
    finally:
        if transport is None:
            await own.aclose()


async def stream_of(transport: Transport, requested: e.RunRequested) -> list[e.Fact]:
    """The facts of one attempt, by the transport alone."""
    zero = time.monotonic()

    def clock() -> float:
        return time.monotonic() - zero

    mailbox = Mailbox(clock)
    started = e.AttemptStarted(
        run=requested.run, at=0.0, attempt=1, candidate=0, key=requested.request.route.candidates[0].keys[0],
        rule=e.Rule.FIRST_FIT,
    )  # fmt: skip
    await transport.stream(started, requested.request, "", mailbox, clock)
    facts = await mailbox.take(None)
    mailbox.close()
    return facts
