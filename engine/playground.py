"""Playground: the one door to the engine, for the window, the command line and other programs."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgspec.structs import replace

from engine import custom_providers, health_file
from engine.channel import Batch, Channel
from engine.core import budget
from engine.core import health as health_of
from engine.core.events import AnyEvent, Benched, Completed, RunEnded, RunRequested
from engine.core.plan import short
from engine.core.request import Request
from engine.core.run import Run
from engine.driver import Driver, Streamer, run_clock, spawn
from engine.history import History
from engine.keys import KeyStore, Secret
from engine.lab.log import Entry
from engine.lab.server import Lab
from engine.providers.registry import resolve
from engine.state import default_dir
from engine.transport import Transport

SAVE_SECONDS = 0.2


class Handle:
    """A run in progress. Read `events` or `batches`, or await the handle for the finished Run; not reading holds the
    run back. Leaving `async with`, or closing the iterator, stops the run."""

    def __init__(self, requested: RunRequested, transport: Streamer, observe: Callable[..., None]) -> None:
        self.id = requested.run
        self._observe = observe
        self._channel = Channel()
        self._run: Run | None = None
        self._driver = Driver(requested, transport, self._emit, run_clock())
        self._task = spawn(self._drive(), f"run {requested.run}")

    async def _emit(self, events: tuple[AnyEvent, ...], run: Run) -> None:
        self._run = run
        self._observe(events, run)
        await self._channel.put(events, run)

    async def _drive(self) -> Run:
        try:
            return await self._driver.drive()
        finally:
            await asyncio.shield(self._channel.close())

    def skip(self) -> None:
        """Asks for the next candidate now."""
        self._driver.skip()

    def stop(self) -> None:
        """Asks for the end; the partial text is kept."""
        self._driver.stop()

    def injected(self, base_url: str, key: str, name: str) -> None:
        """Notes a fault of the lab's at the live attempt that asked `base_url` with this key."""
        if (run := self._run) is None:
            return
        for attempt in run.live:
            if (run.candidate_of(attempt).base_url or "").startswith(base_url) and short(attempt.key) == key:
                self._driver.note(attempt.number, name)

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """The events as they come, in batches, each with the Run that has folded it."""
        try:
            while (batch := await self._channel.take()) is not None:
                yield batch
        finally:
            await self._leave()

    async def events(self) -> AsyncGenerator[AnyEvent, None]:
        """The events, one by one."""
        batches = self.batches()
        try:
            async for batch, _ in batches:
                for event in batch:
                    yield event
        finally:
            await batches.aclose()

    def __await__(self) -> Generator[Any, None, Run]:
        self._channel.drain()
        return self._task.__await__()

    async def finished(self) -> None:
        """Returns when the run is over, however it ended."""
        await asyncio.wait([self._task])

    async def _leave(self) -> None:
        """The consumer is gone: what is not over is stopped."""
        self._channel.drain()
        if not self._task.done():
            self._driver.stop()
            await self.finished()

    async def aclose(self) -> None:
        """Stops the run where it is not over, and waits until nothing of it is left."""
        await self._leave()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class Playground:
    """Holds what runs share: keys, clients, health and history. An async context manager.

    `state` is where keys' index, cooldowns and history live (None: the user's data directory). `notices` gathers
    sentences for the user, such as that a damaged file was set aside.
    """

    def __init__(
        self,
        state: Path | None = None,
        *,
        keys: KeyStore | None = None,
        lab: Lab | None = None,
        transport: Streamer | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.state = state or default_dir()
        self.keys = keys or KeyStore(self.state)
        self.lab = lab or Lab()
        self.notices: list[str] = []
        self._wall = wall
        self._own_transport = None if transport else Transport(self.keys, wall=wall)
        self._transport = transport or self._own_transport
        self._health = self._on_disk = health_of.Health()
        self._disk = asyncio.Lock()
        self._budget = budget.Budget()
        self._own_providers: tuple[custom_providers.Custom, ...] = ()
        self._history: History | None = None
        self._saving: asyncio.Task[None] | None = None
        self._handles: set[Handle] = set()
        self.observers: list[Callable[[tuple[AnyEvent, ...], Run], None]] = []  # told of every batch of every run

    @property
    def history(self) -> History:
        assert self._history is not None, "enter the playground first"
        return self._history

    @property
    def health(self) -> health_of.Health:
        """What rests now, in Unix seconds."""
        return self._health

    async def __aenter__(self) -> Self:
        """Raises history.HistoryError and OSError where the state cannot be used."""
        self._history = History(self.state)
        self._health, notice = health_file.load(self.state, self._wall())
        self._on_disk = self._health
        self.notices += [n for n in (self._history.notice, notice) if n]
        self._know_own_providers()
        self.keys.register("lab", lambda provider, name: Secret(self.lab.secret(name)))
        self.lab.on_strike = self._struck
        return self

    def _know_own_providers(self) -> None:
        try:
            self._own_providers = custom_providers.load(self.state)
        except custom_providers.ProvidersError as error:
            self.notices.append(str(error))
        custom_providers.install(self._own_providers)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for handle in tuple(self._handles):
            await handle.aclose()
        await self.lab.stop()
        if self._own_transport is not None:
            await self._own_transport.aclose()
        await asyncio.to_thread(self.history.close)
        if self._saving is not None:
            self._saving.cancel()
        await self._save_health()
        self.keys.close()

    def start(self, request: Request, *, afresh: bool = False) -> Handle:
        """Starts a run; `afresh`, one that knows nothing of what rests, such as a check that a person asks for.

        Raises catalog.CatalogError for a candidate that cannot be resolved.
        """
        assert self._transport is not None
        own = self._own_providers
        candidates = tuple(custom_providers.with_clocks(resolve(c), own) for c in request.route.candidates)
        request = replace(request, route=replace(request.route, candidates=candidates))
        wall = self._wall()
        self._budget, retries = budget.lent(self._budget, wall, request.route)
        requested = health_of.hopeful(RunRequested(
            run=secrets.token_hex(8), at=0.0, wall=wall, request=request, retries=retries,
            benches=() if afresh else health_of.known_to(self._health, wall, candidates),
        ))  # fmt: skip
        self._health = health_of.admitted(self._health, requested)
        handle = Handle(requested, self._transport, self._observe)
        self._handles.add(handle)
        spawn(self._forget(handle), f"end of run {handle.id}")
        return handle

    async def _forget(self, handle: Handle) -> None:
        await handle.finished()
        self._handles.discard(handle)

    def _observe(self, events: tuple[AnyEvent, ...], run: Run) -> None:
        self.history.record(run, events)
        for observer in self.observers:
            observer(events, run)
        for event in events:
            self._health = health_of.learned(self._health, run, event)
            if isinstance(event, RunEnded):
                self._budget = budget.settled(self._budget, self._wall(), run)
            if isinstance(event, Benched | Completed | RunEnded) and self._saving is None:
                self._saving = spawn(self._save_soon(), "save health")

    def _struck(self, entry: Entry, beat: str) -> None:
        """The lab is about to fail on purpose: the run that asked it is told."""
        for handle in self._handles:
            handle.injected(self.lab.base + entry.place, entry.key, beat)

    async def _save_soon(self) -> None:
        """What comes within a moment is written once, in a thread: a disk may be slow."""
        await asyncio.sleep(SAVE_SECONDS)
        self._saving = None
        await self._save_health()

    async def _save_health(self) -> None:
        try:
            async with self._disk:  # a slow writing must not end behind a newer one
                ours = self._health
                await asyncio.to_thread(health_file.save, self.state, ours, self._on_disk, self._wall())
                self._on_disk = ours
        except OSError as error:
            self.notices.append(f"{self.state}: cooldowns cannot be written ({error.strerror}). Free some space.")
