"""Reads a journal in slices between two frames, so that a large one never stops the window."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from PySide6.QtCore import QObject, QTimer, Signal

from engine.core import events as e
from engine.core.journal import JournalError
from gui.models.replay import Replay, read

SLICE = 0.012  # seconds of reading between two turns of the loop


class Loader(QObject):
    """Says `loaded` with a Replay, or `failed` with one sentence; `progressed` in between, from 0 to 1."""

    loaded = Signal(object)
    failed = Signal(str)
    progressed = Signal(float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file: BinaryIO | None = None
        self._events: Iterator[tuple[e.AnyEvent | None, bytes]] = iter(())
        self._replay = Replay()
        self._read = self._size = 0
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._go_on)

    @property
    def busy(self) -> bool:
        return self._file is not None

    def open(self, path: Path) -> None:
        """Begins to read; what was being read before is given up."""
        self.cancel()
        try:
            self._file = path.open("rb")
            self._size = max(1, path.stat().st_size)
        except OSError as error:
            self._fail(f"{path.name} cannot be read ({error.strerror}). Choose another file.")
            return
        self._replay, self._read = Replay(), 0
        self._events = read(self._file.readline)
        self._timer.start()

    def cancel(self) -> None:
        """Gives up; nothing more is said."""
        self._timer.stop()
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None

    def _go_on(self) -> None:
        until = time.perf_counter() + SLICE
        try:
            while time.perf_counter() < until:
                event, line = next(self._events)
                self._read += len(line)
                if event is not None:
                    self._replay.add(event, line)
        except StopIteration:
            self._finish()
        except JournalError as error:
            self._fail(str(error))
        except OSError as error:
            self._fail(f"The file cannot be read any further ({error.strerror}). Try again.")
        else:
            self.progressed.emit(min(1.0, self._read / self._size))

    def _finish(self) -> None:
        self.cancel()
        try:
            _ = self._replay.whole
        except JournalError as error:
            self.failed.emit(str(error))
        else:
            self.loaded.emit(self._replay)

    def _fail(self, sentence: str) -> None:
        self.cancel()
        self.failed.emit(sentence)
