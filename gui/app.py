"""The composition root: makes everything, starts the loop, and shuts down in order."""

import asyncio
import base64
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from gui.loop import QasyncLoop  # isort: skip  # sets QT_API before anything imports qasync
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from engine import settings
from engine.playground import Playground
from engine.state import default_dir
from gui.controller import Controller
from gui.desks import Desks
from gui.main_window import MainWindow
from gui.reports import Reports
from gui.single_instance import SingleInstance
from gui.theme import theme

ID = "io.github.streamover.Streamover"


def application() -> QApplication:
    """The one QApplication, dressed."""
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication.instance() or QApplication(["streamover"])
    assert isinstance(app, QApplication)
    app.setApplicationName("streamover")
    app.setApplicationDisplayName("Streamover")
    app.setDesktopFileName(ID)
    app.setQuitOnLastWindowClosed(False)  # a dialog that closes would else end the loop
    theme().apply(app)
    return app


def run(body: Callable[[QApplication], Awaitable[int]]) -> int:
    """Runs `body` on Qt's loop; returns its exit code."""
    app = application()
    loop = QasyncLoop(app)
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(body(app))
    finally:
        loop.close()
        asyncio.set_event_loop(None)


async def session(app: QApplication, state: Path | None = None, files: Sequence[Path] = ()) -> int:
    """The window, from opening to closing. `files` are recorded runs; where a window is open already, it shows them."""
    directory = state or Path(os.environ.get("STREAMOVER_STATE", "") or default_dir())
    instance = SingleInstance(directory)
    if not instance.first(files):
        return 0
    try:
        return await _window(directory, instance, files)
    finally:
        instance.close()


async def _window(directory: Path, instance: SingleInstance, files: Sequence[Path]) -> int:
    chosen, notice = settings.load(directory)
    theme().set_mode(chosen.theme if chosen.theme in ("light", "dark", "hc-light", "hc-dark") else "system")
    theme().set_zoom(chosen.zoom)
    closing = asyncio.Event()
    async with Playground(directory) as playground:
        controller = Controller(playground)
        window = MainWindow(controller)
        window.closing.connect(closing.set)
        Reports(directory, controller.notice.emit).install(asyncio.get_running_loop())
        window.restore_place(base64.b64decode(chosen.geometry))
        window.show()
        await controller.begin()
        desks = Desks(playground, controller, window, chosen)
        instance.asked.connect(lambda paths, _: _come_forward(window, desks, [Path(path) for path in paths]))
        for path in files[:1]:
            desks.replay.loader.open(path)
        for sentence in filter(None, (notice, *playground.notices, *playground.keys.take_notices())):
            controller.notice.emit(sentence)
        await closing.wait()
        window.hide()
        await controller.close()
        desks.settings.keep(geometry=base64.b64encode(window.place()).decode())
        await desks.close()
        window.deleteLater()
    return 0


def _come_forward(window: MainWindow, desks: Desks, files: Sequence[Path]) -> None:
    """A second start shows this window, and what it was started with."""
    window.showNormal() if window.isMinimized() else window.show()
    window.raise_()
    window.activateWindow()
    for path in files[:1]:
        desks.replay.loader.open(path)
