"""Runs a coroutine on the window's own loop, as the program does."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtWidgets import QApplication

from engine.lab.server import Lab
from engine.playground import Playground
from engine.settings import Settings
from gui.controller import Controller
from gui.desks import Desks
from gui.loop import QasyncLoop
from gui.main_window import MainWindow
from gui.theme import theme

T = TypeVar("T")


def looped(body: Callable[[], Awaitable[T]], seconds: float = 30.0) -> T:
    """The result of `body` on a QasyncLoop. An exception that no task handled fails the test."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    app.setQuitOnLastWindowClosed(False)
    loop = QasyncLoop(app)
    asyncio.set_event_loop(loop)
    unhandled: list[dict[str, object]] = []
    loop.set_exception_handler(lambda _, context: unhandled.append(context))
    try:
        result = loop.run_until_complete(asyncio.wait_for(_ensure(body), seconds))
        loop.run_until_complete(_settled())
    finally:
        loop.close()
        asyncio.set_event_loop(None)
    assert unhandled == []
    return result


async def _ensure(body: Callable[[], Awaitable[T]]) -> T:
    return await body()


async def _settled() -> None:
    for _ in range(20):
        if len(asyncio.all_tasks()) == 1:
            return
        await asyncio.sleep(0.01)
    names = sorted(task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task())
    assert names == [], names


class Session:
    """A window on a fresh state, with a fast lab; ended by `async with`."""

    def __init__(self, state: Path, speed: float = 12.0) -> None:
        self.playground = Playground(state, lab=Lab(speed=speed))

    async def __aenter__(self) -> "Session":
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme().apply(app)
        await self.playground.__aenter__()
        self.controller = Controller(self.playground)
        self.window = MainWindow(self.controller)
        self.window.show()
        await self.controller.begin()
        self.desks = Desks(self.playground, self.controller, self.window, Settings())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.window.hide()
        await self.controller.close()
        await self.desks.close()
        await self.playground.__aexit__(None, None, None)
        self.window.deleteLater()
        await asyncio.sleep(0)

    async def until(self, holds: Callable[[], bool], seconds: float = 10.0) -> None:
        """Waits until `holds()`; fails when it does not in time."""
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110  # what a test waits for is whatever it says
                await asyncio.sleep(0.01)
