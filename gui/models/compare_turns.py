"""Who is shown when: columns that have news take turns, two in a step, so that eight cost a frame what two do."""

from collections.abc import Callable

from PySide6.QtCore import QTimer

from engine.core.run import Run

STEP = 16  # ms
AT_ONCE = 2


class Turns:
    """`show` is called with the newest run of a column; nothing is lost, since a run holds all that came before."""

    def __init__(self, show: Callable[[int, Run], None]) -> None:
        self._show = show
        self._newest: dict[int, Run] = {}
        self._timer = QTimer()
        self._timer.setInterval(STEP)
        self._timer.timeout.connect(self.step)

    def take(self, column: int, run: Run) -> None:
        """News of a column. Its place in the line stays where it had one."""
        self._newest[column] = run
        if not self._timer.isActive():
            self._timer.start()

    def step(self) -> None:
        """Shows the columns that have waited longest."""
        for column in list(self._newest)[:AT_ONCE]:
            self._show(column, self._newest.pop(column))
        if not self._newest:
            self._timer.stop()

    def flush(self) -> None:
        """Shows whatever waits, now."""
        while self._newest:
            self.step()

    def clear(self) -> None:
        """Forgets what waits."""
        self._newest.clear()
        self._timer.stop()
