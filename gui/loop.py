"""asyncio on Qt's event loop: qasync, with one precise timer over a heap of handles.

qasync itself makes a Qt timer for each `call_later`, and keeps it when the handle is cancelled; its sleeps may end
early. Here a cancelled timer costs nothing but its place in the heap, and a sleep never ends early.
"""

import asyncio
import functools
import heapq
import itertools
import math
import os
import time
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import Any

os.environ["QT_API"] = "pyside6"  # qasync would else take any binding that it finds

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

import qasync  # isort: skip  # behind PySide6

SLACK = 1e-6  # seconds: a timer that is due within this is due
SWEEP = 100  # cancelled handles in the heap before it is swept


class QasyncLoop(qasync.QEventLoop):
    """The application's event loop. Sockets, threads and subprocesses are qasync's; time and order are ours."""

    def __init__(self, app: QApplication | None = None) -> None:
        super().__init__(app)
        self._timer = _Timers()

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._timer.soon(handle)
        return handle

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._timer.at(when, handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_soon_threadsafe(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> None:
        if context is not None:  # qasync drops it
            callback = functools.partial(context.run, callback)
        super().call_soon_threadsafe(callback, *args)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        self._timer.cancelled += 1


class _Timers(QObject):
    """What is ready, in order, and what is due later, by time. One single-shot timer wakes for both."""

    def __init__(self) -> None:
        super().__init__()
        self.cancelled = 0
        self._ready: deque[asyncio.Handle] = deque()
        self._heap: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._order = itertools.count()
        self._armed = self._running = self._stopped = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._run)

    def soon(self, handle: asyncio.Handle) -> None:
        self._ready.append(handle)
        if not self._running and not self._armed:
            self._armed = True
            self._timer.start(0)

    def at(self, when: float, handle: asyncio.TimerHandle) -> None:
        handle._scheduled = True  # so that its cancel() tells the loop
        heapq.heappush(self._heap, (when, next(self._order), handle))
        if not self._running and not self._ready and self._heap[0][2] is handle:
            self._arm()

    def stop(self) -> None:
        self._stopped = True
        self._timer.stop()
        self._ready.clear()
        self._heap.clear()

    def set_debug(self, enabled: bool) -> None:
        """Nothing to show; qasync's loop calls it."""

    def _arm(self) -> None:
        heap = self._heap
        while heap and heap[0][2].cancelled():
            heapq.heappop(heap)
            self.cancelled = max(0, self.cancelled - 1)
        self._armed = bool(self._ready)
        if self._ready:
            self._timer.start(0)
        elif heap:
            self._timer.start(max(0, math.ceil((heap[0][0] - time.monotonic()) * 1000)))
        else:
            self._timer.stop()

    def _run(self) -> None:
        self._armed = False
        if self._stopped:
            return
        self._sweep()
        self._wake_due()
        self._running = True
        try:
            for _ in range(len(self._ready)):  # what these add waits its turn, so that the window stays alive
                handle = self._ready.popleft()
                if not handle.cancelled():
                    handle._run()
        finally:
            self._running = False
            if not self._stopped:
                self._arm()

    def _wake_due(self) -> None:
        now, heap = time.monotonic() + SLACK, self._heap
        while heap and (heap[0][0] <= now or heap[0][2].cancelled()):
            handle = heapq.heappop(heap)[2]
            handle._scheduled = False
            if handle.cancelled():
                self.cancelled = max(0, self.cancelled - 1)
            else:
                self._ready.append(handle)

    def _sweep(self) -> None:
        if self.cancelled > SWEEP and self.cancelled * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if not entry[2].cancelled()]
            heapq.heapify(self._heap)
            self.cancelled = 0
