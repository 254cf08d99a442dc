"""A thousand cuts leave no socket, no task and a client that works; slow consumers hold memory flat."""

import asyncio
import gc
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.core.events import Outcome
from engine.core.faults import Kind
from engine.core.request import Candidate, Policy, Route, ask
from engine.lab import beats as b
from engine.lab.server import Lab
from engine.playground import Handle, Playground
from tests.engine.wire import DONE, STOP, TEXT, Exchange, chunk, head, serving

DESCRIPTORS = Path("/proc/self/fd")
STATM = Path("/proc/self/statm")
AT_ONCE = 20
LONGEST = 0.08  # seconds after which a run is cut at the latest
MIB = 1024 * 1024

PLACES = {
    "silent": (b.Stall(),),
    "headers": (b.Head(), b.Stall()),
    "talking": (b.Say(rate=200), b.End()),
    "thinking": (b.Think(rate=200), b.Say(rate=200), b.End()),
    "burst": (b.Say(rate=0), b.Stall()),
    "limited": (b.Status(code=429, kind=Kind.RATE_LIMIT, retry_after=8),),
    "failing": (b.Status(code=500),),
    "resetting": (b.Say(words=3, rate=500), b.Reset()),
    "unfinished": (b.Say(words=3, rate=0), b.End()),
}


@pytest.fixture
async def playground(tmp_path: Path) -> AsyncIterator[Playground]:
    async with Playground(tmp_path, lab=Lab()) as playground:
        await playground.lab.start()
        for name, play in PLACES.items():
            playground.lab.play(name, play)
        yield playground


def sockets() -> int:
    """The sockets that this process has open, where the system tells."""
    names: list[str] = []
    for path in DESCRIPTORS.iterdir() if DESCRIPTORS.exists() else ():
        try:
            names.append(os.readlink(path))
        except OSError:  # the descriptor by which the folder itself was read
            continue
    return sum(name.startswith("socket:") for name in names)


def a_route(playground: Playground, dice: random.Random) -> Route:
    """Two places of the lab; now and then a port behind which a handshake never ends."""
    names = dice.choices(list(PLACES), k=2)
    urls = [f"{playground.lab.base}/{name}/v1" for name in names]
    if dice.random() < 0.15:
        urls[0] = urls[0].replace("http:", "https:")
    candidates = tuple(Candidate(provider="openai_compatible", model=f"m{i}", base_url=u) for i, u in enumerate(urls))
    return Route(name="cut", candidates=candidates, policy=Policy(connect=1.0, first_token=1.0, idle=1.0))


async def cut_one(playground: Playground, dice: random.Random) -> None:
    """Starts a run and ends it at a random moment, in a random way."""
    handle = playground.start(ask("Why?", a_route(playground, dice)))
    moment, way = dice.uniform(0.0, LONGEST), dice.randrange(5)
    reader = asyncio.create_task(read(handle))
    await asyncio.sleep(moment)
    if way == 0:
        handle.stop()
    elif way == 1:
        handle.skip()
        await asyncio.sleep(moment)
        handle.stop()
    elif way == 2:
        reader.cancel()
    elif way == 3:
        handle._task.cancel()
    else:
        await handle.aclose()
        reader.cancel()  # what it waited for went to nobody
    await asyncio.gather(reader, return_exceptions=True)
    await handle.aclose()


async def read(handle: Handle) -> None:
    async for _ in handle.batches():
        await asyncio.sleep(0)


async def settled(lab: Lab) -> int:
    """The connections that the lab still has, once it has seen what was closed."""
    for _ in range(100):
        if not lab._open:
            break
        await asyncio.sleep(0.01)
    return len(lab._open)


async def cut_many(playground: Playground, count: int) -> None:
    dice, gate = random.Random(7), asyncio.Semaphore(AT_ONCE)
    before, tasks = sockets(), len(asyncio.all_tasks())

    async def guarded() -> None:
        async with gate:
            await cut_one(playground, dice)

    await asyncio.gather(*(guarded() for _ in range(count)))
    assert playground._own_transport is not None
    route = playground.lab.route("calm")
    run = await playground.start(ask("Why?", route))
    assert run.outcome is Outcome.ANSWERED
    assert len(run.attempts) == 1
    await playground._own_transport.clients.aclose()
    assert await settled(playground.lab) == 0
    for _ in range(300):  # health is saved a moment later, by a task of its own
        if len(asyncio.all_tasks()) <= tasks:
            break
        await asyncio.sleep(0.01)
    gc.collect()
    assert sockets() <= before
    assert len(asyncio.all_tasks()) <= tasks, asyncio.all_tasks()
    assert not playground._handles


async def test_a_hundred_cuts_leave_nothing(playground: Playground):
    await cut_many(playground, 100)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_thousand_cuts_leave_nothing(playground: Playground):
    await cut_many(playground, 1000)


# Memory.


class Fountain:
    """Says small pieces without end, and counts them."""

    def __init__(self) -> None:
        self.written = 0

    async def play(self, exchange: Exchange) -> None:
        block = chunk(TEXT * 40)
        await exchange.say(head())
        for _ in range(4_000):
            await exchange.say(block)
            self.written += 40
        await exchange.say(chunk(STOP + DONE), b"0\r\n\r\n")


def resident() -> int:
    """Bytes of this process in memory, where the system tells; else 0."""
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if STATM.exists() else 0


async def settles(fountain: Fountain) -> None:
    """Returns once all that lies between is full, and nothing has been written for a second and a half."""
    quiet = 0
    while quiet < 3:
        written = fountain.written
        await asyncio.sleep(0.5)
        quiet = quiet + 1 if fountain.written == written else 0


async def hold_back(count: int, tmp_path: Path) -> None:
    """As many consumers that read a little and then stop: nothing more is read from the sockets."""
    fountain = Fountain()
    gc.collect()
    begun = resident()
    async with serving(fountain.play) as server, Playground(tmp_path, lab=Lab()) as playground:
        candidate = Candidate(provider="openai_compatible", model="m", base_url=server.base)
        route = Route(name="slow", candidates=(candidate,), policy=Policy(total=600.0, idle=600.0))
        handles = [playground.start(ask("Why?", route)) for _ in range(count)]
        readers = [handle.batches() for handle in handles]
        for reader in readers:
            for _ in range(4):
                await anext(reader)
        await settles(fountain)
        full, written = resident(), fountain.written
        await asyncio.sleep(1.0)
        assert fountain.written == written
        assert resident() - full < (4 + count / 4) * MIB  # the history's thread may still be writing
        assert full - begun < count * 4 * MIB
        for reader in readers:
            await reader.aclose()


async def test_slow_consumers_hold_memory_flat(tmp_path: Path):
    await hold_back(4, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_sixty_four_slow_consumers_hold_memory_flat(tmp_path: Path):
    await hold_back(64, tmp_path)


async def test_a_slow_reader_gets_every_piece_once(tmp_path: Path):
    fountain = Fountain()
    async with serving(fountain.play) as server, Playground(tmp_path, lab=Lab()) as playground:
        candidate = Candidate(provider="openai_compatible", model="m", base_url=server.base)
        handle = playground.start(ask("Why?", Route(name="slow", candidates=(candidate,), policy=Policy(idle=1.0))))
        count = 0
        async for _ in handle.batches():
            count += 1
            if count < 20:
                await asyncio.sleep(0.1)
        run = await handle
        assert run.outcome is Outcome.ANSWERED
        assert run.text == "Hi" * 160_000
