"""`drive()`: the only loop. It carries decisions out, and reports the next fact or the passing of the deadline."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from engine.core import events as e
from engine.core.failover import deadline, decide
from engine.core.request import Request
from engine.core.run import Run, begin, evolve
from engine.mailbox import Mailbox

DRAIN_SECONDS = 0.05  # how long an answered stream may take to end by itself, which keeps its connection usable
HELD_AFTER = 0.05  # seconds that a consumer may take over a batch before the clocks are held for it
STALLED = 0.5  # seconds by which a timer is late when the whole program, or the machine, stood still
CATCH_UP = 0.05  # seconds in which what waits on the sockets is heard, after a standstill
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


def _folded(run: Run, events: Sequence[e.AnyEvent]) -> Run:
    for event in events:
        run = evolve(run, event)
    return run


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
        self._untold: list[e.AnyEvent] = []  # folded, and not emitted yet

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
            run = await self._tell(run, self._requested)
            while run.outcome is None:
                if (decision := decide(run, self._clock())) is not None:
                    run = evolve(run, decision)
                    self._carry_out(decision, run)
                    run = await self._tell(run, decision)
                else:
                    run = await self._hear(run)
            return run
        finally:
            self._mailbox.close()
            await self._close()

    async def _hear(self, run: Run) -> Run:
        until = deadline(run)
        facts = await self._mailbox.take(until)
        if facts:
            return await self._tell(_folded(run, facts), *facts)
        if until is not None and (late := self._clock() - until) > STALLED:
            run = self._hold(run, late)
            await asyncio.sleep(CATCH_UP)
            if facts := self._mailbox.gather():
                return await self._tell(_folded(run, facts), *facts)
        return run

    async def _tell(self, run: Run, *events: e.AnyEvent) -> Run:
        """Emits the events, which are folded. Where the consumer took its time over them, what was heard meanwhile
        is folded and emitted as well before any clock is asked, and the time is nobody's silence."""
        self._untold += events
        while events:
            told, self._untold = tuple(self._untold), []
            begun = self._clock()
            await self._emit(told, run)
            if (slow := self._clock() - begun) <= HELD_AFTER or run.outcome is not None:
                break
            events = tuple(self._mailbox.gather())
            self._untold += events
            run = self._hold(_folded(run, events), slow)
        return run

    def _hold(self, run: Run, seconds: float) -> Run:
        """Folds in that we were not listening for so long. It is told with the next events, so that a slow consumer
        is not given more to do because it is slow."""
        at = self._clock()
        held = [e.Held(run=run.id, at=at, attempt=attempt.number, seconds=seconds) for attempt in run.live]
        self._untold += held
        return _folded(run, held)

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
