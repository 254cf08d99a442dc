"""Carries out what the keys page asks: between the page and the key store, without ever holding up the loop."""

import asyncio
import functools
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from engine import check
from engine.check import CheckResult, Trial, check_all
from engine.core.events import AnyEvent
from engine.core.request import Candidate, Request
from engine.core.run import Run
from engine.driver import spawn
from engine.keys import BackendStatus, FoundKey, KeyEntry, KeyRefused, KeyUnavailable, environment_keys
from engine.models_book import ModelsBook, usual
from engine.playground import Handle, Playground
from engine.providers.catalog import PROVIDERS
from gui.models.keys import rows
from gui.views.keys import KeysPage

MOST_RUNS = 200  # of this session, whose attempts are counted and drawn
GATHER = 250  # ms in which what runs report is gathered into one refresh


class KeyDesk(QObject):
    """Does what the page asks, and shows what became of it. `clock` gives Unix seconds."""

    checking = Signal(int, int)  # checks that are done, of so many; 0 of 0 when none goes on

    def __init__(
        self, playground: Playground, page: KeysPage, parent: QObject | None = None, *,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._playground, self._page, self._clock = playground, page, clock
        self._store = playground.keys
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._status: BackendStatus | None = None
        self._probing = self._closed = False
        self._waiting: list[str] = []  # keys whose check has not begun
        self._open: set[str] = set()  # keys whose check has no outcome yet
        self._checker: asyncio.Task[None] | None = None
        self._soon = QTimer(self, singleShot=True, interval=GATHER)
        self._soon.timeout.connect(self.show_keys)
        playground.observers.append(self._observe)
        self._connect()

    def _connect(self) -> None:
        page = self._page
        page.add_requested.connect(self.add)
        page.import_requested.connect(self.import_found)
        page.remove_requested.connect(self.remove)
        page.restore_requested.connect(lambda key: self._do("restore a key", self._store.restore, key))
        page.rename_requested.connect(lambda key, alias: self._do("rename a key", self._store.rename, key, alias))
        page.reorder_requested.connect(lambda name, ids: self._do("reorder keys", self._store.reorder, name, ids))
        page.enable_requested.connect(lambda key, on: self._do("switch a key", self._store.enable, key, on))
        page.check_requested.connect(self.check)
        page.reveal_requested.connect(self.reveal)
        page.refresh_requested.connect(self.refresh)

    async def close(self) -> None:
        """Stops what is under way, and returns when nothing of it is left."""
        self._closed = True
        self._soon.stop()
        if self._observe in self._playground.observers:
            self._playground.observers.remove(self._observe)
        tasks = (*self._tasks, *([self._checker] if self._checker is not None else []))
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    # What there is

    def refresh(self) -> None:
        """Shows the keys, what the environment holds and, until the keyring works, how it fares. The keyring's prompt
        may come up."""
        self._page.show_found(environment_keys({row.name: row.env for row in PROVIDERS.values()}))
        self.show_keys()
        if (self._status is None or not self._status.ready) and not self._probing:
            self._probing = True
            self._do("look at the keyring", self._probe)

    async def _probe(self) -> None:
        try:
            again = self._status is not None  # somebody asked for it: time to answer a prompt
            self._status = await (self._store.unlock() if again else self._store.backend())
            self._page.show_backend(self._status)
        finally:
            self._probing = False

    def show_keys(self) -> None:
        """Shows the keys as they are now."""
        self._spawn("show the keys", self._show)

    async def _show(self) -> None:
        entries, now = await self._store.list(), self._clock()
        if not self._closed:
            self._page.show_keys(rows(entries, self._playground.health.benches, self._runs.values(), now))
            self._tell_notices()

    def _tell_notices(self) -> None:
        if notices := self._store.take_notices():
            self._page.show_error(" ".join(notices))

    def _observe(self, events: tuple[AnyEvent, ...], run: Run) -> None:
        self._runs[run.id] = run
        self._runs.move_to_end(run.id)
        while len(self._runs) > MOST_RUNS:
            self._runs.popitem(last=False)
        if self._page.isVisible() and not self._soon.isActive():
            self._soon.start()

    # What is asked

    def add(self, provider: str, alias: str, pasted: str, session_only: bool) -> None:
        """Takes a pasted key."""
        add = functools.partial(self._store.add, session_only=session_only)
        self._do("add a key", add, provider, alias, pasted)

    def import_found(self, found: list[FoundKey]) -> None:
        """Lists these variables of the environment as keys. One that is refused keeps none of the others back."""
        self._do("import keys", self._import, found)

    async def _import(self, found: Iterable[FoundKey]) -> None:
        refusals: list[str] = []
        for key in found:
            try:
                await self._store.refer(key.provider, key.variable)
            except (KeyRefused, KeyUnavailable) as error:
                refusals.append(str(error))
        if refusals:
            self._page.show_error(" ".join(refusals))

    def remove(self, key_id: str) -> None:
        """Forgets a key; the page offers to bring it back."""
        self._do("remove a key", self._remove, key_id)

    async def _remove(self, key_id: str) -> None:
        entry = await self._store.remove(key_id)
        self._page.show_undo(key_id, entry.alias)

    def reveal(self, key_id: str) -> None:
        """Asks the keyring for a key's value, and shows it for as long as the page lets it stand."""
        self._do("reveal a key", self._reveal, key_id)

    async def _reveal(self, key_id: str) -> None:
        if (entry := await self._entry(key_id)) is not None:
            secret = await self._store.secret(entry.provider, entry.name)
            self._page.show_revealed(key_id, secret.reveal())

    async def _entry(self, key_id: str) -> KeyEntry | None:
        return next((entry for entry in await self._store.list() if entry.id == key_id), None)

    def _do(self, name: str, work: Callable[..., Awaitable[object]], *args: object) -> None:
        """Does it in a task of this name; a refusal is told on the page, and the keys are shown anew."""
        self._spawn(name, self._done, work, *args)

    async def _done(self, work: Callable[..., Awaitable[object]], *args: object) -> None:
        try:
            await work(*args)
        except (KeyRefused, KeyUnavailable) as error:
            self._page.show_error(str(error))
        await self._show()

    def _spawn(self, name: str, work: Callable[..., Coroutine[Any, Any, None]], *args: object) -> None:
        if self._closed:
            return
        task = spawn(work(*args), name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Checks

    def check(self, key_ids: list[str]) -> None:
        """Asks the provider once with each of these keys, a few at a time, behind those that are waiting already."""
        news = [key_id for key_id in key_ids if key_id not in self._open]
        self._waiting += news
        self._open |= set(news)
        if self._checker is None and news and not self._closed:
            self._checker = spawn(self._check(), "check keys")

    def stop_checks(self) -> None:
        """Ends the checks that go on, and those that wait."""
        if self._checker is not None:
            self._checker.cancel()

    async def cost_note(self, key_ids: list[str]) -> str:
        """What checking these keys may cost, as one sentence."""
        return check.cost_note([trial.candidate for trial in await self._trials(key_ids)])

    async def _check(self) -> None:
        done, total = 0, 0

        def told(trial: Trial, result: CheckResult) -> None:
            nonlocal done
            done += 1
            self._outcome(trial.id, result)
            self.checking.emit(done, total)

        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                wanted = await self._trials(batch)
                total += len(wanted)
                self.checking.emit(done, total)
                await check_all(self._start, wanted, told)
        finally:
            left, self._open, self._waiting, self._checker = self._open, set(), [], None
            for key_id in left:
                self._page.show_check(key_id, False, "Stopped.", 0.0)
            self.checking.emit(0, 0)

    def _start(self, request: Request) -> Handle:
        """A check asks all the same when its key rests."""
        return self._playground.start(request, afresh=True)

    def _outcome(self, key_id: str, result: CheckResult) -> None:
        self._open.discard(key_id)
        self._page.show_check(key_id, result.ok, result.words, result.seconds)
        if result.state is not None:
            self._do("record a check", self._store.record_check, key_id, result.state)

    async def _trials(self, key_ids: list[str]) -> list[Trial]:
        """What is to be asked; keys for which nothing can be asked are told of at once."""
        entries = {entry.id: entry for entry in await self._store.list()}
        trials: list[Trial] = []
        for key_id in key_ids:
            if (entry := entries.get(key_id)) is None:
                self._open.discard(key_id)
                continue
            if (candidate := await self._candidate(entry.provider)) is None:
                words = f"No model of {entry.provider} is known: fetch its models on the providers page."
                self._outcome(key_id, CheckResult(ok=False, words=words))
                continue
            trials.append(Trial(id=key_id, candidate=candidate, key=entry.name))
        return trials

    async def _candidate(self, provider: str) -> Candidate | None:
        """Where this provider's keys were used last; else its usual model, a starred one, or the first of its list."""
        for run in reversed(self._runs.values()):
            for candidate in run.candidates:
                if candidate.provider == provider:
                    return candidate
        return usual(await asyncio.to_thread(ModelsBook(self._playground.state).shelf, provider))
