"""Programming errors: logged, and offered as a report without secrets. The window shows one sentence, no traceback."""

import asyncio
import logging
import platform
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6 import __version__ as pyside_version

from engine.redact import redact
from engine.state import write_atomically

log = logging.getLogger("streamover")


class Reports:
    """Catches what no code caught. `tell` is given one sentence for the user."""

    def __init__(self, directory: Path, tell: Callable[[str], None]) -> None:
        self._directory = directory / "reports"
        self._tell = tell

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        """Takes over the hooks of Python and of the event loop."""
        sys.excepthook = self._from_hook
        loop.set_exception_handler(self._from_loop)

    def _from_hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        self.report(error)

    def _from_loop(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.report(error if error is not None else RuntimeError(str(context.get("message"))))

    def report(self, error: BaseException) -> None:
        """Writes the report, and tells where it is."""
        words = redact("".join(traceback.format_exception(error)))
        log.error("programming error: %s", words)
        now = datetime.now(UTC)
        head = f"Streamover report, {now:%Y-%m-%d %H:%M:%S} UTC\nPython {platform.python_version()}, "
        head += f"PySide6 {pyside_version}, {platform.platform()}\n\n"
        path = self._directory / f"report-{now:%Y%m%d-%H%M%S-%f}.txt"
        try:
            write_atomically(path, (head + words).encode())
        except OSError:
            self._tell("Something in Streamover itself went wrong, and no report could be written. Restart it.")
            return
        self._tell(f"Something in Streamover itself went wrong. A report without secrets is kept at {path}.")
