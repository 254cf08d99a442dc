"""The table twin: the attempts of the timeline as rows. T swaps the one for the other."""

from PySide6.QtCore import QItemSelection, QModelIndex, QPersistentModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QColor, QKeyEvent, QKeySequence, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from engine.core.run import Run
from gui.models.timeline import Timeline
from gui.models.timeline_table import STATE, AttemptsModel, AttemptsProxy, Column, copied
from gui.theme import State, Theme

WIDTHS: dict[Column, int] = {
    Column.ATTEMPT: 92, Column.CANDIDATE: 184, Column.KEY: 88, Column.END: 232, Column.STARTED: 88, Column.CONNECT: 88,
    Column.WAIT: 72, Column.FIRST: 104, Column.DURATION: 92, Column.TOKENS: 84, Column.STATUS: 80, Column.ACTION: 150,
    Column.RULE: 280, Column.WHY: 380,
}  # fmt: skip


class AttemptsTable(QTableView):
    """Arrow keys choose a row, Enter opens it, Ctrl+C copies rows with tabs, Ctrl+Shift+C in Markdown."""

    attempt_selected = Signal(int)
    activated_row = Signal()
    timeline_asked = Signal()
    filter_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.attempts = AttemptsModel(self)
        self.proxy = AttemptsProxy(self.attempts, self)
        self.setModel(self.proxy)
        self.setItemDelegate(_Ends(theme, self))
        self.setAccessibleName("Attempts")
        self.setAccessibleDescription("The timeline as a table. T goes back to the drawing.")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSortingEnabled(True)
        self.sortByColumn(Column.ATTEMPT, Qt.SortOrder.AscendingOrder)
        self.verticalHeader().hide()
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._add_actions()
        theme.changed.connect(self._dress)
        self._dress()

    def _add_actions(self) -> None:
        for text, keys, markdown in (
            ("Copy", QKeySequence(QKeySequence.StandardKey.Copy), False),
            ("Copy as Markdown", QKeySequence("Ctrl+Shift+C"), True),
        ):
            action = QAction(text, self)
            action.setShortcut(keys)
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda _=False, markdown=markdown: self.copy(markdown=markdown))
            self.addAction(action)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _dress(self) -> None:
        px = self._theme.px
        self.setFont(self._theme.font())
        self.horizontalHeader().setFont(self._theme.font("caption"))
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(px(32))
        self.horizontalHeader().setStyleSheet(f"QHeaderView::section {{ padding-right: {px(18)}px; }}")  # for the arrow
        for column, width in WIDTHS.items():
            self.setColumnWidth(column, px(width))

    def show_run(self, run: Run | None, timeline: Timeline, passed: set[int] | None) -> None:
        """Shows the attempts that the filter lets through; the selection stays."""
        with QSignalBlocker(self.selectionModel()):
            self.attempts.show(run, timeline)
            self.proxy.show_only(passed)

    def select_attempt(self, number: int) -> None:
        """Selects an attempt's row, without saying so."""
        index = self.proxy.mapFromSource(self.attempts.index(number - 1, 0))
        if index.isValid() and index.row() != self.currentIndex().row():
            with QSignalBlocker(self):
                self.setCurrentIndex(index)
            self.viewport().update()

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        index = self.proxy.mapToSource(self.currentIndex())
        if index.isValid() and self.hasFocus():
            self.attempt_selected.emit(index.row() + 1)

    def copy(self, *, markdown: bool = False) -> None:
        """The selected rows, or all, to the clipboard."""
        chosen = sorted({index.row() for index in self.selectionModel().selectedRows()})
        rows = chosen or list(range(self.proxy.rowCount()))
        QApplication.clipboard().setText(copied(self.proxy, rows, markdown=markdown))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_T if not event.modifiers():
                self.timeline_asked.emit()
            case Qt.Key.Key_Slash:
                self.filter_asked.emit()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.activated_row.emit()
            case _:
                super().keyPressEvent(event)


class _Ends(QStyledItemDelegate):
    """The end of an attempt is written in the colour of its state."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        if index.column() != Column.END:
            return
        state: State | None = index.data(STATE)
        colour = self._theme.palette.state(state) if state is not None else self._theme.palette.accent
        palette: QPalette = option.palette  # pyright: ignore[reportAttributeAccessIssue] - the stubs lack its members
        for role in (QPalette.ColorRole.Text, QPalette.ColorRole.HighlightedText):
            palette.setColor(role, QColor(colour))
        option.palette = palette  # pyright: ignore[reportAttributeAccessIssue] - as above
