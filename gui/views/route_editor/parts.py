"""Small parts of the editor: those of the keys page, spin boxes that say when they are off, and a bar that undoes."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLayout, QSizePolicy, QVBoxLayout, QWidget

from gui.drawing.fittings import Button, Choice, Line, Picture, Text, Tick
from gui.icons import paint_icon
from gui.theme import Palette, theme

__all__ = [
    "Button", "Choice", "Line", "NoticeBar", "Number", "Options", "Pane", "Picture", "Text", "Tick", "boxed",
    "clear", "elided",
]  # fmt: skip

# NoButtons would leave the text without room once a style sheet holds.
NO_ARROWS = "QDoubleSpinBox::up-button, QDoubleSpinBox::down-button { width: 0px; border: none; }"
SHOWN = 10.0  # seconds for which what was done can be taken back in the bar


class Number(QDoubleSpinBox):
    """A number with its unit, without arrows. `off` is the word for its least value, which stands for None."""

    chosen = Signal(object)  # float | None

    def __init__(
        self, unit: str, least: float, most: float, step: float, off: str = "", *, whole: bool = False
    ) -> None:
        super().__init__()
        self._off = off
        self.setStyleSheet(NO_ARROWS)
        self.lineEdit().setTextMargins(0, 0, theme().px(8), 0)
        self.setDecimals(0 if whole else 1)
        self.setRange(0.0 if off else least, most)
        self.setSingleStep(step)
        self.setSuffix(f" {unit}" if unit else "")
        self.setSpecialValueText(off)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.valueChanged.connect(lambda value: self.chosen.emit(None if self._off and value == 0 else value))

    def show_value(self, value: float | None) -> None:
        """Shows a value without saying that it was chosen."""
        self.blockSignals(True)
        self.setValue(0.0 if value is None else value)
        self.blockSignals(False)

    def textFromValue(self, value: float) -> str:
        """Without zeros behind the point."""
        return f"{value:.{self.decimals()}f}".rstrip("0").rstrip(".") if self.decimals() else f"{value:.0f}"

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scrolls the page unless the field is being edited."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class Options(Choice):
    """A list of values, each with its words."""

    chosen = Signal(object)

    def __init__(self, choices: Sequence[tuple[Any, str]]) -> None:
        super().__init__()
        self._values = [value for value, _ in choices]
        self.addItems([words for _, words in choices])
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.activated.connect(lambda place: self.chosen.emit(self._values[place]))

    def show_value(self, value: object) -> None:
        self.setCurrentIndex(self._values.index(value))

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class NoticeBar(QWidget):
    """Tells an error until it is dismissed, or what was done while that can be taken back."""

    undo_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._error = False
        self._icon = Picture(16, self._paint)
        self._text = Text(wraps=True)
        self._undo, self._close = Button("Undo"), Button("Dismiss", flat=True)
        self._undo.clicked.connect(self._undone)
        self._close.clicked.connect(self.dismiss)
        self._timer = QTimer(self, singleShot=True, interval=round(SHOWN * 1000))
        self._timer.timeout.connect(self.dismiss)
        self._row = QHBoxLayout(self)
        for part, stretch in ((self._icon, 0), (self._text, 1), (self._undo, 0), (self._close, 0)):
            self._row.addWidget(part, stretch)
        self.setAccessibleName("Notice")
        theme().changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def show_error(self, text: str) -> None:
        self._timer.stop()
        self._say(text, error=True)

    def show_done(self, text: str) -> None:
        """Says what was done, and offers to take it back for ten seconds."""
        self._timer.start()
        self._say(text, error=False)

    def dismiss(self) -> None:
        self._timer.stop()
        self.hide()

    def text(self) -> str:
        """What it says; empty while it is hidden."""
        return "" if self.isHidden() else self._text.text()

    def _undone(self) -> None:
        self.dismiss()
        self.undo_asked.emit()

    def _say(self, text: str, *, error: bool) -> None:
        self._error = error
        self._text.setText(text)
        self._undo.setVisible(not error)
        self._icon.update()
        self.show()

    def _paint(self, painter: QPainter, rect: QRectF, palette: Palette) -> None:
        name, colour = ("warning", palette.failed_transient) if self._error else ("check", palette.muted)
        paint_icon(painter, name, rect, colour)

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
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)


class Pane(QWidget):
    """A side of the page, on the raised surface: as wide as it may be, and narrower where there is little room."""

    def __init__(self, least: float, most: float) -> None:
        super().__init__()
        self._least, self._most = least, most
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.setAutoFillBackground(True)
        theme().changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        palette = self.palette()
        palette.setColor(self.backgroundRole(), theme().palette.raised)
        self.setPalette(palette)
        self.setMinimumWidth(theme().px(self._least))
        self.setMaximumWidth(theme().px(self._most))

    def sizeHint(self) -> QSize:
        return QSize(theme().px(self._most), super().sizeHint().height())


def boxed(kind: str) -> str:
    """The style sheet of a list with boxes to tick, of the class `kind`."""
    px, p = theme().px, theme().palette
    line, accent, surface = p.line_strong.name(), p.accent.name(), p.surface.name()
    side = px(12)
    return (
        f"{kind} {{ background: {surface}; border: 1px solid {line}; border-radius: {px(6)}px; padding: {px(4)}px; }}"
        f"{kind}:focus {{ border: 2px solid {accent}; padding: {px(3)}px; }}"
        f"{kind}::item {{ padding: {px(4)}px; border: none; color: {p.text.name()}; }}"
        f"{kind}::item:selected {{ background: {p.accent_tint.name()}; color: {p.text.name()}; }}"
        f"{kind}::indicator {{ width: {side}px; height: {side}px; border: 1px solid {line}; border-radius: {px(3)}px;"
        f" background: {surface}; }}"
        f"{kind}::indicator:checked {{ background: {accent}; border: 1px solid {accent}; }}"
    )


def elided(font: QFont, text: str, width: float) -> str:
    return QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, width)


def clear(layout: QLayout) -> None:
    """Takes every widget and layout out, and deletes them."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)
