"""Tests whose clocks jump: an event loop that, when nothing is ready, goes straight to its next timer.

Sockets of this process and threads stay real: before each jump the loop looks for what they bring. `time.monotonic`
and `time.time` follow the loop's clock inside a test, so that the program's own clocks and the loop's agree.
"""

import asyncio
import functools
import selectors
import time
from collections.abc import Callable, Coroutine
from typing import Any
from unittest.mock import patch

GRACE = 0.0004  # real seconds in which the kernel and other threads may still bring something before a jump
THREADS = 0.01  # real seconds between two looks while a thread works for the loop

_monotonic, _wall = time.monotonic, time.time


class _Selector(selectors.DefaultSelector):
    """Waits by moving the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0  # seconds by which virtual time is ahead of real time
        self.threads = 0  # calls that run in threads, whose results are waited for in real time

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        if timeout is None or self.threads:
            return super().select(THREADS if timeout is None else min(timeout, THREADS))
        if ready := super().select(min(timeout, GRACE)):
            return ready
        self.skipped += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time. Times in seconds."""

    def __init__(self) -> None:
        self.jumping = _Selector()
        super().__init__(self.jumping)

    def time(self) -> float:
        return _monotonic() + self.jumping.skipped

    def wall(self) -> float:
        """Unix time, as far ahead as the loop's clock is."""
        return _wall() + self.jumping.skipped

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        self.jumping.threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._returned)
        return future

    def _returned(self, _: object) -> None:
        self.jumping.threads -= 1


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Runs a coroutine in virtual time, and holds that it leaves no task behind."""
    loop = VirtualLoop()
    with patch("time.monotonic", loop.time), patch("time.time", loop.wall):
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            result = runner.run(coroutine)
            runner.run(_nothing_is_left())
        return result


async def _nothing_is_left() -> None:
    for _ in range(10):
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if not left:
            return
        await asyncio.sleep(0)
    raise AssertionError(f"The test left tasks behind: {left}")


def in_virtual_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Makes an async test one that runs in virtual time."""

    @functools.wraps(test)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        run(test(*args, **kwargs))

    return wrapped
