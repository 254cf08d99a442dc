"""The one that starts and stops runs. Views ask it; it says `run_changed(Run)` once a frame."""

import asyncio

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from engine.core.request import Message, Parameters, Request, Route, Text, spoken
from engine.core.run import Run
from engine.driver import spawn
from engine.lab.scenarios import SCENARIOS
from engine.playground import Handle, Playground
from engine.providers.catalog import CatalogError
from gui.models.transcript import Turn
from gui.pacing import Pacing

BUILT_IN = "first"  # the lab's scenario that the first start plays


class Controller(QObject):
    """Holds the chat that is open: its turns, its route, the run that is live and the prompt that waits behind it."""

    run_changed = Signal(object)  # Run
    turns_changed = Signal(object)  # tuple[Turn, ...]
    route_changed = Signal(object)  # Route
    queued_changed = Signal(str)  # the prompt that waits, empty for none
    title_changed = Signal(str)
    notice = Signal(str)

    def __init__(self, playground: Playground, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._playground = playground
        self._pacing = Pacing(self._show)
        self._handle: Handle | None = None
        self._route: Route | None = None
        self._queued = ""
        self.system = ""
        self.parameters = Parameters()
        self.turns: tuple[Turn, ...] = ()

    @property
    def live(self) -> bool:
        return self._handle is not None

    @property
    def queued(self) -> str:
        """The prompt that waits behind the live run."""
        return self._queued

    @property
    def route(self) -> Route | None:
        return self._route

    @property
    def run(self) -> Run | None:
        """The newest run of the chat."""
        return self.turns[-1].run if self.turns else None

    # The chat

    def set_route(self, route: Route) -> None:
        """The route of the prompts to come."""
        self._route = route
        self.route_changed.emit(route)

    async def begin(self) -> None:
        """Starts the lab and opens the first chat, on the built-in route."""
        await self._playground.lab.start()
        self.new_chat()

    def built_in_route(self) -> Route:
        """The route of the first start, on a fresh session of the lab."""
        return self._playground.lab.route(BUILT_IN)

    def open_run(self, run: Run) -> None:
        """A chat that shows a recorded run, with the conversation that it was asked in."""
        route = self._route
        self.new_chat(run.request.messages[-1].text.strip().partition("\n")[0][:60])
        self._set_turns((Turn(message=run.request.messages[-1], run=run),))
        if route is not None:
            self.set_route(route)
        self.run_changed.emit(run)

    def new_chat(self, title: str = "New chat") -> None:
        """An empty chat. What is live is stopped; the built-in route begins a fresh session of the lab."""
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.stop()
        self._queue("")
        self._set_turns(())
        self.title_changed.emit(title)
        if self._route is None or self._on_lab(self._route):
            self.set_route(self.built_in_route())

    def _on_lab(self, route: Route) -> bool:
        return any((c.base_url or "").startswith(self._playground.lab.base + "/") for c in route.candidates)

    def play(self, scenario: str) -> None:
        """A new chat that plays a scenario of the lab. Raises KeyError where there is none of that name."""
        chosen = SCENARIOS[scenario]
        self.new_chat(chosen.title)
        self.set_route(self._playground.lab.route(scenario))
        self._start(chosen.prompt)

    # Runs

    def submit(self, prompt: str) -> None:
        """Sends a prompt, or lets it wait until the live run is over."""
        if not prompt.strip():
            self.notice.emit("The prompt is empty: write what you want to ask.")
        elif self.live:
            self._queue(prompt)
        else:
            self._start(prompt)

    def regenerate(self, run: str) -> None:
        """Asks the prompt of this run again; what followed it leaves the chat."""
        if self.live:
            self.notice.emit("An answer is under way: stop it first, or wait until it is done.")
            return
        for place, turn in enumerate(self.turns):
            if turn.run is not None and turn.run.id == run:
                self._set_turns(self.turns[:place])
                self._start(turn.message.text)
                return

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.stop()

    def skip(self) -> None:
        if self._handle is not None:
            self._handle.skip()

    async def finished(self) -> None:
        """Returns when no run is live."""
        while self._handle is not None:
            await self._handle.finished()
            await asyncio.sleep(0)  # for what follows the run to be told of its end

    async def close(self) -> None:
        """Stops what is live, and returns when it is over."""
        self._queued = ""
        if self._handle is not None:
            await self._handle.aclose()
        self._pacing.close()

    def _start(self, prompt: str) -> None:
        assert self._route is not None, "begin() first"
        message = spoken(prompt)
        request = Request(
            messages=(*_told(self.turns), message), route=self._route, system=self.system, parameters=self.parameters
        )
        try:
            self._handle = self._playground.start(request)
        except CatalogError as error:
            self.notice.emit(str(error))
            return
        self._set_turns((*self.turns, Turn(message=message)))
        spawn(self._follow(self._handle), "follow the run")

    async def _follow(self, handle: Handle) -> None:
        async for _, run in handle.batches():
            if self._handle is not handle:
                continue  # the chat was left: the run ends unseen, and stands in the history
            if self.turns[-1].run is None:
                self._set_turns((*self.turns[:-1], replace(self.turns[-1], run=run)))
            self._pacing.take(run)
        if self._handle is handle:
            self._pacing.flush()
            self._handle = None
            self._next()

    def _next(self) -> None:
        prompt = self._queued
        self._queue("")
        if prompt:
            self._start(prompt)
        elif self.run is not None:
            self.run_changed.emit(self.run)

    def _show(self, run: Run) -> None:
        if self.turns and self.turns[-1].run is not None and self.turns[-1].run.id == run.id:
            self.turns = (*self.turns[:-1], replace(self.turns[-1], run=run))
        self.run_changed.emit(run)

    def _queue(self, prompt: str) -> None:
        self._queued = prompt
        self.queued_changed.emit(prompt)

    def _set_turns(self, turns: tuple[Turn, ...]) -> None:
        self.turns = turns
        self.turns_changed.emit(turns)


def _told(turns: tuple[Turn, ...]) -> tuple[Message, ...]:
    """The conversation so far, as the next request carries it: turns without an answer are left out."""
    told: list[Message] = []
    for turn in turns:
        text = turn.run.text if turn.run is not None else ""
        if text:
            told += [turn.message, Message("assistant", (Text(text),))]
    return tuple(told)
