"""How long a frame of the timeline takes with 10,000 attempts: panned, zoomed, and while the run is live.

Run: QT_QPA_PLATFORM=offscreen python -m tests.bench.timeline [attempts]
Each frame is a whole paint of the widget into its backing store, beside an empty widget of the same size painted in
turn, so that a slow machine slows both.
"""

import statistics
import sys
import time
from collections.abc import Callable

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from engine.core import events as e
from engine.core.faults import Fault, Kind
from engine.core.request import Policy
from engine.core.run import Run, begin, evolve
from gui.theme import theme
from gui.views.timeline import TimelineView
from tests.gui import sample_runs as runs

ATTEMPTS, FRAMES = 10_000, 180
SIZE = (1600, 900)
BUDGET = 1000 / 60


def long_run(count: int) -> Run:
    """A run of many short attempts over three keys, each limited in its turn; it is still live."""
    keys = ("keyring:work", "keyring:spare", "keyring:team")
    run = begin(runs.requested(runs.tides(Policy(attempts=count))))
    fault = Fault(kind=Kind.SERVER, status=503, detail="Busy.")
    for i in range(count):
        run = after_attempt(run, i + 1, i * 0.5, keys[i % 3], fault)
    return run


def after_attempt(run: Run, number: int, at: float, key: str, fault: Fault) -> Run:
    candidate = 1 if key == "keyring:team" else 0
    action = e.Action.BEGIN if number == 1 else e.Action.RETRY
    for event in (
        runs.started(at, number, candidate, key, action, e.Rule.RETRY_TRANSIENT, "503, and the text has not begun."),
        *runs.opened(number, at + 0.05, at + 0.2, 503),
        e.Faulted(run=runs.RUN, at=at + 0.4, attempt=number, fault=fault),
    ):
        run = evolve(run, event)
    return run


class Empty(QWidget):
    """The floor: a widget that paints its background and nothing else."""


def frames(view: QWidget, before: Callable[[int], None]) -> list[tuple[float, float]]:
    """Milliseconds of `before` and the paint of each frame, and of painting the empty widget right behind it."""
    empty, image = Empty(), QImage(*SIZE, QImage.Format.Format_ARGB32_Premultiplied)
    empty.resize(*SIZE)
    times = []
    for i in range(FRAMES):
        begun = time.perf_counter()
        before(i)
        _paint(view, image)
        middle = time.perf_counter()
        _paint(empty, image)
        times.append(((middle - begun) * 1000, (time.perf_counter() - middle) * 1000))
    return times


def _paint(widget: QWidget, image: QImage) -> None:
    widget.render(image)


def line(name: str, times: list[tuple[float, float]]) -> str:
    own = sorted(own for own, _ in times)
    floor = statistics.median(floor for _, floor in times)
    p50, p95 = own[len(own) // 2], own[int(len(own) * 0.95)]
    word = "60 fps" if p95 <= BUDGET else "below 60 fps"
    return f"{name:16} p50 {p50:6.2f} ms  p95 {p95:6.2f} ms  empty {floor:5.2f} ms  ratio {p50 / floor:5.1f}  {word}"


def main() -> None:
    app = QApplication.instance() or QApplication([])
    theme().apply(app)  # pyright: ignore[reportArgumentType] - the instance is a QApplication
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ATTEMPTS
    run, view = long_run(count), TimelineView()
    view.resize(*SIZE)
    view.show()
    view.show_run(run, live=False)
    plot = view.plot
    _paint(view, QImage(*SIZE, QImage.Format.Format_ARGB32_Premultiplied))
    for name, rate in (("pan, near", 90.0), ("pan, crowded", 6.0), ("pan, all", 0.3)):
        plot.show_span(count * 0.2, count * 0.2 + SIZE[0] / rate)
        print(line(name, frames(view, lambda i: plot.pan(12.0))))
    plot.show_span(count * 0.2, count * 0.2 + 60)
    print(line("zoom", frames(view, lambda i: plot.zoom(1.05 if i % 60 < 30 else 1 / 1.05))))
    live = [run]
    plot.follow()

    def grow(i: int) -> None:
        """A frame of a live run: now and then a new attempt, always a later now."""
        if i % 10 == 0:
            number = len(live[0].attempts) + 1
            fault = Fault(kind=Kind.SERVER, status=503)
            live[0] = after_attempt(live[0], number, number * 0.5, "keyring:work", fault)
        view.show_run(live[0], live=True)

    print(line("live, following", frames(view, grow)))
    view.close()


if __name__ == "__main__":
    main()
