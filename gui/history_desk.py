"""Between the history page and the shelf of runs: searching, opening, pinning, deleting and exporting."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from engine.core import journal
from engine.core.run import Run
from engine.driver import spawn
from engine.exports import markdown
from engine.history_search import HistorySearch
from engine.playground import Playground
from engine.state import write_atomically
from gui.controller import Controller
from gui.models.replay import Replay
from gui.views.history import HistoryPage

CATCH_UP_AFTER = 0.3  # seconds behind the end of a run: by then it is on disk
FORMS = {
    "journal": ("jsonl", "Recorded run (*.jsonl)"),
    "markdown": ("md", "Markdown (*.md)"),
    "html": ("html", "Page (*.html)"),
}


class HistoryDesk(QObject):
    """Runs the search in a thread, and says in one sentence what failed."""

    def __init__(
        self, playground: Playground, controller: Controller, page: HistoryPage, show: Callable[[Replay], None]
    ) -> None:
        super().__init__(page)
        self._controller, self._page, self._show = controller, page, show
        self._shelf = HistorySearch(playground.history.path)
        self._catching: asyncio.Task[None] | None = None
        page.open_requested.connect(self.open)
        page.export_requested.connect(self._export)
        page.pin_requested.connect(lambda run, on: self._change(self._shelf.pin, run, on))
        page.delete_requested.connect(lambda runs: self._change(self._shelf.delete, runs))
        page.restore_requested.connect(lambda runs: self._change(self._shelf.restore, runs))
        page.refresh_requested.connect(self.refresh)
        controller.run_changed.connect(self._run_changed)
        page.show_source(self._shelf, self._shelf.routes())

    def refresh(self) -> None:
        self._soon(0.0)

    async def close(self) -> None:
        """Ends the catching up. What was deleted is gone for good."""
        if self._catching is not None:
            self._catching.cancel()
            await asyncio.wait([self._catching])
        with contextlib.suppress(sqlite3.Error):  # it is tried again at the next start
            await asyncio.to_thread(self._shelf.purge)

    def _soon(self, delay: float) -> None:
        if self._catching is None or self._catching.done():
            self._catching = spawn(self._catch_up(delay), "catch up with the history")

    def open(self, run: str) -> None:
        """Shows a recorded run in the chat and on the timeline, to be played again."""
        try:
            replay = Replay()
            for event in journal.load(self._shelf.journal(run)):
                replay.add(event)
        except (journal.JournalError, sqlite3.Error) as error:
            self._controller.notice.emit(f"This run cannot be opened: {error}")
            return
        self._show(replay)

    def _told(self, run: str) -> Run | None:
        try:
            return journal.fold(journal.load(self._shelf.journal(run)))
        except (journal.JournalError, sqlite3.Error) as error:
            self._controller.notice.emit(f"This run cannot be opened: {error}")
            return None

    def _run_changed(self, run: Run) -> None:
        if run.outcome is not None:
            self._soon(CATCH_UP_AFTER)

    async def _catch_up(self, delay: float) -> None:
        await asyncio.sleep(delay)
        try:
            while await asyncio.to_thread(self._shelf.catch_up):
                pass
            self._page.show_routes(await asyncio.to_thread(self._shelf.routes))
            self._page.refresh()
        except sqlite3.Error as error:
            self._controller.notice.emit(f"The history cannot be searched: {error}. Free some space, or restart.")

    def _change(self, act: Callable[..., None], *arguments: object) -> None:
        try:
            act(*arguments)
        except sqlite3.Error as error:
            self._controller.notice.emit(f"The history cannot be changed: {error}. Free some space, or restart.")
        self._page.refresh()

    def _export(self, run: str, form: str) -> None:
        ending, kinds = FORMS[form]
        dialog = QFileDialog(self._page, "Export the run", f"run-{run[:8]}.{ending}", kinds)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(lambda path: self._write(run, form, Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _write(self, run: str, form: str, path: Path) -> None:
        told = self._told(run)
        if told is None:
            return
        try:
            write_atomically(path, self._exported(told, run, form))
        except OSError as error:
            self._controller.notice.emit(f"{path} cannot be written ({error.strerror}). Choose another folder.")

    def _exported(self, told: Run, run: str, form: str) -> bytes:
        if form == "journal":
            return self._shelf.journal(run)
        if form == "html":
            from engine.exports import html

            return html.page(told).encode()
        return markdown.chat(((told.request.messages[-1], told),), told.request.route.name).encode()
