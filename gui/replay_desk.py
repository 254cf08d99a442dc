"""Recorded runs in the window: opened from a file or from the history, played, and asked what if."""

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from engine.core.run import Run
from gui.controller import Controller
from gui.main_window import MainWindow
from gui.models.replay import Replay
from gui.models.transcript import Turn
from gui.views.replay import Loader, WhatIfView
from gui.views.timeline import TimelineView


class ReplayDesk(QObject):
    """Shows a replay's frames in the window until another chat is opened."""

    def __init__(self, window: MainWindow, controller: Controller) -> None:
        super().__init__(window)
        self._window, self._controller = window, controller
        self._run = ""
        self.loader = Loader(self)
        self.what_if = WhatIfView(TimelineView)
        window.add_page("what-if", self.what_if)
        self.loader.loaded.connect(self.show_replay)
        self.loader.failed.connect(controller.notice.emit)
        bar = window.transport
        bar.frame.connect(self._show_frame)
        bar.close_asked.connect(self.close_bar)
        bar.what_if_asked.connect(self._ask_what_if)
        self.what_if.close_asked.connect(lambda: window.show_page("chat"))
        controller.turns_changed.connect(self._turns_changed)
        window.keys.bind("open", self.choose)
        window.keys.apply(window.keys.bindings)

    def choose(self) -> None:
        """Asks for a recorded run."""
        dialog = QFileDialog(self._window, "Open a recorded run", "", "Recorded runs (*.jsonl);;All files (*)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.loader.open(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def show_replay(self, replay: Replay) -> None:
        """Opens the run in the chat, at its end, with the bar to play it."""
        run = replay.whole
        self._run = ""
        self._window.show_page("chat")
        self._controller.open_run(run)
        self._run = run.id
        self._window.transport.show_replay(replay)
        self._window.transport.show()
        self._window.transport.seek(replay.length)
        self._window.transport.setFocus()

    def close_bar(self) -> None:
        """The run stays, at its end."""
        replay, self._run = self._window.transport.replay, ""
        self._window.transport.pause()
        self._window.transport.hide()
        if replay is not None:
            self._show(replay.whole)

    def _show_frame(self, run: Run) -> None:
        if run.id == self._run:
            self._show(run)

    def _show(self, run: Run) -> None:
        self._window.show_turns((Turn(message=run.request.messages[-1], run=run),))
        self._window.show_run(run, live=False)

    def _turns_changed(self, turns: tuple[Turn, ...]) -> None:
        shown = turns[-1].run.id if turns and turns[-1].run is not None else ""
        if self._run and shown != self._run:
            self._run = ""
            self._window.transport.pause()
            self._window.transport.hide()

    def _ask_what_if(self) -> None:
        replay = self._window.transport.replay
        if replay is not None:
            self._window.transport.pause()
            self.what_if.show_recording(replay.events, replay.whole)
            self._window.show_page("what-if")
