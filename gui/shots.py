"""Pictures of the window from recorded runs: the same window, shown the same values, in every theme."""

import asyncio
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace
from PySide6.QtCore import QSize
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

import resources
from engine.core import journal
from engine.core.run import Run
from engine.playground import Playground
from engine.settings import Settings
from gui import app
from gui.controller import Controller
from gui.desks import Desks
from gui.main_window import MainWindow
from gui.models.transcript import Turn
from gui.theme import Mode, theme

SIZE = QSize(1280, 800)
RATIO = 2
THEMES: tuple[Mode, ...] = ("light", "dark")
FRAMES = 20  # turns of the loop in which views lay themselves out, and learn which keys there are


class Shot(NamedTuple):
    """A picture: the `name` of its file, the recorded `demo`, the second where it stands still, and what is clicked."""

    name: str
    demo: str
    at: float
    act: Callable[[MainWindow], None] = lambda window: None


def recorded(demo: str, at: float = float("inf")) -> Run:
    """A recorded run as it stood `at` seconds."""
    events = journal.load(resources.data("demos", f"{demo}.jsonl"))
    run = journal.fold(event for event in events if event.at <= at)
    return run if at == float("inf") else replace(run, now=at)


def _fallback(window: MainWindow) -> None:
    """Selects the decision by which the run fell back to another provider."""
    run = recorded("first")
    place = next(i for i, d in enumerate(run.trail) if getattr(d, "attempt", 0) == 3 and d.rule.name == "RESTART")
    window.select_decision(place)


ROUTE = """name = "work"
[[candidates]]
provider = "openai"
model = "gpt-5-mini"
keys = ["session:work", "session:spare"]
[[candidates]]
provider = "anthropic"
model = "claude-haiku-4-5"
keys = ["session:team"]
[[candidates]]
provider = "local"
model = "smollm2-135m-instruct"
"""
KEYS = (("openai", "work"), ("openai", "spare"), ("anthropic", "team"), ("mistral", "eu"))  # made up for the pictures

SHOTS = (
    Shot("main", "first", 6.6, _fallback),
    Shot("done", "first", float("inf")),
    Shot("waiting", "all-limited", 1.5),
    Shot("cut", "cut", 4.0),
    Shot("scenarios", "calm", 0.0, lambda window: window.show_page("scenarios")),
    Shot("routes", "calm", 0.0, lambda window: window.show_page("routes")),
    Shot("keys", "calm", 0.0, lambda window: window.show_page("keys")),
)


def main(folder: Path) -> int:
    """Draws every picture into `folder`; returns the exit code."""

    async def draw(application: QApplication) -> int:
        for shot in SHOTS:
            for mode in THEMES:
                path = folder / f"{shot.name}-{mode}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                if not (await pixmap(shot, mode)).save(str(path)):
                    sys.stderr.write(f"{path} cannot be written. Choose another folder.\n")
                    return 1
                sys.stdout.write(f"{path}\n")
        return 0

    return app.run(draw)


async def pixmap(shot: Shot, mode: Mode) -> QPixmap:
    """The picture of a shot in a theme, at twice the logical size."""
    with tempfile.TemporaryDirectory() as state:
        (Path(state) / "routes").mkdir()
        (Path(state) / "routes" / "work.toml").write_text(ROUTE, encoding="utf-8")
        theme().set_mode(mode)  # before the views are made: those that were never shown would keep the old one's ground
        async with Playground(Path(state)) as playground:
            for provider, alias in KEYS:
                await playground.keys.add(provider, alias, f"{alias}-" + "x" * 32, session_only=True)
            controller = Controller(playground)
            window = MainWindow(controller)
            window.resize(SIZE)
            window.show()
            await controller.begin()
            desks = Desks(playground, controller, window, Settings(theme=mode, route="work"), small=True)
            desks.routes.edit(desks.routes.book.load("work"))
            picture = await _taken(window, shot)
            await controller.close()
            await desks.close()
            window.hide()
            window.deleteLater()
            return picture


async def _taken(window: MainWindow, shot: Shot) -> QPixmap:
    _stand(window, recorded(shot.demo, shot.at))
    shot.act(window)
    for _ in range(FRAMES):
        await asyncio.sleep(0.05)
    picture = QPixmap(SIZE * RATIO)
    picture.setDevicePixelRatio(RATIO)
    picture.fill(theme().palette.surface)  # what a screen would show where a page paints no ground of its own
    window.render(picture)
    return picture


def _stand(window: MainWindow, run: Run) -> None:
    message = run.request.messages[-1]
    window.route_bar.show_title(run.request.route.name)
    window.route_bar.show_route(run.request.route)
    window.show_turns((Turn(message=message, run=run),))
    window.show_run(run, live=False)
