"""The keys page. It knows values and signals only: what is wanted is asked for, and shown when it has happened."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from engine.keys import BackendStatus, FoundKey
from gui.drawing.fittings import Button, Line, Text
from gui.models.keys import KeyRow, KeysModel, Standing, plural, summary
from gui.theme import theme
from gui.views.keys.add import AddPanel
from gui.views.keys.bars import Footer, NoticeBar, StatusLine
from gui.views.keys.detail import Check, DetailPane
from gui.views.keys.secret import SecretClipboard
from gui.views.keys.table import KeysTable

EMPTY = "No keys yet. Everything works offline with the built-in provider."
FAST, SLOW = 100, 1000  # ms between two looks at the clock: while a key cools, and else
HERE = Qt.ShortcutContext.WidgetWithChildrenShortcut
CHECK_SHOWN = 60.0  # seconds for which the outcome of a check stands in the table


class KeysPage(QWidget):
    """Keys by provider, one of them in detail, and the panel for adding. `clock` gives Unix seconds."""

    add_requested = Signal(str, str, str, bool)  # provider, alias, the pasted text, for this session only
    import_requested = Signal(list)  # FoundKey
    remove_requested = Signal(str)
    restore_requested = Signal(str)
    rename_requested = Signal(str, str)
    reorder_requested = Signal(str, list)
    enable_requested = Signal(str, bool)
    check_requested = Signal(list)
    reveal_requested = Signal(str)
    copy_requested = Signal(str)  # the name is on the clipboard already
    refresh_requested = Signal()

    def __init__(self, parent: QWidget | None = None, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(parent)
        self._clock = clock
        self._rows: tuple[KeyRow, ...] = ()
        self._checks: dict[str, tuple[float, Check]] = {}
        self._over: set[tuple[str, float]] = set()  # rests whose end was told of
        self._adding = False
        self._model = KeysModel(self)
        self._table = KeysTable(self._model)
        self._detail, self._add = DetailPane(), AddPanel()
        self._status, self._notice, self._footer = StatusLine(), NoticeBar(), Footer()
        self._clipboard = SecretClipboard(self)
        self._timer = QTimer(self, interval=SLOW)
        self._timer.timeout.connect(self._tick)
        self._make_header()
        self._make_empty()
        self._lay_out()
        self._connect()
        theme().changed.connect(self._restyle)
        self._restyle()
        self.show_keys(())

    def _make_header(self) -> None:
        self._title, self._count = Text("Keys", "reading", 600), Text(token="muted")
        self._check_all = Button("Check all", flat=True)
        self._check_all.setToolTip("Asks each provider once with each key, which may cost a fraction of a cent.")
        self._check_all.clicked.connect(lambda: self._ask_check([row.id for row in self._rows if row.enabled]))
        self._add_button = Button("Add key", mark="plus", primary=True)
        self._add_button.setToolTip("Add a key (Insert)")
        self._add_button.clicked.connect(self.open_add)

    def _make_empty(self) -> None:
        self._empty = QWidget()
        column = QVBoxLayout(self._empty)
        self._empty_add = Button("Add key", mark="plus")
        self._empty_add.clicked.connect(self.open_add)
        text = Text(EMPTY, "reading", token="muted", wraps=True)
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addStretch(2)
        column.addWidget(text)
        column.addSpacing(12)
        column.addWidget(self._empty_add, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)

    def _lay_out(self) -> None:
        self._head = QHBoxLayout()
        self._head.addWidget(self._title)
        self._head.addWidget(self._count)
        self._head.addStretch(1)
        self._head.addWidget(self._check_all)
        self._head.addWidget(self._add_button)
        self._middle, self._side = QStackedWidget(), QStackedWidget()
        self._middle.addWidget(self._table)
        self._middle.addWidget(self._empty)
        self._side.addWidget(self._detail)
        self._side.addWidget(self._add)
        self._lines = [Line(), Line(), Line(), Line(upright=True)]
        left, body, column = QVBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        for part in (self._notice, self._lines[2], self._footer):
            left.addWidget(part)
        left.insertWidget(0, self._middle, 1)
        body.addLayout(left, 1)
        body.addWidget(self._lines[3])
        body.addWidget(self._side)
        column.addLayout(self._head)
        for part in (self._lines[0], self._status, self._lines[1]):
            column.addWidget(part)
        column.addLayout(body, 1)
        for layout in (left, body, column):
            layout.setSpacing(0)
            layout.setContentsMargins(0, 0, 0, 0)

    def _connect(self) -> None:
        self._table.current_changed.connect(self._show_detail)
        self._table.move_asked.connect(self.move_key)
        self._table.toggle_asked.connect(self._toggle)
        self._table.remove_asked.connect(self._remove)
        self._table.copy_asked.connect(self._copy_name)
        self._table.customContextMenuRequested.connect(self._open_menu)
        self._model.rename_asked.connect(self.rename_requested)
        self._model.order_asked.connect(self.reorder_requested)
        self._detail.check_asked.connect(lambda: self._ask_check([self._table.current_id()]))
        self._detail.toggle_asked.connect(self._toggle)
        self._detail.remove_asked.connect(self._remove)
        self._detail.rename_asked.connect(self._table.rename)
        self._detail.reveal_asked.connect(lambda: self.reveal_requested.emit(self._table.current_id()))
        self._detail.copy_name_asked.connect(self._copy_name)
        self._detail.copy_value_asked.connect(lambda: self._clipboard.put(self._detail.value.take()))
        self._add.added.connect(self.add_requested)
        self._add.imported.connect(self.import_requested)
        self._add.closed.connect(self.close_add)
        self._notice.undo_asked.connect(self.restore_requested)
        self._footer.retry_asked.connect(self.refresh_requested)
        QShortcut(QKeySequence("Insert"), self, self.open_add, context=HERE)

    # What is shown

    def show_keys(self, rows: Sequence[KeyRow]) -> None:
        """Shows these keys. A new one closes the panel for adding, and is chosen."""
        before, chosen = {row.id for row in self._rows}, self._table.current_id()
        self._rows = tuple(rows)
        new = [row.id for row in self._rows if row.id not in before]
        self._model.set_rows(map(self._with_check, self._rows), self._clock())
        if self._adding and new:
            self.close_add()
            chosen = new[-1]
        ids = [row.id for row in self._rows]
        self._table.choose(chosen if chosen in ids else next(iter(ids), ""))
        self._add.show_rows(self._rows)
        self._middle.setCurrentWidget(self._table if ids else self._empty)
        self._count.setText(f"{plural(len(ids))} at {_providers(self._rows)}" if ids else "")
        self._check_all.setVisible(bool(ids))
        for part in (self._status, self._lines[1], self._footer.legend):
            part.setVisible(bool(ids))
        self._show_side()
        self._show_detail()
        self._tell()

    def show_backend(self, status: BackendStatus) -> None:
        self._footer.show_backend(status)

    def show_found(self, found: Sequence[FoundKey]) -> None:
        """What the environment holds, for the panel's list."""
        self._add.found.show_found(found)

    def show_check(self, key_id: str, ok: bool, words: str, seconds: float) -> None:
        """The outcome of a check: `words` is a short sentence, `seconds` is how long it took."""
        self._checks[key_id] = (self._clock(), Check(ok, words, seconds))
        self._refresh_rows()

    def show_revealed(self, key_id: str, text: str) -> None:
        """Shows a value that was asked for, for ten seconds; not if another key was chosen since."""
        if key_id == self._table.current_id() and self.isVisible():
            self._detail.reveal(text)

    def show_error(self, text: str) -> None:
        self._notice.show_error(text)

    def show_undo(self, key_id: str, alias: str) -> None:
        self._notice.show_undo(key_id, alias)

    # What the page does by itself

    def open_add(self) -> None:
        """Opens the panel for adding, and asks anew what the environment holds."""
        self._adding = True
        self._show_side()
        self._add.open(self._rows)
        self.refresh_requested.emit()

    def close_add(self) -> None:
        """Closes the panel, and forgets what was pasted."""
        self._adding = False
        self._add.forget()
        self._show_side()
        self._table.setFocus()

    def move_key(self, by: int) -> None:
        """Asks for the chosen key to stand one place up (-1) or down (1) among its provider's."""
        row = self._chosen()
        ids = [other.id for other in self._rows if row is not None and other.provider == row.provider]
        if row is None or not 0 <= ids.index(row.id) + by < len(ids):
            return
        place = ids.index(row.id)
        ids[place], ids[place + by] = ids[place + by], ids[place]
        self.reorder_requested.emit(row.provider, ids)

    def _chosen(self) -> KeyRow | None:
        key_id = self._table.current_id()
        return next((row for row in self._rows if row.id == key_id), None)

    def _toggle(self) -> None:
        if (row := self._chosen()) is not None:
            self.enable_requested.emit(row.id, row.state is Standing.OFF)

    def _remove(self) -> None:
        if (row := self._chosen()) is not None:
            self.remove_requested.emit(row.id)

    def _copy_name(self) -> None:
        if (row := self._chosen()) is not None:
            QGuiApplication.clipboard().setText(row.name)
            self.copy_requested.emit(row.id)

    def _ask_check(self, key_ids: list[str]) -> None:
        asked = [key_id for key_id in key_ids if key_id]
        for key_id in asked:
            self._checks[key_id] = (self._clock(), Check())
        if asked:
            self._refresh_rows()
            self.check_requested.emit(asked)

    def _refresh_rows(self) -> None:
        self._model.set_rows(map(self._with_check, self._rows), self._clock())
        self._show_detail()

    def _with_check(self, row: KeyRow) -> KeyRow:
        """The row, with the check that runs or has just ended in the place of its reason."""
        at, check = self._checks.get(row.id, (0.0, Check(words="")))
        if check.words is None:
            return replace(row, why="asking the provider …")
        fresh = check.words and self._clock() - at < CHECK_SHOWN
        return replace(row, why=f"{check.words} ({check.seconds:.1f} s)") if fresh else row

    def _show_detail(self) -> None:
        row = self._chosen()
        check = self._checks[row.id][1] if row is not None and row.id in self._checks else None
        self._detail.show_row(row, self._clock(), check)

    def _show_side(self) -> None:
        self._side.setCurrentWidget(self._add if self._adding else self._detail)
        shown = self._adding or bool(self._rows)
        self._side.setVisible(shown)
        self._lines[3].setVisible(shown)

    def _open_menu(self, place: QPoint) -> None:
        if (row := self._chosen()) is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Check now", lambda: self._ask_check([row.id]))
        menu.addAction("Put back" if row.state is Standing.OFF else "Bench", self._toggle)
        menu.addAction("Rename", self._table.rename).setEnabled(row.can_be_renamed)
        menu.addAction("Copy name", self._copy_name)
        menu.addSeparator()
        menu.addAction("Move up", lambda: self.move_key(-1))
        menu.addAction("Move down", lambda: self.move_key(1))
        menu.addSeparator()
        menu.addAction("Remove", self._remove)
        menu.popup(self._table.viewport().mapToGlobal(place))

    # Time

    def _tick(self) -> None:
        now = self._clock()
        self._model.set_now(now)
        self._detail.show_now(now)
        self._tell()
        over = {(row.id, row.until) for row in self._rows if row.until is not None and row.until <= now}
        if news := over - self._over:
            self._over |= news
            self.refresh_requested.emit()

    def _tell(self) -> None:
        self._status.say(*summary(self._rows, self._clock()))
        cools = any(row.state is Standing.COOLING for row in self._rows) and not theme().reduced_motion
        pace = FAST if cools else SLOW
        if self._timer.interval() != pace:
            self._timer.setInterval(pace)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()
        self._tick()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing secret waits behind another page."""
        super().hideEvent(event)
        self._timer.stop()
        self._detail.value.forget()
        self._add.forget()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        px = theme().px
        self._side.setFixedWidth(px(344) if self.width() >= px(1000) else px(300))

    def _restyle(self) -> None:
        px, p = theme().px, theme().palette
        self._head.setContentsMargins(px(24), px(8), px(16), px(8))
        self._head.setSpacing(px(16))
        self._fit()
        palette = self.palette()
        palette.setColor(self.backgroundRole(), p.surface)
        self.setPalette(palette)
        self.setAutoFillBackground(True)


def _providers(rows: Sequence[KeyRow]) -> str:
    number = len({row.provider for row in rows})
    return "one provider" if number == 1 else f"{number} providers"
