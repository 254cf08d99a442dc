"""Gathers what a run brings, and lets it through once a frame: the newest Run has all of it, so none is lost."""

import asyncio
from collections.abc import Callable

from engine.core.run import Run

FRAME_SECONDS = 0.033


class Pacing:
    """`show` is called with the newest state of each run, at most once a frame; the first one at once."""

    def __init__(self, show: Callable[[Run], None], frame: float = FRAME_SECONDS) -> None:
        self._show = show
        self._frame = frame
        self._newest: dict[str, Run] = {}
        self._timer: asyncio.TimerHandle | None = None

    def take(self, run: Run) -> None:
        self._newest[run.id] = run
        if self._timer is None:
            self._let_through()

    def flush(self) -> None:
        """Lets through what waits, now."""
        newest, self._newest = self._newest, {}
        for run in newest.values():
            self._show(run)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _let_through(self) -> None:
        self._timer = None
        if self._newest:
            self._timer = asyncio.get_running_loop().call_later(self._frame, self._let_through)
            self.flush()
