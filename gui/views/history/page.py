"""The history page: a field to find by, two filters, the list, and what can be done with the run that is chosen."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QHeaderView, QMenu, QStackedWidget, QTableView, QVBoxLayout, QWidget

from engine.history_search import Found, Query
from gui.drawing.fittings import Button, Choice, FindField, Line, Text, grounded
from gui.models.history import OUTCOMES, HistoryModel, Source, plain
from gui.theme import theme
from gui.views.history.row import HEIGHT, SEARCHED, RowDelegate

EMPTY = "No runs yet. Write a prompt, or run a scenario: each run is kept here, on this computer alone."
NOT_FOUND = "No run has this in it. Fewer or other words may find more."
FORMATS = (("journal", "JSON journal"), ("markdown", "Markdown"), ("html", "HTML"))
TYPING_MS = 140  # after the last letter, before it is looked for
UNDO_MS = 10_000


class HistoryPage(QWidget):
    """It reads pages from the source that it is given, and asks for every change. `show_source` and `refresh` raise
    sqlite3.Error where the history cannot be read."""

    open_requested = Signal(str)  # a run's id
    export_requested = Signal(str, str)  # a run's id; "journal", "markdown" or "html"
    pin_requested = Signal(str, bool)
    delete_requested = Signal(list)  # ids; take them off, then call refresh
    restore_requested = Signal(list)
    refresh_requested = Signal()  # the page is shown: let the shelf catch up, then call refresh

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source: Source | None = None
        self.model = HistoryModel(self)
        self._title, self._count = Text("History", "reading", 600), Text(token="muted")
        self.field = FindField("Find in prompts and answers", "Find in the history")
        self.outcomes, self.routes = Choice(), Choice()
        self.list = HistoryList(self.model)
        self._empty = Text(EMPTY, "reading", token="muted", wraps=True)
        self._undo_bar = UndoBar()
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._make_filters()
        self._lay_out()
        self._connect()
        theme().changed.connect(self._restyle)
        self._restyle()
        self._tell()

    def _make_filters(self) -> None:
        self.outcomes.setAccessibleName("Outcome")
        self.outcomes.addItem("Any outcome", "")
        for value, (_, word) in OUTCOMES.items():
            self.outcomes.addItem(word.capitalize(), value)
        self.routes.setAccessibleName("Route")
        self.routes.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToContents)
        self.show_routes(())

    def _lay_out(self) -> None:
        self._head = QHBoxLayout()
        for part in (self._title, self._count, None, self.outcomes, self.routes, self.field):
            self._head.addStretch(1) if part is None else self._head.addWidget(part)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.list)
        self._stack.addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head)
        column.addWidget(Line())
        column.addWidget(self._stack, 1)
        column.addWidget(self._undo_bar)
        self.setFocusProxy(self.list)

    def _connect(self) -> None:
        self._typing.timeout.connect(self._look)
        self.field.textChanged.connect(lambda _: self._typing.start())
        self.field.into_results.connect(self._into_list)
        self.field.left.connect(self.list.setFocus)
        self.outcomes.activated.connect(lambda _: self._look())
        self.routes.activated.connect(lambda _: self._look())
        self.list.opened.connect(self.open_requested)
        self.list.pinned.connect(self.pin_requested)
        self.list.deleted.connect(self._delete)
        self.list.customContextMenuRequested.connect(self._open_menu)
        self._undo_bar.undone.connect(self.restore_requested)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self.field.setFocus)

    # What is shown

    def show_source(self, source: Source, routes: Sequence[str] = ()) -> None:
        """Shows the runs of this source; `routes` are the names to narrow it by."""
        self._source = source
        self.show_routes(routes)
        self._look()

    def show_routes(self, routes: Sequence[str]) -> None:
        before = self.routes.currentData()
        self.routes.clear()
        self.routes.addItem("Any route", "")
        for name in routes:
            self.routes.addItem(name, name)
        self.routes.setCurrentIndex(max(0, self.routes.findData(before)))

    def refresh(self) -> None:
        """Something in the source has changed: shows it anew, at the same place."""
        if self._source is None:
            return
        chosen, place = self.list.current(), self.list.verticalScrollBar().value()
        row = self.list.currentIndex().row()
        self.model.again()
        if chosen is not None:
            self.list.choose(chosen.id, row)
        self.list.verticalScrollBar().setValue(place)
        self._tell()

    @property
    def query(self) -> Query:
        return Query(
            text=self.field.text().strip(), outcome=self.outcomes.currentData(), route=self.routes.currentData()
        )

    def _look(self) -> None:
        self._typing.stop()
        if self._source is None:
            return
        query = self.query
        self.list.set_searched(bool(query.text))
        self.model.show(self._source, query)
        self.list.choose_first()
        self._tell()

    def _tell(self) -> None:
        total, asked = self.model.total, self.model.query != Query()
        noun = "run" if total == 1 else "runs"
        self._count.setText(f"{total:,} {noun}{' found' if asked else ''}".replace(",", "\u202f") if total else "")
        self._empty.setText(NOT_FOUND if asked else EMPTY)
        self._stack.setCurrentWidget(self.list if total else self._empty)

    def _into_list(self) -> None:
        if self._typing.isActive():
            self._look()
        self.list.setFocus()

    # What is asked for

    def _delete(self, run: str) -> None:
        found = self.list.current()
        self.delete_requested.emit([run])
        if found is not None:
            self._undo_bar.show_undo([run], plain(found.prompt))

    def _open_menu(self, place: QPoint) -> None:
        found = self.list.current()
        if found is not None:
            self.menu_of(found).popup(self.list.viewport().mapToGlobal(place))

    def menu_of(self, found: Found) -> QMenu:
        """What can be done with a run."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Open", lambda: self.open_requested.emit(found.id))
        menu.addAction("Unpin" if found.pinned else "Pin", lambda: self.pin_requested.emit(found.id, not found.pinned))
        export = menu.addMenu("Export as")
        for format_, name in FORMATS:
            export.addAction(name, lambda format_=format_: self.export_requested.emit(found.id, format_))
        menu.addSeparator()
        menu.addAction("Delete", lambda: self._delete(found.id))
        return menu

    def showEvent(self, event: object) -> None:
        self.refresh_requested.emit()

    def _restyle(self) -> None:
        px = theme().px
        self._head.setContentsMargins(px(24), px(8), px(16), px(8))
        self._head.setSpacing(px(12))
        self.field.setFixedWidth(px(260))
        self.routes.setMaximumWidth(px(200))
        self._empty.setContentsMargins(px(48), 0, px(48), px(96))
        grounded(self)


class HistoryList(QTableView):
    """Enter opens, P pins, Delete deletes, the menu key and a right click show the rest.

    A table of one column, since a list view lays every row out anew for each page that comes.
    """

    opened = Signal(str)
    pinned = Signal(str, bool)
    deleted = Signal(str)

    def __init__(self, model: HistoryModel) -> None:
        super().__init__()
        self._model = model
        self._searched = False
        self.setModel(model)
        self.setItemDelegate(RowDelegate(self))
        self.horizontalHeader().hide()
        self.horizontalHeader().setStretchLastSection(True)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName("Runs")
        theme().changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        height = theme().px(SEARCHED if self._searched else HEIGHT)
        self.verticalHeader().setMinimumSectionSize(1)
        self.verticalHeader().setDefaultSectionSize(height)
        self.verticalScrollBar().setSingleStep(height)
        self.viewport().update()

    def set_searched(self, searched: bool) -> None:
        """Gives the rows room for a part of the answer."""
        if searched != self._searched:
            self._searched = searched
            self._restyle()

    def current(self) -> Found | None:
        return self._model.found(self.currentIndex().row())

    def choose(self, run: str, row: int) -> None:
        """Chooses a run; what stands at `row` where it is gone."""
        place = self._model.row_of(run)
        self.setCurrentIndex(self._model.index(place if place >= 0 else min(row, self._model.rowCount() - 1)))
        if self.current() is None:
            self.choose_first()

    def choose_first(self) -> None:
        rows = range(self._model.rowCount())
        first = next((row for row in rows if self._model.found(row) is not None), None)
        if first is not None:
            self.setCurrentIndex(self._model.index(first))
        self.scrollToTop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        found = self.current()
        bare = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if found is not None:
                self.opened.emit(found.id)
            case Qt.Key.Key_P if bare and found is not None:
                self.pinned.emit(found.id, not found.pinned)
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace if bare and found is not None:
                self.deleted.emit(found.id)
            case Qt.Key.Key_Home:
                self.choose_first()
            case Qt.Key.Key_End:
                self.setCurrentIndex(self._model.index(self._model.rowCount() - 1))
            case _:
                super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        found = self._model.found(self.indexAt(event.position().toPoint()).row())
        if found is not None:
            self.opened.emit(found.id)


class UndoBar(QWidget):
    """Says what was deleted, for ten seconds; Ctrl+Z and the button bring it back."""

    undone = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[str] = []
        self._text, self._undo = Text(), Button("Undo", flat=True)
        self._keys = QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), self, self.undo)
        self._timer = QTimer(self, singleShot=True, interval=UNDO_MS)
        self._timer.timeout.connect(self._end)
        self._undo.clicked.connect(self.undo)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._text, 1)
        self._row.addWidget(self._undo)
        theme().changed.connect(self._restyle)
        self._restyle()
        self._end()

    def show_undo(self, runs: list[str], prompt: str) -> None:
        """One more deletion within the ten seconds joins those before it."""
        self._runs += runs
        short = prompt if len(prompt) <= 60 else prompt[:59].rstrip() + "…"
        told = f"“{short}” was deleted." if len(self._runs) == 1 else f"{len(self._runs)} runs were deleted."
        self._text.setText(f"{told} This can be undone.")
        self.show()
        self._keys.setEnabled(True)
        self._timer.start()

    def undo(self) -> None:
        runs = self._runs
        self._end()
        if runs:
            self.undone.emit(runs)

    def _end(self) -> None:
        self._runs = []
        self._keys.setEnabled(False)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(0, 0, self.width(), 1, theme().palette.line)
        painter.end()

    def _restyle(self) -> None:
        px = theme().px
        self._row.setContentsMargins(px(24), px(4), px(16), px(4))
        grounded(self, "raised")
