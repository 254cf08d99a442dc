"""The bar at the foot of the list: an error until it is dismissed, or a removal while it can be undone."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.drawing.fittings import Button, Text
from gui.theme import theme

UNDO = 10.0  # seconds for which a removal can be undone


class NoticeBar(QWidget):
    """`undo_asked` carries the name of the provider that was removed."""

    undo_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self._text = Text(wraps=True)
        self._undo, self._close = Button("Undo"), Button("Dismiss", flat=True)
        self._undo.clicked.connect(self.undo)
        self._close.clicked.connect(self.dismiss)
        self._keys = QShortcut(QKeySequence.StandardKey.Undo, self, self.undo)  # only while the bar is shown
        self._timer = QTimer(self, singleShot=True, interval=round(UNDO * 1000))
        self._timer.timeout.connect(self.dismiss)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._text, 1)
        self._row.addWidget(self._undo)
        self._row.addWidget(self._close)
        self.setAccessibleName("Notice")
        theme().changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def show_error(self, text: str) -> None:
        self._timer.stop()
        self._say("", text)

    def show_undo(self, name: str, label: str) -> None:
        """Offers to bring a provider back, for ten seconds."""
        self._timer.start()
        self._say(name, f"{label} was removed.")

    def undo(self) -> None:
        if name := self._name:
            self.dismiss()
            self.undo_asked.emit(name)

    def dismiss(self) -> None:
        self._name = ""
        self._timer.stop()
        self.hide()

    def text(self) -> str:
        """What it says; empty while it is hidden."""
        return "" if self.isHidden() else self._text.text()

    def _say(self, name: str, text: str) -> None:
        self._name = name
        self._text.setText(text)
        self._undo.setVisible(bool(name))
        self._keys.setEnabled(bool(name))
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, p = QPainter(self), theme().palette
        painter.fillRect(self.rect(), p.raised)
        painter.fillRect(0, 0, self.width(), 1, p.line)
        painter.end()

    def _restyle(self) -> None:
        px = theme().px
        self._row.setContentsMargins(px(24), px(6), px(16), px(6))
        self._row.setSpacing(px(8))
        self.setMinimumHeight(px(44))
