"""`drive()`: the only loop. It carries decisions out, and reports the next fact or the passing of the deadline."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeVar

from engine.core import events as e
from engine.core.failover import deadline, decide
from engine.core.request import Request
from engine.core.run import Run, begin, evolve
from engine.mailbox import Mailbox

DRAIN_SECONDS = 0.05  # how long an answered stream may take to end by itself, which keeps its connection usable
CLOSING_SECONDS = 2.0  # how long the end of a run waits for its last sockets to close

Clock = Callable[[], float]
Emit = Callable[[tuple[e.AnyEvent, ...], Run], Awaitable[None]]

T = TypeVar("T")
_tasks: set[asyncio.Task[Any]] = set()


def spawn(coroutine: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
    """Starts a task and holds it until it is done. The only place where tasks begin."""
    task = asyncio.get_running_loop().create_task(coroutine, name=name)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task


class Streamer(Protocol):
    """What the driver needs of a transport."""

    async def stream(
        self, started: e.AttemptStarted, request: Request, partial: str, mailbox: Mailbox, clock: Clock
    ) -> None: ...


def run_clock() -> Clock:
    """Seconds since now, by the monotonic clock."""
    zero = time.monotonic()
    return lambda: time.monotonic() - zero


class Driver:
    """Drives one run to its end."""

    def __init__(self, requested: e.RunRequested, transport: Streamer, emit: Emit, clock: Clock | None = None) -> None:
        self._requested, self._transport, self._emit = requested, transport, emit
        self._clock = clock or run_clock()
        self._mailbox = Mailbox(self._clock)
        self._streams: dict[int, asyncio.Task[None]] = {}

    def skip(self) -> None:
        """Asks for the next candidate now."""
        self._mailbox.put(e.SkipAsked(run=self._requested.run, at=self._clock()))

    def stop(self) -> None:
        """Asks for the end."""
        self._mailbox.put(e.StopAsked(run=self._requested.run, at=self._clock()))

    def note(self, attempt: int, fault: str) -> None:
        """Notes that a fault is injected into this attempt."""
        self._mailbox.put(e.FaultInjected(run=self._requested.run, at=self._clock(), attempt=attempt, name=fault))

    async def drive(self) -> Run:
        """Returns the finished run. Cancelled, it closes everything. A programming error is raised."""
        run = begin(self._requested)
        try:
            await self._emit((self._requested,), run)
            while run.outcome is None:
                run = await self._decide(run)
                if run.outcome is None:
                    run = await self._hear(run)
            return run
        finally:
            self._mailbox.close()
            await self._close()

    async def _decide(self, run: Run) -> Run:
        while (decision := decide(run, self._clock())) is not None:
            run = evolve(run, decision)
            self._carry_out(decision, run)
            await self._emit((decision,), run)
        return run

    async def _hear(self, run: Run) -> Run:
        facts = await self._mailbox.take(deadline(run))
        for fact in facts:
            run = evolve(run, fact)
        if facts:
            await self._emit(tuple(facts), run)
        return run

    def _carry_out(self, decision: e.Verb, run: Run) -> None:
        match decision:
            case e.AttemptStarted(attempt=number, continues=continues):
                partial = run.text_of(run.attempt(continues)) if continues is not None else ""
                stream = self._transport.stream(decision, run.request, partial, self._mailbox, self._clock)
                task = self._streams[number] = spawn(stream, f"attempt {number} of {run.id}")
                task.add_done_callback(self._over)
            case e.AttemptCut(attempt=number):
                self._streams[number].cancel()
            case _:
                pass  # the other decisions are done by being folded

    def _over(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._mailbox.fail(error)

    async def _close(self) -> None:
        if left := self._unfinished():
            await asyncio.wait(left, timeout=DRAIN_SECONDS)
        for task in (left := self._unfinished()):
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=CLOSING_SECONDS)

    def _unfinished(self) -> list[asyncio.Task[None]]:
        return [task for task in self._streams.values() if not task.done()]
