"""The field that fades the attempts that are not looked for."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from gui.models.timeline_filter import HINT, FilterError, parse
from gui.theme import Theme


class FilterBar(QWidget):
    """Opened by `/`, closed by Escape, which drops the filter too."""

    changed = Signal(str)
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.field = _Field(self)
        self.field.setPlaceholderText(HINT)
        self.field.setAccessibleName("Filter of attempts")
        self.field.setAccessibleDescription(HINT)
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._try)
        self.field.escaped.connect(self.close_field)
        self.word = QLabel(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(16), 0, theme.px(12), theme.px(8))
        row.setSpacing(theme.px(12))
        row.addWidget(self.field, 1)
        row.addWidget(self.word)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def open_field(self) -> None:
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def close_field(self) -> None:
        self.field.clear()
        self.hide()
        self.closed.emit()

    def show_count(self, passed: int | None, count: int) -> None:
        """How many attempts pass; None where nothing is filtered."""
        if not self.field.property("wrong"):
            self.word.setText("" if passed is None else f"{passed} of {count}")

    def _try(self, query: str) -> None:
        """A query that is not understood leaves the filter as it was, and says why."""
        try:
            parse(query)
        except FilterError as error:
            self.field.setProperty("wrong", True)
            self.word.setText(str(error))
        else:
            self.field.setProperty("wrong", False)
            self.changed.emit(query)

    def _dress(self) -> None:
        self.word.setStyleSheet(f"color: {self._theme.palette.muted.name()};")
        self.word.setFont(self._theme.font("caption"))
        self.field.setFont(self._theme.font())


class _Field(QLineEdit):
    escaped = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)
