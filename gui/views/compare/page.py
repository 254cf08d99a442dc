"""The page of comparisons: values in, wishes out. Who runs what is not its business."""

import time
from collections.abc import Sequence

from msgspec.structs import replace
from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from engine.compare.results import Priced
from engine.compare.sets import FEWEST_COLUMNS
from engine.core.run import Run
from gui import words
from gui.drawing.fittings import Line, Text, grounded
from gui.models import compare as m
from gui.theme import theme
from gui.views.compare.bars import Foot, PromptBar, Question, Row, TopBar, VoteBar
from gui.views.compare.column import Act, Column
from gui.views.compare.columns import Columns
from gui.views.compare.difference import Differences
from gui.views.compare.menus import REPORTS, SETS, ask_path, more_menu
from gui.views.compare.settings import OwnSettings
from gui.views.compare.statistics import Statistics
from gui.views.compare.strip import axis

TICK = 100  # ms between two readings of the clock while something runs
ANSWERS, DIFFERENCES, STATISTICS = 0, 1, 2


class ComparePage(QWidget):
    """Shows a `Board` and the runs of its columns. All that a person wants of it is a signal."""

    run_requested = Signal()
    stop_requested = Signal()
    confirmed = Signal(bool)
    board_changed = Signal(object)  # Board: what changes no column's place
    lane_moved = Signal(int, int)
    lane_removed = Signal(int)
    add_requested = Signal(object)  # QPoint, where a menu may open
    column_stopped = Signal(int)
    column_skipped = Signal(int)
    column_again = Signal(int)
    voted = Signal(object, str)  # the column's place or None, the reason
    open_requested = Signal(object)  # Path of a set
    save_requested = Signal(object)  # Path of a set
    report_requested = Signal(object)  # Path; its ending says the form

    def __init__(self) -> None:
        super().__init__()
        self._board = m.Board(lanes=(), prompt="")
        self._priced: Priced = lambda candidate, usage: None
        self._columns: list[Column] = []
        self._since: dict[str, float] = {}  # when each live run began, on the monotonic clock
        self._running = self._hidden = False
        self._chosen: int | None = None
        self._progress = ""
        self.top, self.prompt, self.question, self.vote, self.foot = (
            TopBar(),
            PromptBar(),
            Question(),
            VoteBar(),
            Foot(),
        )
        self.columns, self.differences, self.statistics = Columns(), Differences(), Statistics()
        self._lead, self._rest = Text("", "reading", 600), Text("", "reading")
        self._note = Text("", token="muted", wraps=True)
        self._ticks = QTimer(self, interval=TICK)
        self._ticks.timeout.connect(self.tick)
        self._arrange()
        self._connect()
        theme().changed.connect(self._restyle)

    def _arrange(self) -> None:
        grounded(self)
        self._faces = QStackedWidget()
        for face in (self.columns, self.differences, self.statistics):
            self._faces.addWidget(face)
        status = Row()
        status.row.setSpacing(theme().px(6))
        status.row.addWidget(self._lead)
        status.row.addWidget(self._rest, 1)
        self._rest.setMinimumWidth(1)
        self._note_row = Row(32)
        self._note_row.row.addWidget(self._note, 1)
        self._note_row.hide()
        room = QVBoxLayout(self)
        room.setContentsMargins(0, 0, 0, 0)
        room.setSpacing(0)
        for row in (self.top, Line(), status, Line(), self.prompt, Line(), self.question, self._note_row):
            room.addWidget(row)
        room.addWidget(self._faces, 1)
        for row in (self.vote, Line(), self.foot):
            room.addWidget(row)
        self.setFocusProxy(self.prompt.field)

    def _connect(self) -> None:
        self.top.face_chosen.connect(self.show_face)
        self.top.arrangement_chosen.connect(lambda shape: self._change(arrangement=shape))
        self.top.best_toggled.connect(lambda on: self._change(marks_best=on))
        self.top.sync_toggled.connect(lambda on: self._change(synced=on))
        self.top.add.clicked.connect(
            lambda: self.add_requested.emit(self.top.add.mapToGlobal(QPoint(0, self.top.add.height() + 2)))
        )
        self.top.more.clicked.connect(self._open_more)
        self.prompt.run_requested.connect(self.run_requested)
        self.prompt.stop_requested.connect(self.stop_requested)
        self.prompt.prompt_changed.connect(lambda text: self._change(prompt=text))
        self.prompt.mode_chosen.connect(lambda mode: self._change(mode=mode))
        self.prompt.repeat_chosen.connect(lambda count: self._change(repeat=count))
        self.question.answered.connect(self.confirmed)
        self.vote.voted.connect(self.voted)
        self.columns.resized.connect(self._note_widths)
        self.statistics.save_requested.connect(self._ask_report)

    # The set-up

    @property
    def board(self) -> m.Board:
        return self._board

    def show_board(self, board: m.Board, runs: Sequence[Run | None], priced: Priced) -> None:
        """Shows this set-up, with what the columns have run."""
        self._board, self._priced = board, priced
        self._columns = [self._column(place, lane) for place, lane in enumerate(board.lanes)]
        self.columns.arrange(self._columns, board.arrangement, [lane.width for lane in board.lanes])
        for column, run in zip(self._columns, runs, strict=True):
            if run is not None:
                self._started(run)
            column.show_run(run)
        self._show_names()
        self._show_bars()
        self.tick()

    def _column(self, place: int, lane: m.Lane) -> Column:
        column = Column(lane)
        column.acted.connect(lambda act: self._act(place, act))
        column.dropped.connect(lambda point: self._drop(place, point))
        column.prompt_changed.connect(lambda text: self._change_lane(place, prompt=text))
        column.scrolled.connect(lambda share: self._scroll(place, share))
        return column

    def _restyle(self) -> None:
        grounded(self)
        self.prompt.field.setFont(theme().font("reading"))
        self.statistics.restyle()
        self.differences.restyle()
        self._rebuild()

    def _rebuild(self) -> None:
        if self._board.lanes:
            self.show_board(self._board, [column.run for column in self._columns], self._priced)

    def _show_bars(self) -> None:
        self.top.show_board(self._board, running=self._running)
        self.prompt.show_board(self._board, running=self._running)

    def _show_names(self) -> None:
        names = [m.named(self._board, place, hidden=self._hidden) for place in range(len(self._columns))]
        for place, column in enumerate(self._columns):
            lane = self._board.lanes[place]
            badges = [] if self._hidden or not m.modified_names(self._board, lane) else ["Modified"]
            badges += ["own prompt"] if lane.prompt is not None else []
            column.show_name(names[place], tuple(badges), chosen=place == self._chosen, hidden=self._hidden)
            self.columns.name(place, names[place])
        self.differences.show_names(names)

    def _change(self, **changes: object) -> None:
        """A new set-up that leaves the columns where they are."""
        board = replace(self._board, **changes)
        if board == self._board:
            return
        anew = board.arrangement is not self._board.arrangement
        self._board = board
        if anew:
            self._rebuild()
        self._show_bars()
        self.tick()
        self.board_changed.emit(board)

    def _change_lane(self, place: int, **changes: object) -> None:
        lanes = list(self._board.lanes)
        lanes[place] = self._columns[place].lane = replace(lanes[place], **changes)
        self._columns[place].own.setVisible(lanes[place].prompt is not None)
        self._change(lanes=tuple(lanes))
        self._show_names()

    def _note_widths(self, widths: list[int]) -> None:
        lanes = tuple(replace(lane, width=width) for lane, width in zip(self._board.lanes, widths, strict=True))
        self._board = replace(self._board, lanes=lanes)
        self.board_changed.emit(self._board)

    def _drop(self, place: int, point: QPoint) -> None:
        target = self.columns.place_at(point)
        if target is not None and target != place and not self._running:
            self.lane_moved.emit(place, target)

    def _act(self, place: int, act: Act) -> None:
        match act:
            case Act.STOP:
                self.column_stopped.emit(place)
            case Act.SKIP:
                self.column_skipped.emit(place)
            case Act.AGAIN:
                self.column_again.emit(place)
            case Act.CHOOSE:
                self.voted.emit(place, "")
            case Act.LINK:
                own = self._board.lanes[place].prompt
                self._change_lane(place, prompt=self._board.prompt if own is None else None)
                self._columns[place].own.setText(self._board.lanes[place].prompt or "")
            case Act.SETTINGS:
                self._open_settings(place)
            case Act.LEFT | Act.RIGHT | Act.REMOVE:
                self._rearrange(place, act)

    def _rearrange(self, place: int, act: Act) -> None:
        if self._running:
            self.say("Columns move when nothing runs: stop it first, or wait until it is done.")
        elif act is Act.REMOVE and len(self._columns) <= FEWEST_COLUMNS:
            self.say("A comparison needs two columns: add another one before you remove this one.")
        elif act is Act.REMOVE:
            self.lane_removed.emit(place)
        else:
            target = place + (-1 if act is Act.LEFT else 1)
            if 0 <= target < len(self._columns):
                self.lane_moved.emit(place, target)

    def _open_settings(self, place: int) -> None:
        form = OwnSettings(self._board.lanes[place].parameters, self)
        form.changed.connect(lambda parameters: self._change_lane(place, parameters=parameters))
        form.open_at(self._columns[place].more)

    # What runs

    def show_running(self, running: bool) -> None:
        self._running = running
        self._show_bars()
        if running:
            self._note_row.hide()
            self.vote.hide()
            self._chosen = None
        self.tick()

    def show_run(self, place: int, run: Run, *, live: bool = True) -> None:
        """A column's run as it is now; a recorded one (`live` False) stands still at its own time."""
        if live:
            self._started(run)
        else:
            self._since.pop(run.id, None)
        column = self._columns[place]
        column.show_run(run)
        if self._faces.currentIndex() == DIFFERENCES:
            self.differences.show_text(place, run.text, live=run.outcome is None)
        self._show_state(column, self._now(run))
        if run.outcome is not None:
            self.tick()
        elif not self._ticks.isActive():
            self._ticks.start()

    def _started(self, run: Run) -> None:
        if run.outcome is None:
            self._since.setdefault(run.id, time.monotonic() - run.now)
        else:
            self._since.pop(run.id, None)

    def _now(self, run: Run) -> float:
        """Where the run's own clock stands, in seconds."""
        since = self._since.get(run.id)
        return run.now if since is None else max(run.now, time.monotonic() - since)

    def _show_state(self, column: Column, now: float) -> None:
        run = column.run
        column.standing.show_head(m.head(run, now, queued=self._running, hidden=self._hidden))
        column.strip.show_run(run, now)

    def tick(self) -> None:
        """Brings the clocks, the figures and the sentence up to now."""
        runs = [column.run for column in self._columns]
        nows = [self._now(run) if run is not None else 0.0 for run in runs]
        length = axis(max(nows, default=0.0))
        rows = max((len(run.attempts) for run in runs if run is not None), default=0)
        found = [m.figures(run, now, self._priced) for run, now in zip(runs, nows, strict=True)]
        if self._board.marks_best:
            found = m.crowned(found, [m.may_win(run) for run in runs])
        for column, now, figures in zip(self._columns, nows, found, strict=True):
            column.strip.length = length
            column.strip.set_rows(rows)
            column.figures.show_figures(figures)
            self._show_state(column, now)
        self._show_words(runs, length)
        live = any(run is not None and run.outcome is None for run in runs)
        if not live:
            self._ticks.stop()
            for column in self._columns:
                column.strip.name()
                column.figures.name()
        elif not self._ticks.isActive() and self.isVisible():
            self._ticks.start()

    def _show_words(self, runs: Sequence[Run | None], length: float) -> None:
        names = [m.named(self._board, place, hidden=self._hidden) for place in range(len(runs))]
        lead, rest = m.sentence(runs, names)
        self._lead.setText(lead)
        self._rest.setText(rest)
        self._rest.setToolTip(rest)
        best = " Best is marked among answers that finished or still run. Failed columns never win."
        self.foot.left.setText(f"Shared axis 0 to {words.limit(length)}.{best if self._board.marks_best else ''}")
        self.foot.right.setText(" · ".join(filter(None, [self._progress, self._spent(runs)])))

    def _spent(self, runs: Sequence[Run | None]) -> str:
        costs = [m.figures(run, 0.0, self._priced)[5] for run in runs if run is not None]
        if not costs:
            return ""
        known = sum(cost.value for cost in costs if cost.value is not None)
        unknown = sum(cost.value is None and cost.text == m.NOT_KNOWN for cost in costs)
        sign = "~" if any(cost.text.startswith("~") for cost in costs) else ""
        rest = f", {unknown} not known" if unknown else ""
        return f"Total cost {sign}{m.dollars(known) if known else '$0'}{rest}"

    def show_progress(self, text: str) -> None:
        """What is done and left, and how long it may still take; empty for nothing."""
        self._progress = text
        self.foot.right.setText(text)

    def say(self, text: str) -> None:
        """A sentence that stays until the next run; empty takes it away."""
        self._note.setText(text)
        self._note_row.setVisible(bool(text))

    def ask(self, text: str) -> None:
        """A question before the run begins; `confirmed` says the answer."""
        self.question.ask(text)

    # Judging

    def set_hidden(self, hidden: bool) -> None:
        """Hides who answers, until the vote."""
        self._hidden = hidden
        self._show_names()
        self.tick()

    def ask_vote(self) -> None:
        """Asks which of the complete answers is best; only where there are two or more."""
        answered = [i for i, column in enumerate(self._columns) if column.run and m.may_win(column.run)]
        if len(answered) >= FEWEST_COLUMNS:
            names = [(i, m.named(self._board, i, hidden=self._hidden)) for i in answered]
            self.vote.ask(names, hidden=self._hidden)
        else:
            self.set_hidden(False)

    def show_chosen(self, place: int | None) -> None:
        self._chosen = place
        self.vote.hide()
        self._show_names()

    # The faces

    def show_face(self, face: int) -> None:
        """Answers, differences or statistics."""
        self.top.choose_face(face)
        self._faces.setCurrentIndex(face)
        if face == DIFFERENCES:
            for place, column in enumerate(self._columns):
                run = column.run
                self.differences.show_text(place, run.text if run else "", live=run is not None and run.outcome is None)

    def _scroll(self, place: int, share: float) -> None:
        if self._board.synced:
            for other, column in enumerate(self._columns):
                if other != place:
                    column.scroll_to(share)

    # Files and the rest

    def _open_more(self) -> None:
        acts = {
            "Open a set …": lambda: ask_path(self, "Open a set", SETS, self.open_requested.emit, saves=False),
            "Save this set …": lambda: ask_path(self, "Save this set", SETS, self.save_requested.emit),
            "Save a report …": self._ask_report,
        }
        menu = more_menu(self, self._board, acts, lambda board: self._change(blind=board.blind, cap=board.cap))
        menu.popup(self.top.more.mapToGlobal(QPoint(0, self.top.more.height() + 2)))

    def _ask_report(self) -> None:
        ask_path(self, "Save a report", REPORTS, self.report_requested.emit)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.tick()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._ticks.stop()
