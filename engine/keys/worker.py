"""The one thread that speaks with the keyring: one call at a time, and none is waited for for ever.

A keyring call can block on a prompt until somebody answers, and parallel calls lose prompts. A call that takes too
long is abandoned: its thread is a daemon, so it never holds up the program's end, and its late effect is undone.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from engine.keys.trouble import Trouble, not_answering, trouble_of

T = TypeVar("T")

PATIENCE = 5.0  # seconds


class _Job(Generic[T]):
    """A call and its fate, settled by exactly one of the two threads."""

    def __init__(self, work: Callable[[], T], undo: Callable[[], object] | None) -> None:
        self.work, self.undo = work, undo
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[T | Trouble] = self.loop.create_future()
        self.abandoned = False
        self._settled = False
        self._lock = threading.Lock()

    def settle(self) -> bool:
        """In the keyring's thread: the call is done. False: nobody waits any more."""
        with self._lock:
            self._settled = not self.abandoned
            return self._settled

    def abandon(self) -> bool:
        """In the loop's thread: wait no more. False: too late, the call is done."""
        with self._lock:
            self.abandoned = not self._settled
            return self.abandoned

    def deliver(self, outcome: T | Trouble) -> None:
        if not self.future.done():
            self.future.set_result(outcome)


class Worker:
    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._running: _Job[Any] | None = None
        self._thread: threading.Thread | None = None

    async def call(
        self, work: Callable[[], T], *, undo: Callable[[], object] | None = None, patience: float | None = None
    ) -> T | Trouble:
        """What `work` returns, or the trouble in its stead. `undo` runs if its effect comes when nobody waits.

        `patience` is in seconds. Without one, a thread that is stuck in an abandoned call is not waited for.
        """
        if patience is None and self._running is not None and self._running.abandoned:
            return not_answering()
        job = _Job(work, undo)
        self._submit(job)
        try:
            await asyncio.wait({job.future}, timeout=self._patience if patience is None else patience)
        except asyncio.CancelledError:
            if not job.abandon() and undo is not None:
                self._submit(_Job(undo, None))
            raise
        return not_answering() if job.abandon() else await job.future

    def close(self) -> None:
        """Lets the thread end once it is idle. Does not wait."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread = None

    def _submit(self, job: _Job[Any]) -> None:
        self._jobs.put(job)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="keyring", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if job.abandoned:
                continue
            self._running = job
            outcome = _outcome(job.work)
            if job.settle():
                with contextlib.suppress(RuntimeError):  # the loop is closed: the program is ending
                    job.loop.call_soon_threadsafe(job.deliver, outcome)
            elif job.undo is not None:
                _outcome(job.undo)
            self._running = None


def _outcome(work: Callable[[], T]) -> T | Trouble:
    try:
        return work()
    except BaseException as error:  # the thread must outlive whatever a back-end raises
        return trouble_of(error)
