"""Without a screen: the first demo off-screen, told in words as it happens, with a picture of the window at its end."""

import asyncio
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from engine.core.events import AnyEvent
from engine.core.run import Run
from engine.narrate import Narrator
from engine.playground import Playground
from engine.settings import Settings
from engine.state import default_dir
from gui import app
from gui.controller import BUILT_IN, Controller
from gui.desks import Desks
from gui.main_window import MainWindow

SETTLING_SECONDS = 0.3  # for the last frame to be drawn


def main(why: str) -> int:
    """Plays the demo and returns the exit code; `why` is the sentence that says why there is no window."""
    say(f"{why} Playing the first demo off-screen instead.")
    return app.run(play)


async def play(application: QApplication, state: Path | None = None) -> int:
    """Plays the built-in scenario in a real window that nobody sees. 0 where it was answered."""
    directory = state or default_dir()
    narrator = Narrator(sys.stdout)

    def tell(events: tuple[AnyEvent, ...], run: Run) -> None:
        for event in events:
            narrator.tell(event, run)

    async with Playground(directory) as playground:
        playground.observers.append(tell)
        controller = Controller(playground)
        window = MainWindow(controller)
        window.show()
        await controller.begin()
        desks = Desks(playground, controller, window, Settings(theme="light"))
        window.play(BUILT_IN)
        await controller.finished()
        await asyncio.sleep(SETTLING_SECONDS)
        path = directory / "pictures" / "demo.png"
        saved = picture(window, path)
        run = controller.run
        await controller.close()
        await desks.close()
        window.hide()
        window.deleteLater()
    if run is not None and run.text:
        say(f"\n{run.text}\n")
    say(f"A picture of the window: {path}" if saved else f"No picture could be written at {path}.")
    return 0 if saved and run is not None and run.text else 1


def picture(window: MainWindow, path: Path) -> bool:
    """Saves what the window shows as a PNG file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return window.grab().save(str(path))


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()
