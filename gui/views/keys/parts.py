"""Small parts of the page that dress themselves by the theme: a text, a hairline, a button with an icon, a picture."""

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QLabel,
    QPushButton,
    QStyle,
    QStyleOptionButton,
    QWidget,
)

from gui.icons import icon, paint_icon
from gui.theme import Palette, Size, theme


class Text(QLabel):
    """Plain text of the type scale in a colour of the palette. It never holds a secret."""

    def __init__(
        self, text: str = "", size: Size = "control", weight: int = 400, token: str = "text", *, mono: bool = False,
        wraps: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(text)
        self._look: tuple[Size, int, bool] = (size, weight, mono)
        self._token = token
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wraps)
        theme().changed.connect(self._restyle)
        self._restyle()

    def tint(self, token: str) -> None:
        """Changes the colour to another token of the palette."""
        if token != self._token:
            self._token = token
            self._restyle()

    def _restyle(self) -> None:
        size, weight, mono = self._look
        self.setFont(theme().font(size, weight, mono=mono))
        colour: QColor = getattr(theme().palette, self._token)
        self.setStyleSheet(f"color: {colour.name()}; background: transparent;")


class Line(QFrame):
    """A hairline."""

    def __init__(self, *, upright: bool = False) -> None:
        super().__init__()
        if upright:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().palette.line)
        painter.end()


class Button(QPushButton):
    """A button; `primary` for the one that matters most, `flat` for those that matter least."""

    def __init__(self, text: str, *, mark: str = "", primary: bool = False, flat: bool = False) -> None:
        super().__init__(f" {text}" if mark else text)  # Qt sets an icon too close to its text
        self.setAccessibleName(text)
        self._mark, self._primary = mark, primary
        self.setProperty("primary", primary)
        self.setProperty("flat", flat)
        theme().changed.connect(self._restyle)
        self._restyle()

    def name(self, text: str) -> None:
        """Gives it another text."""
        self.setText(f" {text}" if self._mark else text)
        self.setAccessibleName(text)

    def _restyle(self) -> None:
        p = theme().palette
        self.setFont(theme().font("control", 500))
        if self._mark:
            self.setIcon(icon(self._mark, p.on_accent if self._primary else p.text, theme().px(14)))
            self.setIconSize(QSize(theme().px(14), theme().px(14)))


class Tick(QCheckBox):
    """A check box with a check in it: a style sheet draws none without an image file."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        theme().changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        accent, line, px = theme().palette.accent.name(), theme().palette.text.name(), theme().px
        self.setStyleSheet(
            f"QCheckBox::indicator:checked {{ background: {accent}; border: 1px solid {accent};"
            f" width: {px(14)}px; height: {px(14)}px; }} QCheckBox::indicator:checked:focus {{ border-color: {line}; }}"
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.isChecked():
            option = QStyleOptionButton()
            self.initStyleOption(option)
            box = QRectF(self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self))
            mark = QRectF(0, 0, theme().px(10), theme().px(10))
            mark.moveCenter(box.center())
            painter = QPainter(self)
            paint_icon(painter, "check", mark, theme().palette.on_accent)
            painter.end()


class Choice(QComboBox):
    """A list to choose from, with a chevron, for the same reason."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        px, painter = theme().px, QPainter(self)
        mark = QRectF(self.width() - px(24), (self.height() - px(14)) / 2, px(14), px(14))
        paint_icon(painter, "chevron-down", mark, theme().palette.muted)
        painter.end()


class Picture(QWidget):
    """A square that paints itself by `paint(painter, rect, palette)`."""

    def __init__(self, side: float, paint: Callable[[QPainter, QRectF, Palette], None]) -> None:
        super().__init__()
        self._side, self._paint = side, paint
        theme().changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.setFixedSize(theme().px(self._side), theme().px(self._side))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint(painter, QRectF(self.rect()), theme().palette)
        painter.end()
