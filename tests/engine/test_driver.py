"""The one loop: our own slowness is nobody's silence, errors are loud, and nothing is left behind."""

import asyncio
import time

import pytest

from engine import driver as driver_module
from engine.channel import BATCHES_BOUND, Channel
from engine.core import events as e
from engine.core import journal
from engine.core.events import Outcome
from engine.core.faults import Kind
from engine.core.request import Request
from engine.core.run import Run, begin
from engine.driver import Clock, Driver
from engine.mailbox import Mailbox
from engine.transport import Transport
from tests.engine.wire import ANSWER, TEXT, Exchange, FixedKeys, answer, chunk, halting, head, one, playing, serving

LOCAL = "http://127.0.0.1:1"


class Scripted:
    """A transport that opens, speaks as often as it is told, and ends or falls silent."""

    def __init__(self, pieces: int, pause: float = 0.0, *, ends: bool = True) -> None:
        self._pieces, self._pause, self._ends = pieces, pause, ends
        self.cancelled = 0

    async def stream(
        self, started: e.AttemptStarted, request: Request, partial: str, mailbox: Mailbox, clock: Clock
    ) -> None:
        def put(kind: type, **more: object) -> None:
            mailbox.put(kind(run=started.run, at=clock(), attempt=started.attempt, **more))

        put(e.Connected)
        try:
            for number in range(self._pieces):
                if mailbox.full:
                    await mailbox.room()
                mailbox.say(started.run, started.attempt, f"{number} ")
                await asyncio.sleep(self._pause)
            if not self._ends:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        put(e.Finished, finish="stop")
        put(e.Completed)


async def driven(transport: object, pause: float = 0.0, pauses: int = 1_000_000, **policy: float) -> tuple[Run, list]:
    """A run whose consumer takes `pause` seconds over each of its first `pauses` batches."""
    events: list[e.AnyEvent] = []
    left = pauses

    async def emit(batch: tuple[e.AnyEvent, ...], run: Run) -> None:
        nonlocal left
        events.extend(batch)
        if left > 0 and run.attempts:
            left -= 1
            await asyncio.sleep(pause)

    driver = Driver(one(LOCAL, key="", **policy), transport, emit)  # type: ignore[arg-type] # a Streamer by its form
    return await driver.drive(), events


# Whose silence it is.


async def test_a_slow_consumer_never_trips_the_idle_clock():
    run, events = await driven(Scripted(6_000), pause=0.3, pauses=6, idle=0.2)
    assert run.outcome is Outcome.ANSWERED
    assert len(run.attempts) == 1
    assert any(isinstance(event, e.Held) for event in events)
    assert run.text == "".join(f"{number} " for number in range(6_000))


async def test_a_slow_consumer_never_trips_the_first_token_clock():
    run, _ = await driven(Scripted(5, pause=0.01), pause=0.3, pauses=3, first_token=0.2)
    assert run.outcome is Outcome.ANSWERED


async def test_a_provider_that_is_silent_is_cut_though_the_consumer_is_slow():
    begun = time.monotonic()
    run, events = await driven(Scripted(3, ends=False), pause=0.1, idle=0.4)
    assert run.attempts[0].fault is not None
    assert run.attempts[0].fault.kind is Kind.IDLE
    assert time.monotonic() - begun < 3
    assert sum(isinstance(event, e.Held) for event in events) < 10


async def test_a_program_that_stood_still_blames_nobody():
    async def play(exchange: Exchange) -> None:
        await exchange.say(head(), chunk(TEXT))
        await asyncio.sleep(0.05)
        time.sleep(1.0)  # noqa: ASYNC251 - the whole program stands still, as behind a modal dialog or in sleep
        await asyncio.sleep(0.01)
        await exchange.say(chunk(ANSWER), b"0\r\n\r\n")

    transport = Transport(FixedKeys())
    events: list[e.AnyEvent] = []

    async def emit(batch: tuple[e.AnyEvent, ...], run: Run) -> None:
        events.extend(batch)

    async with serving(play) as server:
        run = await Driver(one(server.base, idle=0.3), transport, emit).drive()
    await transport.aclose()
    assert run.outcome is Outcome.ANSWERED
    assert any(isinstance(event, e.Held) for event in events)


async def test_what_is_told_folds_to_the_run_however_slow_the_consumer():
    for pause in (0.0, 0.06):
        run, events = await driven(Scripted(600, pause=0.0002), pause=pause, pauses=5)
        assert journal.fold(events) == run


async def test_a_batch_comes_with_the_run_that_has_folded_it():
    told: list[e.AnyEvent] = []

    async def emit(batch: tuple[e.AnyEvent, ...], run: Run) -> None:
        told.extend(batch)
        assert journal.fold(told) == run

    await Driver(one(LOCAL, key=""), Scripted(50, pause=0.001), emit).drive()
    assert len(told) > 5


# Errors.


class Buggy:
    async def stream(
        self, started: e.AttemptStarted, request: Request, partial: str, mailbox: Mailbox, clock: Clock
    ) -> None:
        await asyncio.sleep(0.01)
        raise ZeroDivisionError("a bug")


async def test_a_programming_error_of_a_transport_ends_the_run_loudly():
    with pytest.raises(ZeroDivisionError):
        await driven(Buggy())


async def test_a_programming_error_of_a_consumer_ends_the_run_loudly():
    transport = Scripted(5, ends=False)

    async def emit(batch: tuple[e.AnyEvent, ...], run: Run) -> None:
        if run.attempts and run.attempts[0].text:
            raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        await Driver(one(LOCAL, key=""), transport, emit).drive()
    assert transport.cancelled == 1


# Ending.


async def test_a_stop_ends_the_stream():
    transport = Scripted(5, ends=False)
    driver: Driver | None = None

    async def emit(batch: tuple[e.AnyEvent, ...], run: Run) -> None:
        if driver is not None and run.attempts and run.attempts[0].text:
            driver.stop()

    driver = Driver(one(LOCAL, key=""), transport, emit)
    run = await driver.drive()
    assert run.outcome is Outcome.STOPPED
    assert transport.cancelled == 1


async def test_a_drive_that_is_cancelled_closes_its_streams():
    transport = Transport(FixedKeys())

    async def emit(batch: tuple[e.AnyEvent, ...], run: Run) -> None:
        pass

    async with serving(halting(head(), chunk(TEXT))) as server:
        task = asyncio.create_task(Driver(one(server.base), transport, emit).drive())
        await asyncio.sleep(0.1)
        assert server.connections == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.emptied()
    await transport.aclose()
    assert not driver_module._tasks


async def test_no_task_is_left_behind_a_run():
    transport = Transport(FixedKeys())

    async def emit(batch: tuple[e.AnyEvent, ...], run: Run) -> None:
        pass

    async with serving(playing(answer(ANSWER))) as server:
        await Driver(one(server.base), transport, emit).drive()
        assert not driver_module._tasks
    await transport.aclose()


# The channel.


def batch(number: int) -> tuple[tuple[e.AnyEvent, ...], Run]:
    requested = one(LOCAL, key="")
    return (e.SkipAsked(run=str(number), at=0.0),), begin(requested)


async def test_a_channel_keeps_the_order_and_tells_its_end():
    channel = Channel()
    for number in range(3):
        await channel.put(*batch(number))
    await channel.close()
    taken = [await channel.take() for _ in range(4)]
    assert [item[0][0].run for item in taken if item is not None] == ["0", "1", "2"]
    assert taken[-1] is None


async def test_a_full_channel_holds_its_producer_back():
    channel = Channel()
    for number in range(BATCHES_BOUND):
        await channel.put(*batch(number))
    producer = asyncio.create_task(channel.put(*batch(99)))
    await asyncio.sleep(0.01)
    assert not producer.done()
    await channel.take()
    await producer


async def test_a_channel_that_nobody_reads_any_more_lets_its_producer_go():
    channel = Channel()
    for number in range(BATCHES_BOUND):
        await channel.put(*batch(number))
    producers = [asyncio.create_task(channel.put(*batch(99))) for _ in range(3)]
    await asyncio.sleep(0.01)
    channel.drain()
    async with asyncio.timeout(1):
        await asyncio.gather(*producers)
        for _ in range(2 * BATCHES_BOUND):
            await channel.put(*batch(100))
        await channel.close()


async def test_a_reader_that_waits_while_the_channel_is_drained_is_told_the_end():
    channel = Channel()
    reader = asyncio.create_task(channel.take())
    await asyncio.sleep(0.01)
    await channel.close()
    assert await reader is None
